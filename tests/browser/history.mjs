// The history, page by page.

import { strict as assert } from 'node:assert';
import {
    account,
    api,
    browserTest,
    enter,
    heading,
    logIn,
    order,
    pay,
    phone,
    picture,
} from './browser.mjs';

/** Somebody with so many orders, "No. 1" the oldest. */
async function withOrders(count) {
    const person = await logIn(await account());

    for (let i = 1; i <= count; i++)
        await order(person, { product_name: `No. ${i}`, quantity: 1 });
    return person;
}

function products(page) {
    return page.locator('.orders .product').allTextContents();
}

browserTest('the history goes from page to page, and back', async (page) => {
    const person = await withOrders(23);
    const older = page.getByRole('link', { name: 'Older' });
    const newest = page.getByRole('link', { name: 'Newest' });

    await enter(page, person, '/#/orders');
    await older.waitFor();
    assert.equal((await products(page))[0], 'No. 23');
    assert.equal((await products(page)).length, 10);
    assert.equal(await newest.isVisible(), false);
    await older.click();
    await page.getByText('No. 13').waitFor();
    await older.click();
    await page.getByText('No. 3').waitFor();
    assert.deepEqual(await products(page), ['No. 3', 'No. 2', 'No. 1']);
    assert.equal(await older.isVisible(), false);
    await page.goBack();
    await page.getByText('No. 13').waitFor();
    await newest.click();
    await page.getByText('No. 23').waitFor();
});

browserTest('the history shows only what is asked for', async (page) => {
    const person = await withOrders(3);
    const { body } = await api('GET', '/api/order', { token: person.token });

    await pay(person, body.orders[1].id);
    await enter(page, person, '/#/orders');
    await page.getByLabel('Show').selectOption('paid');
    await page.getByText('No. 1').waitFor({ state: 'hidden' });
    assert.deepEqual(await products(page), ['No. 2']);
    assert.match(page.url(), /status=Paid/);
    await page.getByLabel('Show').selectOption('expired');
    await page.getByText('There is nothing here yet.').waitFor();
    await page.getByLabel('Show').selectOption('all');
    await page.getByText('No. 1').waitFor();
});

browserTest(
    'an order of the history leads to its page, and that one back',
    async (page) => {
        const person = await withOrders(2);

        await enter(page, person, '/#/orders');
        await picture(page, 'history-phone');
        await page.getByRole('link', { name: /No\. 1/ }).click();
        await heading(page, 'Ready to pay');
        await page.getByRole('link', { name: 'Your orders' }).last().click();
        await heading(page, 'Your orders');
    },
    { size: phone },
);
