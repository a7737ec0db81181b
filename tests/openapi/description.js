// An OpenAPI description, as the checks beside this file read it.
'use strict';

const fs = require('fs');

const METHODS = ['get', 'post', 'put', 'patch', 'delete'];

class Description {
    constructor(file) {
        this.doc = JSON.parse(fs.readFileSync(file, 'utf8'));
        this.operations = Object.entries(this.doc.paths).flatMap(([path, item]) =>
            METHODS.filter((method) => item[method]).map((method) => ({
                ...item[method],
                name: `${method.toUpperCase()} ${path}`,
                method: method.toUpperCase(),
                path,
                // a path's fixed words match before its parameters do
                pattern: new RegExp(`^${path.replace(/\{[^}]*\}/g, '[^/]+')}$`),
                parameters: [...(item.parameters || []), ...(item[method].parameters || [])]
                    .map((one) => this.resolve(one)),
            })));
    }

    // What a reference stands for, with what stands beside it.
    resolve(one) {
        if (!one.$ref)
            return one;
        const { $ref, ...beside } = one;
        let found = this.doc;
        for (const word of $ref.split('/').slice(1))
            found = found[word];
        return { ...this.resolve(found), ...beside };
    }

    // Where in the description an operation's answer is, references followed.
    responsePointer(operation, status) {
        const response = operation.responses[status];

        return response.$ref || ['#/paths', operation.path.replace(/\//g, '~1'),
            operation.method.toLowerCase(), 'responses', status].join('/');
    }
}

module.exports = { Description };
