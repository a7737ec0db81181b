// All of it with nothing but the keyboard.

import { strict as assert } from 'node:assert';
import { browserTest, heading, somebody } from './browser.mjs';

/** Tabs until what has the focus is called so; each stop must be visible. */
async function tabTo(page, name) {
    for (let i = 0; i < 40; i++) {
        await page.keyboard.press('Tab');
        const stop = await page.evaluate(() => {
            const node = document.activeElement;
            const { width, height } = node.getBoundingClientRect();
            const label = node.labels?.[0] ?? node;
            const ring = getComputedStyle(node);
            const around = getComputedStyle(node.closest('.tile') ?? node);

            return {
                text: label.textContent.trim().replace(/\s+/g, ' '),
                isVisible: width > 0 && height > 0,
                hasRing: [ring, around].some(
                    (style) => style.outlineStyle !== 'none',
                ),
            };
        });

        if (!stop.text.startsWith(name)) continue;
        assert.ok(stop.isVisible && stop.hasRing, `${name} can’t be seen`);
        return;
    }
    assert.fail(`${name} is not reached`);
}

async function type(page, label, text) {
    await tabTo(page, label);
    await page.keyboard.type(text);
}

async function registerAndOrder(page) {
    const person = somebody();

    await page.goto('/');
    await type(page, 'Your name', person.username);
    await type(page, 'E-mail address', person.email);
    await type(page, 'Password', person.password);
    await page.keyboard.press('Enter');
    await heading(page, 'What would you like?');
    await type(page, 'Product', 'Tea');
    await type(page, 'Price of one', '19.50');
    await tabTo(page, 'Order for $19.50');
    await page.keyboard.press('Space');
    await heading(page, 'Ready to pay');
}

/** Where a screen reader goes on reading. */
function focused(page) {
    return page.evaluate(() => document.activeElement.textContent.trim());
}

browserTest('the keyboard alone registers, orders, chooses a card and pays', async (page) => {
    await registerAndOrder(page);
    assert.equal(await focused(page), 'Ready to pay');
    await tabTo(page, '4242');
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowDown');
    assert.match(await page.evaluate(() => document.activeElement.value), /Declined/);
    await page.keyboard.press('Enter');
    await page.getByRole('alert').filter({ hasText: 'declined' }).waitFor();
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('ArrowUp');
    await tabTo(page, 'Pay $19.50');
    await page.keyboard.press('Enter');
    await heading(page, 'Paid. Thank you!');
    assert.equal(await focused(page), 'Paid. Thank you!');
    assert.equal(
        await page.locator('#said').textContent(),
        'Paid. Thank you!',
    );
});

browserTest('the keyboard alone cancels, finds the order again, and logs out', async (page) => {
    await registerAndOrder(page);
    await tabTo(page, 'Cancel this order');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'hidden' });
    assert.equal(await focused(page), 'Cancel this order');
    await page.keyboard.press('Enter');
    await tabTo(page, 'Cancel the order');
    await page.keyboard.press('Enter');
    await heading(page, 'Cancelled');
    await page.goto('/#/orders');
    await heading(page, 'Your orders');
    await tabTo(page, 'Tea');
    await page.keyboard.press('Enter');
    await heading(page, 'Cancelled');
    await page.reload();
    await heading(page, 'Cancelled');
    await tabTo(page, 'Log out');
    await page.keyboard.press('Enter');
    await heading(page, 'Welcome back');
});

browserTest('the first stop leads past the bar to the content', async (page) => {
    await page.goto('/');
    await heading(page, 'Order, pay, done.');
    await page.keyboard.press('Tab');
    assert.equal(await focused(page), 'Skip to the content');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    assert.equal(
        await page.locator(':focus').getAttribute('name'),
        'username',
    );
    await heading(page, 'Order, pay, done.');
});
