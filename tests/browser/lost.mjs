// Connections that break in the middle: nothing happens twice, and nothing is
// lost, whether the page asks again by itself or its customer does.

import { strict as assert } from 'node:assert';
import {
    account,
    api,
    assertPaidOnce,
    browserTest,
    enter,
    heading,
    ledger,
    picture,
    sandboxUrl,
    withOrder,
} from './browser.mjs';

/** The next request for this is carried out, and its answer lost. */
async function loseAnswers(page, path, times) {
    await page.route(
        path,
        async (route) => {
            await route.fetch();
            await route.abort('connectionreset');
        },
        { times },
    );
}

function keysOf(page, path) {
    const keys = new Set();

    page.on('request', async (request) => {
        if (request.url().endsWith(path))
            keys.add(await request.headerValue('Idempotency-Key'));
    });
    return keys;
}

const again = /Asking again/;

browserTest('a payment’s answer that is lost is asked for again, and charged once', async (page) => {
    const { person, id } = await withOrder(page);
    const keys = keysOf(page, '/api/pay-order');

    await loseAnswers(page, '/api/pay-order', 2);
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByRole('alert').filter({ hasText: again }).waitFor();
    await picture(page, 'lost');
    await heading(page, 'Paid. Thank you!');
    await assertPaidOnce(person, id);
    assert.equal(keys.size, 1);
});

browserTest('a connection that is gone while Stripe thinks comes back to one charge', async (page) => {
    const { person, id } = await withOrder(page);

    await fetch(`${sandboxUrl}/sandbox/faults`, {
        method: 'POST',
        body: JSON.stringify([
            { path: '/v1/payment_intents/*/confirm', order_id: id, delay_ms: 1500 },
        ]),
    });
    await page.route(
        '/api/pay-order',
        async (route) => {
            route.fetch().catch(() => {}); // goes on without the page
            while ((await ledger(id)).intents.length === 0)
                await page.waitForTimeout(50);
            await page.context().setOffline(true);
            await route.abort('internetdisconnected');
        },
        { times: 1 },
    );
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByRole('alert').filter({ hasText: again }).waitFor();
    await page.context().setOffline(false);
    await heading(page, 'Paid. Thank you!');
    await assertPaidOnce(person, id);
});

browserTest('a page that is loaded anew in the middle pays with the same key', async (page) => {
    const { person, id } = await withOrder(page);
    const keys = keysOf(page, '/api/pay-order');

    await page.route('/api/pay-order', (route) => route.abort('failed'), {
        times: 1,
    });
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByRole('alert').filter({ hasText: again }).waitFor();
    await page.reload();
    await page.getByRole('button', { name: /^Pay/ }).click();
    await heading(page, 'Paid. Thank you!');
    await assertPaidOnce(person, id);
    assert.equal(keys.size, 1);
});

browserTest('a card that was declined is really tried again, with another key', async (page) => {
    const { person, id } = await withOrder(page);
    const keys = keysOf(page, '/api/pay-order');

    await page.getByRole('radio', { name: /0002/ }).check();
    for (const attempts of [1, 2]) {
        await page.getByRole('button', { name: /^Pay/ }).click();
        await page.getByRole('alert').filter({ hasText: 'declined' }).waitFor();
        const { body } = await api('GET', `/api/payment/${id}`, {
            token: person.token,
        });

        assert.equal(body.attempts.length, attempts);
    }
    assert.equal(keys.size, 2);
});

browserTest('an order’s answer that is lost is asked for again, and ordered once', async (page) => {
    const person = await account();

    await enter(page, person);
    await page.getByLabel('Product').fill('Tea');
    await page.getByLabel('Price of one').fill('1');
    await loseAnswers(page, '/api/order', 1);
    await page.getByRole('button', { name: 'Order for $1.00' }).click();
    await heading(page, 'Ready to pay');
    const { body } = await api('GET', '/api/order', { token: person.token });

    assert.equal(body.orders.length, 1);
});

browserTest('the same thing may be ordered twice', async (page) => {
    const person = await account();

    await enter(page, person);
    for (const _ of [1, 2]) {
        await page.getByLabel('Product').fill('Tea');
        await page.getByLabel('Price of one').fill('1');
        await page.getByRole('button', { name: 'Order for $1.00' }).click();
        await heading(page, 'Ready to pay');
        await page.goto('/#/');
        await heading(page, 'What would you like?');
    }
    const { body } = await api('GET', '/api/order', { token: person.token });

    assert.equal(body.orders.length, 2);
});

browserTest('a shop that can’t be reached says so, and can be tried again', async (page) => {
    await enter(page, await account());
    await page.context().setOffline(true);
    await page.getByRole('link', { name: 'Your orders' }).click();
    await heading(page, 'This didn’t work');
    await page.context().setOffline(false);
    await page.getByRole('button', { name: 'Try again' }).click();
    await heading(page, 'Your orders');
});
