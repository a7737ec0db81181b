// What an admin can do beyond a customer: look things up, and refund.

import { strict as assert } from 'node:assert';
import {
    account,
    browserTest,
    enter,
    heading,
    ledger,
    logIn,
    makeAdmin,
    order,
    pay,
    picture,
    withOrder,
} from './browser.mjs';

const customer = await logIn(await account());
const admin = await account();

await makeAdmin(admin);

/** An order of the customer's that is Paid: $58.50. */
async function paidOrder() {
    const { id } = await order(customer);

    await pay(customer, id);
    return id;
}

async function refunds(id) {
    return (await ledger(id)).refunds.map((refund) => refund.amount);
}

browserTest('an admin gives back a part, and then the rest', async (page) => {
    const id = await paidOrder();
    const button = page.getByRole('button', { name: /^Refund/ });

    await enter(page, admin, `/#/order/${id}`);
    await heading(page, 'Paid');
    await page.getByText(`Of Ann, ${customer.email}`).waitFor();
    await page.getByLabel('Amount').fill('8,50');
    await page.getByRole('button', { name: 'Refund this amount' }).click();
    await heading(page, 'Partly refunded');
    await page.getByRole('article').filter({ hasText: '−$8.50' }).waitFor();
    await picture(page, 'refunding');
    await page.getByRole('button', { name: 'Refund $50.00' }).click();
    await heading(page, 'Refunded');
    await button.waitFor({ state: 'hidden' });
    assert.deepEqual(await refunds(id), [850, 5000]);
});

browserTest('more than was paid is refused beside the field', async (page) => {
    const id = await paidOrder();

    await enter(page, admin, `/#/order/${id}`);
    await page.getByLabel('Amount').fill('58.51');
    await page.getByRole('button', { name: 'Refund this amount' }).click();
    await page.locator('#amount-error').filter({ hasText: 'left' }).waitFor();
    assert.equal(await page.locator(':focus').getAttribute('name'), 'amount');
    assert.deepEqual(await refunds(id), []);
});

browserTest('a refund’s answer that is lost is asked for again, and given once', async (page) => {
    const id = await paidOrder();

    await enter(page, admin, `/#/order/${id}`);
    await page.route(
        '/api/refund',
        async (route) => {
            await route.fetch();
            await route.abort('connectionreset');
        },
        { times: 1 },
    );
    await page.getByLabel('Amount').fill('1');
    await page.getByRole('button', { name: 'Refund this amount' }).click();
    await heading(page, 'Partly refunded');
    await page.getByRole('button', { name: 'Refund $57.50' }).waitFor();
    assert.deepEqual(await refunds(id), [100]);
});

browserTest('an admin finds an order, or a customer, by its number', async (page) => {
    const id = await paidOrder();
    const field = page.getByLabel('Order or customer number');

    await enter(page, admin, '/#/orders');
    await field.fill('nobody');
    await field.press('Enter');
    await page.getByRole('alert').waitFor();
    await field.fill(admin.id.replace(/....$/, '0000'));
    await field.press('Enter');
    await page.getByRole('alert').filter({ hasText: /no such/ }).waitFor();
    await field.fill(` ${customer.id} `);
    await field.press('Enter');
    await heading(page, 'Orders of Ann');
    await page.getByRole('link', { name: /Tea/ }).first().waitFor();
    await field.fill(id);
    await field.press('Enter');
    await heading(page, 'Paid');
    await page.getByRole('link', { name: 'Orders of this customer' }).click();
    await heading(page, 'Orders of Ann');
});

browserTest('a customer is shown neither refunds nor the look-up', async (page) => {
    const { person, id } = await withOrder(page);

    await pay(person, id);
    await page.getByText('The receipt went to').waitFor();
    assert.equal(await page.getByRole('heading', { name: 'Refund' }).count(), 0);
    await page.goto('/#/orders');
    await heading(page, 'Your orders');
    assert.equal(await page.getByText('customer number').isVisible(), false);
});
