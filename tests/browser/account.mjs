// Registering, logging in and out, and where the token is.

import { strict as assert } from 'node:assert';
import {
    account,
    browserTest,
    enter,
    heading,
    picture,
    somebody,
} from './browser.mjs';

async function register(page, person) {
    await page.getByLabel('Your name').fill(person.username);
    await page.getByLabel('E-mail address').fill(person.email);
    await page.getByLabel('Password').fill(person.password);
    await page.getByRole('button', { name: 'Register' }).click();
}

/** The text beside a field that is refused. */
async function fault(page, label) {
    const field = page.getByLabel(label);
    const ids = (await field.getAttribute('aria-describedby')).split(' ');

    assert.equal(await field.getAttribute('aria-invalid'), 'true');
    return page.locator(`#${ids.at(-1)}`).textContent();
}

function focused(page) {
    return page.locator(':focus').getAttribute('name');
}

browserTest('a customer registers, and is logged in', async (page) => {
    await page.goto('/');
    await picture(page, 'start');
    await register(page, somebody());
    await heading(page, 'What would you like?');
    await page.getByRole('link', { name: 'Your orders' }).waitFor();
});

browserTest('the token is this tab’s alone, and goes with the log-out', async (page) => {
    const person = await account();

    await enter(page, person, '/#/orders');
    const kept = await page.evaluate(() => ({
        local: localStorage.length,
        cookie: document.cookie,
        session: Object.keys(sessionStorage),
        url: location.href,
    }));

    assert.equal(kept.local, 0);
    assert.equal(kept.cookie, '');
    assert.deepEqual(kept.session, ['till.session']);
    assert.doesNotMatch(kept.url, /eyJ/);
    await page.reload();
    await heading(page, 'Your orders');
    const other = await page.context().newPage();

    await other.goto('/#/orders');
    await heading(other, 'Welcome back');
    await page.getByRole('button', { name: 'Log out' }).click();
    await heading(page, 'Welcome back');
    assert.equal(await page.evaluate(() => sessionStorage.length), 0);
    assert.equal((await page.context().cookies()).length, 0);
});

browserTest('what won’t do is said beside its field, which has the focus', async (page) => {
    await page.goto('/');
    await register(page, { ...somebody(), username: '', password: 'short' });
    await page.locator('.error').nth(1).waitFor();
    assert.match(await fault(page, 'Your name'), /^Must/);
    assert.match(await fault(page, 'Password'), /^Must have 8 to 128 characters/);
    assert.equal(await focused(page), 'username');
    await picture(page, 'refused-fields');
    await register(page, { ...somebody(), email: 'nobody' });
    await page.locator('#email-error:visible').waitFor();
    assert.match(await fault(page, 'E-mail address'), /^Must/);
    assert.equal(await focused(page), 'email');
    // what was wrong before is no longer said
    assert.equal(await page.locator('.error:visible').count(), 1);
    await register(page, somebody());
    await heading(page, 'What would you like?');
});

browserTest('an address that has an account is refused in words', async (page) => {
    const person = await account();

    await page.goto('/#/register');
    await register(page, person);
    await page.getByRole('alert').filter({ hasText: /account/ }).waitFor();
});

browserTest('a wrong password is refused in words, and stays on the page', async (page) => {
    const person = await account();

    await page.goto('/#/login');
    await page.getByLabel('E-mail address').fill(person.email);
    await page.getByLabel('Password').fill('not the right one');
    await page.getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').filter({ hasText: /password/ }).waitFor();
    await heading(page, 'Welcome back');
});

browserTest('a page that needs a login is shown after it', async (page) => {
    const person = await account();

    await page.goto('/#/orders?status=Paid');
    await heading(page, 'Welcome back');
    await page.getByLabel('E-mail address').fill(person.email);
    await page.getByLabel('Password').fill(person.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await heading(page, 'Your orders');
    assert.match(page.url(), /#\/orders\?status=Paid$/);
});

browserTest('a login leads to a page of this shop alone', async (page) => {
    const person = await account();

    await page.goto('/#/login?then=https%3A%2F%2Fevil.example');
    await page.getByLabel('E-mail address').fill(person.email);
    await page.getByLabel('Password').fill(person.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await heading(page, 'What would you like?');
    assert.match(page.url(), /^http:\/\/127\.0\.0\.1:\d+\/#\/$/);
});

browserTest('a token that is no longer good leads to the login, and back', async (page) => {
    const person = await account();

    await enter(page, person);
    await page.evaluate(() => {
        const kept = JSON.parse(sessionStorage.getItem('till.session'));

        kept.token = kept.token.slice(0, -4);
        sessionStorage.setItem('till.session', JSON.stringify(kept));
    });
    await page.getByRole('link', { name: 'Your orders' }).click();
    await heading(page, 'Welcome back');
    await page.getByLabel('E-mail address').fill(person.email);
    await page.getByLabel('Password').fill(person.password);
    await page.getByRole('button', { name: 'Log in' }).click();
    await heading(page, 'Your orders');
});

browserTest('an answer to registering that was lost is made good by asking again', async (page) => {
    const person = somebody();

    await page.goto('/');
    await page.route(
        '/api/user',
        async (route) => {
            await route.fetch();
            await route.abort('connectionreset');
        },
        { times: 1 },
    );
    await register(page, person);
    await page.getByRole('alert').filter({ hasText: /can’t be reached/ }).waitFor();
    await page.getByRole('button', { name: 'Register' }).click();
    await heading(page, 'What would you like?');
});
