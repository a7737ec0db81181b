// programs.js OPENAPI.json < LINES: holds what the programs say of themselves
// (app.c), a line of JSON each, against the description, in both directions.
// Prints every difference; fails where there is one.
'use strict';

const fs = require('fs');
const { isDeepStrictEqual } = require('util');
const { Description } = require('./description.js');

const ID = '^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$';
const description = new Description(process.argv[2]);
let differences = 0;

function expect(where, what, said, described) {
    if (isDeepStrictEqual(said, described))
        return;
    console.log(`${where}: ${what} is ${JSON.stringify(said)} in the program, `
        + `${JSON.stringify(described)} in the description`);
    differences++;
}

// What a row of a program's table would be in a schema.
const schemaOf = {
    text: ({ least, most }) => ({ type: 'string', minLength: least, maxLength: most }),
    password: (field) => ({ ...schemaOf.text(field), format: 'password' }),
    int: ({ least, most }) => ({ type: 'integer', minimum: least, maximum: most }),
    bool: () => ({ type: 'boolean' }),
    decimal: ({ most }) => ({ types: ['number', 'string'], maxLength: most }),
    currency: (field) => ({ ...schemaOf.text(field), pattern: '^[a-z]{3}$' }),
    id: (field) => ({ ...schemaOf.text(field), pattern: ID }),
};

// The same of the schema that is there, without what no table says: which of
// the texts of that length are taken, and what they are for.
function comparable(schema, field) {
    const { type, minLength, maxLength, minimum, maximum, format, pattern, oneOf } = schema;
    const isPlain = field.kind === 'text';
    let all = { type, minLength, maxLength, minimum, maximum, format, pattern };

    if (schema.enum && isPlain && schema.enum.every((word) =>
        word.length >= field.least && word.length <= field.most))
        return schemaOf.text(field);
    if (oneOf)
        all = { types: oneOf.map((one) => one.type).sort(), maxLength: oneOf.find((one) => one.maxLength)?.maxLength };
    if (isPlain)
        delete all.pattern;
    return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

// The members that an operation takes, as [name, {schema, isRequired}]
function described(operation) {
    if (operation.method === 'GET')
        return operation.parameters.filter((one) => one.in === 'query').map((one) =>
            [one.name, { schema: one.schema, isRequired: Boolean(one.required) }]);
    const schema = operation.requestBody.content['application/json'].schema;
    expect(operation.name, 'additionalProperties', false, schema.additionalProperties);
    return Object.entries(schema.properties).map(([name, property]) =>
        [name, { schema: property, isRequired: (schema.required || []).includes(name) }]);
}

function compareFields(program, operation) {
    const members = new Map(described(operation));

    expect(operation.name, 'the fields', program.fields.map((field) => field.name).sort(), [...members.keys()].sort());
    for (const field of program.fields) {
        const member = members.get(field.name);
        const where = `${operation.name}: ${field.name}`;

        if (!member)
            continue;
        expect(where, 'required', field.required, member.isRequired);
        expect(where, 'the schema', schemaOf[field.kind](field),
            comparable(description.resolve(member.schema), field));
    }
}

function compare(program, operation) {
    const roles = operation.security.length > 0 ? operation.security[0].bearer : [];
    const isIdempotent = operation.parameters.some((one) => one.name === 'Idempotency-Key');

    expect(operation.name, 'the callers', program.callers, roles);
    expect(operation.name, 'the largest body', program.body_max,
        operation.requestBody ? operation.requestBody['x-max-bytes'] : 0);
    expect(operation.name, 'Idempotency-Key', program.is_idempotent, isIdempotent);
    if (program.has_table)
        compareFields(program, operation);
    else if (program.method === 'GET')
        expect(operation.name, 'the query', [], described(operation));
}

// "/api/health/{live,ready}" is two paths
function pathsOf(path) {
    const choice = path.match(/\{([^}]*,[^}]*)\}/);

    return choice ? choice[1].split(',').map((word) => path.replace(choice[0], word)) : [path];
}

// what isn't below /api/ is for the inside alone
const programs = fs.readFileSync(0, 'utf8').trim().split('\n').map((line) => JSON.parse(line))
    .filter((program) => program.path.startsWith('/api/'));
const routes = new Map(programs.flatMap((program) =>
    pathsOf(program.path).map((path) => [`${program.method} ${path}`, program])));

expect('all', 'which routes there are', [...routes.keys()].sort(),
    description.operations.map((operation) => operation.name).sort());
for (const operation of description.operations) {
    if (routes.has(operation.name))
        compare(routes.get(operation.name), operation);
}
process.exitCode = differences > 0 ? 1 : 0;
