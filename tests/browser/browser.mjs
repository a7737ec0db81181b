// What the tests share: the browser, a page of the shop, people and their
// orders, and what the sandbox has charged.

import { strict as assert } from 'node:assert';
import { execFile } from 'node:child_process';
import { createRequire } from 'node:module';
import { after, test } from 'node:test';
import { promisify } from 'node:util';

const { env } = process;

export const require = createRequire(`${env.PACKAGES}/`);
export const shopUrl = env.SHOP_URL;
export const sandboxUrl = env.SANDBOX_URL;
export const stripeShopUrl = env.STRIPE_SHOP_URL;

export const phone = { width: 390, height: 844 };
export const desktop = { width: 1200, height: 820 };

const { chromium } = require('playwright-core');

export const browser = await chromium.launch({
    executablePath: env.CHROMIUM,
    args: [
        '--headless',
        '--no-sandbox',
        '--disable-gpu',
        '--disable-quic',
        '--no-first-run',
        '--disable-background-networking',
        '--disable-component-update',
        '--disable-sync',
    ],
});

after(() => browser.close());

// Tests mostly wait, for the page or for the bank: so three are on their way at
// a time, and each is told of in its turn.
const AT_ONCE = 3;
let running = 0;
const waiting = [];

async function inTurn(work) {
    if (running === AT_ONCE) await new Promise((go) => waiting.push(go));
    else running++;
    try {
        await work();
    } finally {
        if (waiting.length) waiting.shift()();
        else running--;
    }
}

/**
 * A test with a page of its own: told(page). What goes wrong in any page
 * fails it: a script's error, and what the Content-Security-Policy forbids.
 * Options: dark, size, url (of the shop), mayFail (it does so on purpose).
 */
export function browserTest(name, told, options = {}) {
    if (!name.includes(env.NAME ?? '')) return;
    const done = inTurn(async () => {
        const context = await browser.newContext({
            baseURL: options.url ?? shopUrl,
            colorScheme: options.dark ? 'dark' : 'light',
            viewport: options.size ?? desktop,
            locale: 'en-US',
            reducedMotion: 'reduce',
        });
        const faults = [];

        context.setDefaultTimeout(Number(env.PATIENCE ?? 30_000));
        context.on('weberror', (error) => faults.push(error.error().stack));
        context.on('console', (line) => {
            if (/Content.Security.Policy/i.test(line.text()))
                faults.push(line.text());
        });
        try {
            await told(await context.newPage());
            if (!options.mayFail) assert.deepEqual(faults, []);
        } finally {
            await context.close();
        }
    });

    done.catch(() => {}); // it is told of below
    test(name, { timeout: 300_000 }, () => done);
}

/** A picture of the whole page, kept as an artefact. */
export async function picture(page, name) {
    await page.screenshot({
        path: `${env.ARTEFACTS}/${name}.png`,
        fullPage: true,
    });
}

let people = 0;

/** Somebody whom nobody else is, not registered. */
export function somebody() {
    people++;
    return {
        username: 'Ann',
        email: `ann${people}@shop.example`,
        password: 'correct horse battery',
    };
}

/** One request to the API, without the page: {status, body}. */
export async function api(method, path, { token, body, url } = {}) {
    const headers = { 'Content-Type': 'application/json' };

    if (token) headers.Authorization = `Bearer ${token}`;
    const response = await fetch((url ?? shopUrl) + path, {
        method,
        headers,
        body: body && JSON.stringify(body),
    });

    return { status: response.status, body: await response.json() };
}

/** An account of somebody's, with its id. */
export async function account(url) {
    const person = somebody();
    const { body } = await api('POST', '/api/user', { body: person, url });

    assert.ok(body.id, JSON.stringify(body));
    return { ...person, id: body.id };
}

/** The same with a token, for what is done without the page. */
export async function logIn(person, url) {
    const { email, password } = person;
    const { body } = await api('POST', '/api/login', {
        body: { email, password },
        url,
    });

    return { ...person, id: body.user_id, token: body.token };
}

export async function makeAdmin(person) {
    await promisify(execFile)(
        'scripts/till',
        ['admin', 'make-admin', person.email],
        { env: { ...env, TILL_HOME: env.SHOP_HOME } },
    );
}

/** An order of theirs, made without the page. */
export async function order(person, wanted = {}, url) {
    const { body } = await api('POST', '/api/order', {
        token: person.token,
        body: { product_name: 'Tea', quantity: 3, price: '19.50', ...wanted },
        url,
    });

    return body;
}

export async function pay(person, id) {
    const paid = await api('POST', '/api/pay-order', {
        token: person.token,
        body: { order_id: id },
    });

    assert.equal(paid.body.status, 'Paid');
}

/** Through the form, as everybody logs in. Leaves the token in person. */
export async function enter(page, person, address = '/#/') {
    await page.goto('/#/login');
    await heading(page, 'Welcome back');
    await page.getByLabel('E-mail address').fill(person.email);
    await page.getByLabel('Password').fill(person.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('button', { name: 'Log out' }).waitFor();
    person.token = await page.evaluate(
        () => JSON.parse(sessionStorage.getItem('till.session')).token,
    );
    if (address !== '/#/') await page.goto(address);
}

/** A customer on the page of a new order of theirs: {person, id}. */
export async function withOrder(page, wanted, url) {
    const person = await account(url);

    await enter(page, person);
    const { id } = await order(person, wanted, url);

    await page.goto(`/#/order/${id}`);
    await page.getByRole('button', { name: /^Pay / }).waitFor();
    return { person, id };
}

export async function heading(page, text) {
    await page.getByRole('heading', { level: 1, name: text }).waitFor();
}

/** What the sandbox has booked for an order. */
export async function ledger(id) {
    const response = await fetch(`${sandboxUrl}/sandbox/ledger?order_id=${id}`);

    return response.json();
}

/** Money was taken for this order exactly once, and it is Paid. */
export async function assertPaidOnce(person, id, url) {
    const { charges } = await ledger(id);
    const taken = charges.filter((charge) => charge.status === 'succeeded');
    const { body } = await api('GET', `/api/order/${id}`, {
        token: person.token,
        url,
    });

    assert.equal(taken.length, 1);
    assert.equal(body.status, 'Paid');
}
