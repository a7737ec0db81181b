// Every view against axe-core's rules, in light and dark, wide and narrow; and
// what it costs to load.

import { strict as assert } from 'node:assert';
import { readFileSync } from 'node:fs';
import {
    account,
    browserTest,
    desktop,
    enter,
    heading,
    logIn,
    makeAdmin,
    order,
    pay,
    phone,
    picture,
    require,
    shopUrl,
} from './browser.mjs';

const axe = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');

const person = await logIn(await account());
const customer = await account();
const open = await order(person);
const paid = await order(person, {
    product_name: `A ${'very '.repeat(30)}long name`,
});
const declined = await order(person, { product_name: 'x'.repeat(200) });

await pay(person, paid.id);
await makeAdmin(person);

/** The rules that are broken, and where. By CDP: the page forbids scripts. */
async function breaches(page) {
    const found = await page.evaluate(`${axe}
        axe.run({ resultTypes: ['violations'] })`);

    return found.violations.flatMap(({ id, nodes }) =>
        nodes.map((node) => `${id}: ${node.target} ${node.failureSummary}`),
    );
}

async function assertGood(page, view) {
    assert.deepEqual(await breaches(page), [], view);
    const overflow = await page.evaluate(
        () => document.documentElement.scrollWidth - innerWidth,
    );

    assert.ok(overflow <= 0, `${view} is ${overflow} px too wide`);
}

async function assertGuestViews(page) {
    await page.goto('/');
    await heading(page, 'Order, pay, done.');
    await page.getByRole('button', { name: 'Register' }).click();
    await page.locator('.error').nth(2).waitFor();
    await assertGood(page, 'registering');
    await page.goto('/#/login');
    await heading(page, 'Welcome back');
    await assertGood(page, 'logging in');
}

async function assertOrderViews(page) {
    await page.goto(`/#/order/${open.id}`);
    await heading(page, 'Ready to pay');
    await assertGood(page, 'paying');
    await page.getByRole('button', { name: 'Cancel this order' }).click();
    await page.getByRole('dialog').waitFor();
    await assertGood(page, 'cancelling');
    await page.goto(`/#/order/${declined.id}`);
    await heading(page, 'Ready to pay');
    await page.getByRole('radio', { name: /0002/ }).check();
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.getByRole('alert').filter({ hasText: 'declined' }).waitFor();
    await assertGood(page, 'declined');
    await page.goto(`/#/order/${paid.id}`);
    await page.getByText('The receipt went to').waitFor();
    await assertGood(page, 'paid');
}

async function assertViews(page) {
    await assertGuestViews(page);
    await enter(page, person);
    await heading(page, 'What would you like?');
    await assertGood(page, 'ordering');
    await assertOrderViews(page);
    await page.goto('/#/orders');
    await page.getByRole('link', { name: /long name/ }).waitFor();
    await assertGood(page, 'history');
    await page.goto(`/#/orders?user=${customer.id}`);
    await page.getByText('There is nothing here yet.').waitFor();
    await assertGood(page, 'no history');
    await page.goto(`/#/order/${customer.id}`);
    await heading(page, 'Not found');
    await assertGood(page, 'not found');
}

browserTest('every view is accessible by axe’s rules, in the light', assertViews, {
    size: desktop,
});

browserTest('every view is accessible by axe’s rules, on a phone in the dark', assertViews, {
    dark: true,
    size: phone,
});

browserTest(
    'nothing is cut off where a page is 320 pixels wide',
    async (page) => {
        await enter(page, person, '/#/orders');
        await page.getByRole('link', { name: /long name/ }).waitFor();
        await assertGood(page, 'history');
        await assertOrderViews(page);
        await picture(page, 'paid-narrow');
    },
    { size: { width: 320, height: 600 } },
);

browserTest('a page is 60 KB and all of this server; a second time it is next to nothing', async (page) => {
    const sizes = [];
    const session = await page.context().newCDPSession(page);

    session.on('Network.loadingFinished', (event) =>
        sizes.push(event.encodedDataLength),
    );
    page.on('request', (request) =>
        assert.ok(request.url().startsWith(shopUrl), request.url()),
    );
    await session.send('Network.enable');
    await page.goto('/');
    await heading(page, 'Order, pay, done.');
    const first = sizes.splice(0).reduce((sum, size) => sum + size, 0);

    assert.ok(first > 1000 && first < 60_000, `${first} bytes`);
    await page.goto('about:blank');
    sizes.splice(0);
    await page.goto('/');
    await heading(page, 'Order, pay, done.');
    const second = sizes.reduce((sum, size) => sum + size, 0);

    assert.ok(second < 15_000, `${second} bytes`);
});
