// Ordering, and cancelling.

import { strict as assert } from 'node:assert';
import {
    account,
    api,
    browserTest,
    enter,
    heading,
    logIn,
    order,
    picture,
    withOrder,
} from './browser.mjs';

async function fill(page, product, quantity, price) {
    await page.getByLabel('Product').fill(product);
    await page.getByLabel('Quantity').fill(quantity);
    await page.getByLabel('Price of one').fill(price);
}

browserTest('the slip shows what an order comes to, and then it is ordered', async (page) => {
    const person = await account();

    await enter(page, person);
    await fill(page, 'Darjeeling', '3', '19.50');
    await page.getByRole('article').filter({ hasText: '3 × $19.50' }).waitFor();
    await picture(page, 'ordering');
    await page.getByRole('button', { name: 'Order for $58.50' }).click();
    await heading(page, 'Ready to pay');
    const { body } = await api('GET', '/api/order', { token: person.token });

    assert.equal(body.orders.length, 1);
    assert.equal(body.orders[0].total, 58.5);
    assert.ok(page.url().endsWith(body.orders[0].id));
});

browserTest('an amount is exact, however large, and a comma is taken', async (page) => {
    await enter(page, await account());
    await fill(page, 'A country', '1', '90071992547409.93');
    await page.getByRole('button', { name: 'Order for $90,071,992,547,409.93' }).waitFor();
    await fill(page, 'Tea', '2', '0,05');
    await page.getByRole('button', { name: 'Order for $0.10' }).click();
    await page.getByRole('article').filter({ hasText: '2 × $0.05' }).waitFor();
    await heading(page, 'Ready to pay');
});

browserTest('each wrong field of an order is named in the server’s words', async (page) => {
    await enter(page, await account());
    const faults = page.locator('.error:visible');
    const focused = page.locator(':focus');
    const button = page.getByRole('button', { name: 'Order' });

    await fill(page, '', '0', '');
    await button.click();
    await faults.nth(2).waitFor();
    const [product, quantity, price] = await faults.allTextContents();

    assert.match(product, /^Is missing/);
    assert.match(quantity, /1000000/);
    assert.match(price, /^Is missing/);
    assert.equal(await focused.getAttribute('name'), 'product_name');
    await fill(page, 'Tea', '1', '1.999');
    await button.click();
    await page.locator('#price-error', { hasText: 'at most 2 decimals' }).waitFor();
    assert.equal(await focused.getAttribute('name'), 'price');
    assert.equal(await faults.count(), 1);
});

browserTest('an order is cancelled only when that is confirmed', async (page) => {
    const { person, id } = await withOrder(page);
    const cancel = page.getByRole('button', { name: 'Cancel this order' });

    await cancel.click();
    await page.getByRole('dialog').waitFor();
    await picture(page, 'cancelling');
    await page.getByRole('button', { name: 'Keep it' }).click();
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    await cancel.click();
    await page.getByRole('button', { name: 'Cancel the order' }).click();
    await heading(page, 'Cancelled');
    assert.equal(await cancel.isVisible(), false);
    assert.equal(await page.getByRole('button', { name: /^Pay/ }).count(), 0);
    const { body } = await api('GET', `/api/order/${id}`, {
        token: person.token,
    });

    assert.equal(body.status, 'Cancelled');
});

browserTest('an order of somebody else’s is not found', async (page) => {
    const { id } = await order(await logIn(await account()));

    await enter(page, await account(), `/#/order/${id}`);
    await heading(page, 'Not found');
});
