// What customers write is text, whatever it looks like; and what would run
// here, if it came in some other way, is stopped.

import { strict as assert } from 'node:assert';
import {
    account,
    browserTest,
    enter,
    heading,
    logIn,
    makeAdmin,
    order,
    pay,
    picture,
    somebody,
    withOrder,
} from './browser.mjs';

const evil = [
    '<img src=x onerror="window.hit=1">',
    '<script>window.hit=2</script>',
    '"><svg onload=window.hit=3>',
    "javascript:window.hit=4//'",
    '{{constructor.constructor("window.hit=5")()}}',
];

/** Nothing ran, and nothing but the page's own elements are there. */
async function assertHarmless(page) {
    const found = await page.evaluate(() => ({
        hit: window.hit,
        images: document.querySelectorAll('img, iframe, object, embed').length,
        scripts: document.scripts.length,
        handlers: document.querySelectorAll('[onload], [onerror]').length,
    }));

    assert.deepEqual(found, {
        hit: undefined,
        images: 0,
        scripts: 1,
        handlers: 0,
    });
}

browserTest('what is typed into the fields of an order is shown, and doesn’t run', async (page) => {
    await enter(page, await account());
    for (const text of evil) {
        await page.goto('/#/');
        await page.getByLabel('Product').fill(text);
        await page.getByLabel('Price of one').fill('1');
        await page.getByRole('article').filter({ hasText: text }).waitFor();
        await page.getByRole('button', { name: 'Order' }).click();
        await heading(page, 'Ready to pay');
        await page.getByRole('article').filter({ hasText: text }).waitFor();
        await assertHarmless(page);
    }
    await page.goto('/#/');
    for (const label of ['Quantity', 'Price of one'])
        await page.getByLabel(label).fill(evil[0]);
    await page.getByRole('button', { name: 'Order' }).click();
    await page.locator('.error').first().waitFor();
    await assertHarmless(page);
    await page.goto('/#/orders');
    for (const text of evil)
        await page.getByRole('link').filter({ hasText: text }).waitFor();
    await picture(page, 'hostile');
    await assertHarmless(page);
});

browserTest('what is typed into the account’s fields doesn’t run, even before an admin', async (page) => {
    const admin = await account();

    await makeAdmin(admin);
    for (const text of evil.slice(0, 3)) {
        const person = { ...somebody(), username: text.slice(0, 64) };

        await page.goto('/#/register');
        await page.getByLabel('Your name').fill(person.username);
        await page.getByLabel('E-mail address').fill(text);
        await page.getByLabel('Password').fill(text);
        await page.getByRole('button', { name: 'Register' }).click();
        await page.locator('.error').first().waitFor();
        await assertHarmless(page);
        await page.getByLabel('E-mail address').fill(person.email);
        await page.getByLabel('Password').fill(person.password);
        await page.getByRole('button', { name: 'Register' }).click();
        await heading(page, 'What would you like?');
        await page.getByRole('button', { name: 'Log out' }).click();
        const { id, token } = await logIn(person);
        const made = await order({ token }, { product_name: text });

        await pay({ token }, made.id);
        await enter(page, admin, `/#/orders?user=${id}`);
        await heading(page, `Orders of ${person.username}`);
        await assertHarmless(page);
        await page.goto(`/#/order/${made.id}`);
        await page.getByText(`Of ${person.username}`).waitFor();
        await assertHarmless(page);
        await page.getByRole('button', { name: 'Log out' }).click();
        await heading(page, 'Welcome back');
    }
});

browserTest('what stands in the address is no page, no request and no script', async (page) => {
    await enter(page, await account());
    const asked = [];

    page.on('request', (request) => asked.push(request.url()));
    for (const text of ['<img src=x onerror=alert(1)>', '../../api/user/x',
        'javascript:alert(1)']) {
        await page.goto(`/?order=${encodeURIComponent(text)}`);
        await heading(page, 'What would you like?');
        await page.goto(`/#/order/${text}`);
        await heading(page, 'What would you like?');
        await page.goto(`/#/orders?status=${encodeURIComponent(text)}`);
        await heading(page, 'This didn’t work');
        await assertHarmless(page);
    }
    for (const url of asked)
        assert.doesNotMatch(new URL(url).pathname, /user|img|javascript/);
});

browserTest('a bank’s address that is a script is not followed', async (page) => {
    const { id } = await withOrder(page);

    await page.route('/api/pay-order', (route) =>
        route.fulfill({
            status: 202,
            contentType: 'application/json',
            body: JSON.stringify({
                status: 'RequiresAction',
                redirect_url: 'javascript:window.hit=6',
            }),
        }),
    );
    await page.getByRole('button', { name: /^Pay/ }).click();
    await page.waitForResponse(new RegExp(`/api/order/${id}$`));
    await assertHarmless(page);
    assert.ok(page.url().endsWith(id));
});

browserTest(
    'a script, a style and a request to elsewhere that got in are stopped',
    async (page) => {
        await page.goto('/');
        await heading(page, 'Order, pay, done.');
        await page.evaluate(() => {
            const script = document.createElement('script');
            const image = document.createElement('div');

            window.stopped = [];
            document.addEventListener('securitypolicyviolation', (event) =>
                window.stopped.push(event.effectiveDirective),
            );
            script.textContent = 'window.hit = 7';
            document.body.append(script);
            image.innerHTML = '<b style="color:red" onclick="window.hit = 8">x</b>';
            document.body.append(image);
            image.firstChild.click();
            fetch('https://evil.example/').catch(() => {});
        });
        for (const directive of [
            'connect-src',
            'script-src-attr',
            'script-src-elem',
            'style-src-attr',
        ])
            await page.waitForFunction((name) => window.stopped.includes(name), directive);
        assert.equal(await page.evaluate(() => window.hit), undefined);
    },
    { mayFail: true },
);

browserTest('nobody may put the shop into a frame', async (page) => {
    const answer = await page.goto('/');
    const policy = answer.headers()['content-security-policy'];

    assert.match(policy, /frame-ancestors 'none'/);
    assert.match(policy, /default-src 'none'/);
    assert.doesNotMatch(policy, /unsafe|stripe|\*/);
});

browserTest('the token goes to Till’s API alone, and a cookie nowhere', async (page) => {
    const sent = [];

    await enter(page, await account());
    page.on('request', (request) =>
        sent.push(request.allHeaders().then((all) => [request.url(), all])),
    );
    await page.reload();
    await page.getByRole('link', { name: 'Your orders' }).click();
    await heading(page, 'Your orders');
    const all = await Promise.all(sent);
    const bearing = all.filter(([, headers]) => headers.authorization);

    assert.ok(bearing.length > 0);
    for (const [url] of bearing) assert.match(url, /^[^?#]*\/api\//);
    for (const [, headers] of all) assert.equal(headers.cookie, undefined);
});
