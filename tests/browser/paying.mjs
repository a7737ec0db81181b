// Paying with the sandbox's cards: taken, declined, and asked about by the bank.

import { strict as assert } from 'node:assert';
import {
    api,
    assertPaidOnce,
    browserTest,
    heading,
    ledger,
    pay,
    phone,
    picture,
    withOrder,
} from './browser.mjs';

async function payWith(page, card) {
    await page.getByRole('radio', { name: card }).check();
    await page.getByRole('button', { name: 'Pay $58.50' }).click();
}

browserTest('a good card pays once, and the receipt is mailed', async (page) => {
    const { person, id } = await withOrder(page);

    await picture(page, 'paying');
    await payWith(page, /4242/);
    await heading(page, 'Paid. Thank you!');
    await page.getByText(`The receipt went to ${person.email}.`).waitFor();
    await picture(page, 'paid');
    await assertPaidOnce(person, id);
    assert.equal((await ledger(id)).mails.length, 1);
    assert.equal(await page.locator('.stamp').textContent(), 'Paid');
});

browserTest(
    'on a phone in the dark it is the same',
    async (page) => {
        const { person, id } = await withOrder(page);

        await picture(page, 'paying-phone');
        await payWith(page, /4242/);
        await page.getByText('The receipt went to').waitFor();
        await picture(page, 'paid-phone');
        await assertPaidOnce(person, id);
    },
    { dark: true, size: phone },
);

browserTest('a declined card is said so, and another one pays', async (page) => {
    const { person, id } = await withOrder(page);

    await payWith(page, /0002/);
    await page.getByRole('alert').filter({ hasText: 'Your card was declined.' }).waitFor();
    await picture(page, 'declined');
    await payWith(page, /9995/);
    await page.getByRole('alert').filter({ hasText: 'insufficient funds' }).waitFor();
    await page.reload();
    // who comes back finds out what had happened
    await page.getByRole('alert').filter({ hasText: 'insufficient funds' }).waitFor();
    await payWith(page, /4242/);
    await heading(page, 'Paid. Thank you!');
    await assertPaidOnce(person, id);
});

browserTest('a bank that asks has a page of its own, and the order turns Paid by itself', async (page) => {
    const { person, id } = await withOrder(page);

    await payWith(page, /3184/);
    await page.getByRole('button', { name: 'Approve' }).click();
    await heading(page, 'Paid. Thank you!');
    // what the bank adds to the address is gone
    assert.ok(page.url().endsWith(`/#/order/${id}`));
    assert.doesNotMatch(page.url(), /\?|secret/);
    await assertPaidOnce(person, id);
});

browserTest('who comes back without an answer may go to the bank again', async (page) => {
    const { person, id } = await withOrder(page);

    await payWith(page, /3184/);
    await page.getByRole('button', { name: 'Approve' }).waitFor();
    await page.goto(`/#/order/${id}`);
    await heading(page, 'Your bank asks');
    await picture(page, 'bank-asks');
    await page.getByRole('button', { name: 'Continue to your bank' }).click();
    await page.getByRole('button', { name: 'Approve' }).click();
    await heading(page, 'Paid. Thank you!');
    await assertPaidOnce(person, id);
});

browserTest('a bank that says no leaves the order to be paid', async (page) => {
    const { person, id } = await withOrder(page);

    await payWith(page, /3184/);
    await page.getByRole('button', { name: 'Refuse' }).click();
    await heading(page, 'Ready to pay');
    await page.getByRole('alert').filter({ hasText: /bank/ }).waitFor();
    await payWith(page, /4242/);
    await heading(page, 'Paid. Thank you!');
    await assertPaidOnce(person, id);
});

browserTest('an order that is paid elsewhere turns Paid by itself', async (page) => {
    const { person, id } = await withOrder(page);

    await pay(person, id);
    await heading(page, 'Paid. Thank you!');
    assert.match(await page.locator('#said').textContent(), /Paid/);
});

browserTest('an order that was cancelled elsewhere can’t be paid here', async (page) => {
    const { person, id } = await withOrder(page);

    await api('PATCH', `/api/order/${id}`, {
        token: person.token,
        body: { status: 'Cancelled' },
    });
    await payWith(page, /4242/);
    await heading(page, 'Cancelled');
    assert.equal((await ledger(id)).charges.length, 0);
});
