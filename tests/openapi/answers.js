// answers.js [--all] OPENAPI.json FILE ...: holds answers that tests have got
// (keep_answer of tests/lib.bash) against the description. Prints every breach;
// fails where there is one or, with --all, where an answer that is described has
// not been given. The last line says how many there were.
'use strict';

const fs = require('fs');
const Ajv = require('ajv/dist/2020');
const addFormats = require('ajv-formats');
const { Description } = require('./description.js');

const isAll = process.argv[2] === '--all';
const [file, ...kept] = process.argv.slice(isAll ? 3 : 2);
const description = new Description(file);

// What any answer may carry: HTTP's own, nginx's, and where CORS is on.
const common = new Set(['server', 'date', 'content-type', 'content-length', 'connection',
    'transfer-encoding', 'x-content-type-options', 'cache-control', 'content-security-policy',
    'referrer-policy', 'vary', 'access-control-allow-origin', 'access-control-expose-headers']);

const ajv = addFormats(new Ajv({ strict: false, validateSchema: false, validateFormats: true }));
ajv.addSchema(description.doc, 'openapi');
const compiled = new Map();

// What is wrong with a value, by the schema at a place of the description.
function faultsOf(pointer, value) {
    if (!compiled.has(pointer))
        compiled.set(pointer, ajv.compile({ $ref: `openapi${pointer}` }));
    const check = compiled.get(pointer);

    return check(value) ? [] : check.errors.map((error) =>
        `${error.instancePath || 'it'} ${error.message} ${JSON.stringify(error.params)}`);
}

// A line between records, and one between their parts, that no text has.
function* exchanges() {
    for (const name of kept) {
        for (const record of fs.readFileSync(name, 'utf8').split('\x1e').slice(0, -1)) {
            const [method, address, request, status, head, body] = record.split('\x1f');
            const lines = head.replace(/\r/g, '').trim().split('\n\n').pop().split('\n').slice(1);
            const headers = new Map(lines.map((line) => {
                const at = line.indexOf(':');
                return [line.slice(0, at).toLowerCase(), line.slice(at + 1).trim()];
            }));

            yield { method, path: address.split('?')[0], request, status, headers, body };
        }
    }
}

// The operation, and which of its answers this is described as. Where there is
// no such route, what any of them answers before it has seen a request.
function place(exchange) {
    const method = exchange.method === 'HEAD' ? 'GET' : exchange.method;
    const there = description.operations.filter((one) => one.pattern.test(exchange.path));
    const operation = there.find((one) => one.path === exchange.path && one.method === method)
        || there.find((one) => one.method === method);

    if (!operation)
        return { pointer: '#/components/responses/Other' };
    const status = exchange.status in operation.responses ? exchange.status : 'default';
    return { operation, status, pointer: description.responsePointer(operation, status) };
}

function headerFaults(response, headers) {
    const known = new Set(common);
    const faults = [];

    for (const [name, reference] of Object.entries(response.headers || {})) {
        const header = description.resolve(reference);
        const value = headers.get(name.toLowerCase());

        known.add(name.toLowerCase());
        if (value === undefined && header.required)
            faults.push(`${name} is missing`);
        else if (value !== undefined && !ajv.validate(header.schema, value))
            faults.push(`${name} is ${value}`);
    }
    return faults.concat([...headers.keys()].filter((name) => !known.has(name))
        .map((name) => `${name} is not described`));
}

function parse(text) {
    try {
        return { value: JSON.parse(text) };
    } catch (error) {
        return { fault: 'it is not JSON' };
    }
}

function bodyFaults(pointer, response, exchange) {
    const type = (exchange.headers.get('content-type') || '').split(';')[0];

    if (!response.content)
        return exchange.body === '' && type === '' ? [] : ['there is a body'];
    if (!(type in response.content))
        return [`it is ${type || 'of no type'}`];
    if (exchange.method === 'HEAD')
        return [];
    const { value, fault } = parse(exchange.body);
    if (fault)
        return [fault];
    const faults = faultsOf(`${pointer}/content/${type.replace('/', '~1')}/schema`, value);
    if (type === 'application/problem+json' && String(value.status) !== exchange.status)
        faults.push(`its status says ${value.status}`);
    return faults;
}

// A request that was taken must be one that the description allows.
function requestFaults(operation, exchange) {
    if (!operation?.requestBody || exchange.request === '' || exchange.status >= 300)
        return [];
    const pointer = `#/paths/${operation.path.replace(/\//g, '~1')}/${operation.method.toLowerCase()}`
        + '/requestBody/content/application~1json/schema';
    return faultsOf(pointer, JSON.parse(exchange.request)).map((fault) => `what it took: ${fault}`);
}

// All that is described and can be told from a status: answers, and problems
function described() {
    const answers = description.operations.flatMap((operation) =>
        Object.keys(operation.responses).map((status) => `${operation.name}: ${status}`));
    const problems = Object.values(description.doc.components.schemas)
        .map((schema) => schema.properties?.type?.const)
        .filter((type) => type?.startsWith('/problems/'));

    return [...answers, ...problems];
}

const given = new Set();
let count = 0, breaches = 0;

for (const exchange of exchanges()) {
    if (!exchange.path.startsWith('/api/'))
        continue;
    const { operation, status, pointer } = place(exchange);
    const response = pointer.split('/').slice(1).reduce((found, word) =>
        found[word.replace(/~1/g, '/')], description.doc);
    const faults = [...headerFaults(response, exchange.headers),
        ...bodyFaults(pointer, response, exchange), ...requestFaults(operation, exchange)];

    count++;
    given.add(`${operation?.name}: ${status}`);
    given.add(parse(exchange.body).value?.type);
    if (faults.length === 0)
        continue;
    console.log(`${exchange.method} ${exchange.path}: ${exchange.status}: ${faults.join(', ')}\n`
        + `    ${exchange.request}\n    ${exchange.body.trim()}`);
    breaches++;
}
const missing = isAll ? described().filter((one) => !given.has(one)) : [];
for (const one of missing)
    console.log(`not given: ${one}`);
console.log(`${count} answers, ${breaches} breaches, ${missing.length} not given`);
process.exitCode = breaches > 0 || missing.length > 0 || count === 0 ? 1 : 0;
