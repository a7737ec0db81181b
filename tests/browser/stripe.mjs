// With keys of Stripe's: Stripe.js and its Payment Element take the card. What
// is Stripe's here is played: its script, and what that asks of its API, which
// the sandbox answers.

import { strict as assert } from 'node:assert';
import {
    account,
    assertPaidOnce,
    browserTest,
    enter,
    heading,
    ledger,
    order,
    picture,
    sandboxUrl,
    stripeShopUrl,
    withOrder,
} from './browser.mjs';

// As much of Stripe.js as the page uses. It runs in the page.
function stripeJs() {
    const ask = async (verb, clientSecret) => {
        const response = await fetch(`https://api.stripe.com/${verb}`, {
            method: 'POST',
            body: clientSecret,
        });

        return response.json();
    };

    window.Stripe = (key) => {
        window.seen = { key };
        return {
            elements: (options) => {
                window.seen.theme = options.appearance.theme;
                return {
                    secret: options.clientSecret,
                    create: (kind) => ({
                        mount: (node) => (node.textContent = `(${kind})`),
                    }),
                };
            },
            confirmPayment: ({ elements, redirect, confirmParams }) => {
                window.seen.confirm = { redirect, ...confirmParams };
                return ask('confirm', elements.secret);
            },
            handleNextAction: ({ clientSecret }) => ask('action', clientSecret),
        };
    };
}

async function post(path, body) {
    const response = await fetch(sandboxUrl + path, {
        method: 'POST',
        headers: {
            Authorization: 'Bearer sk_test_browser',
            'Content-Type': 'application/x-www-form-urlencoded',
        },
        body,
    });

    return response.headers.get('content-type').includes('json')
        ? response.json()
        : {};
}

/** Plays Stripe for a page; its cards are used one after the other. */
async function playStripe(page, cards = []) {
    const loads = [];

    await page.route('https://js.stripe.com/**', (route) => {
        loads.push(route.request().url());
        return route.fulfill({
            contentType: 'text/javascript',
            body: `(${stripeJs})()`,
        });
    });
    await page.route('https://api.stripe.com/*', async (route) => {
        const request = route.request();
        const intent = request.postData().replace(/_secret_.*/, '');
        const answer = request.url().endsWith('confirm')
            ? await post(
                  `/v1/payment_intents/${intent}/confirm`,
                  `payment_method=${cards.shift()}`,
              )
            : await post(`/sandbox/bank/${intent}/approve`);

        await route.fulfill({
            headers: { 'Access-Control-Allow-Origin': '*' },
            json: answer.error
                ? { error: answer.error }
                : { paymentIntent: answer },
        });
    });
    return loads;
}

const options = { url: stripeShopUrl };
const elementIsThere = (page) => page.getByText('(payment)').waitFor();

browserTest(
    'Stripe.js is loaded where a card is taken, and nowhere else',
    async (page) => {
        const loads = await playStripe(page);
        const person = await account(stripeShopUrl);

        await enter(page, person);
        const { id } = await order(person, {}, stripeShopUrl);

        assert.equal(await page.getByText('Sandbox').isVisible(), false);
        await page.goto('/#/orders');
        await page.getByRole('link', { name: /Tea/ }).waitFor();
        assert.deepEqual(loads, []);
        await page.goto(`/#/order/${id}`);
        await elementIsThere(page);
        assert.equal(loads.length, 1);
        assert.match(loads[0], /^https:\/\/js\.stripe\.com\/[a-z]+\/stripe\.js$/);
        assert.equal(await page.getByText('Test cards').count(), 0);
        await picture(page, 'stripe');
    },
    options,
);

browserTest(
    'the Payment Element takes a card, and the order turns Paid by itself',
    async (page) => {
        await playStripe(page, ['pm_card_visa_chargeDeclined', 'pm_card_visa']);
        const { person, id } = await withOrder(page, {}, stripeShopUrl);

        await elementIsThere(page);
        const button = page.getByRole('button', { name: 'Pay $58.50' });

        await button.click();
        await page.getByRole('alert').filter({ hasText: 'declined' }).waitFor();
        await button.click();
        await heading(page, 'Paid. Thank you!');
        const { seen, stored } = await page.evaluate(() => ({
            seen: window.seen,
            stored: JSON.stringify(sessionStorage) + location.href,
        }));

        assert.equal(seen.key, 'pk_test_browser');
        assert.equal(seen.theme, 'stripe');
        assert.equal(seen.confirm.redirect, 'if_required');
        assert.ok(seen.confirm.return_url.startsWith(stripeShopUrl));
        assert.doesNotMatch(stored, /_secret_/);
        await assertPaidOnce(person, id, stripeShopUrl);
    },
    options,
);

browserTest(
    'a bank that was left without an answer is asked again by Stripe.js',
    async (page) => {
        await playStripe(page, ['pm_card_authenticationRequired']);
        const { person, id } = await withOrder(page, {}, stripeShopUrl);

        await elementIsThere(page);
        await page.getByRole('button', { name: 'Pay $58.50' }).click();
        await heading(page, 'Your bank asks');
        await page.reload();
        await page.getByRole('button', { name: 'Continue to your bank' }).click();
        await heading(page, 'Paid. Thank you!');
        await assertPaidOnce(person, id, stripeShopUrl);
    },
    { ...options, dark: true },
);

browserTest(
    'a Stripe that can’t be reached is said so, and nothing is charged',
    async (page) => {
        await page.route('https://js.stripe.com/**', (route) => route.abort());
        const person = await account(stripeShopUrl);

        await enter(page, person);
        const { id } = await order(person, {}, stripeShopUrl);

        await page.goto(`/#/order/${id}`);
        await page.getByRole('alert').filter({ hasText: /Stripe can’t/ }).waitFor();
        assert.equal(await page.getByRole('button', { name: /^Pay/ }).count(), 0);
        assert.equal((await ledger(id)).charges.length, 0);
    },
    options,
);
