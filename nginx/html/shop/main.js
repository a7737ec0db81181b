// Which page is shown: what stands behind the # of the address says it.

import { loginPage, registerPage } from './account.js';
import { call } from './api.js';
import { view } from './dom.js';
import { historyPage } from './history.js';
import { newPage } from './new.js';
import { orderPage } from './order.js';
import { endSession, session } from './session.js';

const main = document.getElementById('main');
let shop = null;
let leave = null; // an AbortController: ends what the page before still does

/** The page of an address, and whether one has to be logged in for it. */
function find(path) {
    const [, first, id] = path.split('/');

    if (first === 'login') return { page: loginPage };
    if (first === 'register') return { page: registerPage };
    if (first === 'orders') return { page: historyPage, isOwn: true };
    if (first === 'order' && /^[0-9a-f-]{36}$/.test(id ?? ''))
        return { page: orderPage, isOwn: true, id };
    return session() ? { page: newPage, isOwn: true } : { page: registerPage };
}

function failedPage(error) {
    const page = view('failed');

    page.title.textContent =
        error.status === 404 ? 'Not found' : 'This didn’t work';
    page.lead.textContent = error.message;
    page.again.addEventListener('click', () => route());
    return { root: page.root, title: page.title.textContent };
}

function writeBar() {
    const isIn = Boolean(session());

    for (const node of document.querySelectorAll('[data-for]'))
        node.hidden = (node.dataset.for === 'customer') !== isIn;
    for (const link of document.querySelectorAll('.nav a')) {
        const isHere = link.hash === (location.hash.split('?')[0] || '#/');

        if (isHere) link.setAttribute('aria-current', 'page');
        else link.removeAttribute('aria-current');
    }
}

function put({ root, title }, isFirst) {
    main.replaceChildren(root);
    document.title = `${title} · ${shop?.name ?? 'Shop'}`;
    if (isFirst) return;
    // a screen reader begins to read here, as after a click on a link
    main.querySelector('h1').focus({ preventScroll: true });
    window.scrollTo(0, 0);
}

async function loadShop(signal) {
    shop = await call('GET', '/api/shop', { signal });
    document.getElementById('brand').textContent = shop.name;
    document.getElementById('sandbox').hidden = !shop.sandbox;
}

async function route() {
    const isFirst = !leave;
    const [path, search] = location.hash.slice(1).split('?');
    const { page, isOwn, id } = find(path);

    leave?.abort();
    leave = new AbortController();
    const { signal } = leave;

    writeBar();
    if (isOwn && !session()) {
        location.replace(`#/login?${new URLSearchParams({ then: location.hash })}`);
        return;
    }
    if (!isOwn && session()) {
        location.replace('#/');
        return;
    }
    main.setAttribute('aria-busy', 'true');
    try {
        if (!shop) await loadShop(signal);
        const query = new URLSearchParams(search);

        put(await page({ shop, signal, query, id }), isFirst);
    } catch (error) {
        if (!signal.aborted) put(failedPage(error), isFirst);
    } finally {
        if (!signal.aborted) main.removeAttribute('aria-busy');
    }
}

// The bank sends the customer back with ?order=, and Stripe adds what is
// nobody's business: it goes from the address before anything else.
function comeBack() {
    const order = new URLSearchParams(location.search).get('order');

    if (location.search)
        history.replaceState(
            null,
            '',
            location.pathname +
                (order ? `#/order/${encodeURIComponent(order)}` : location.hash),
        );
}

document.getElementById('log-out').addEventListener('click', () => {
    endSession();
    location.hash = '#/login';
});
// a # of its own would be taken for a page
document.querySelector('.skip').addEventListener('click', (event) => {
    event.preventDefault();
    main.focus();
});
window.addEventListener('hashchange', route);
window.addEventListener('till:session', route); // it has begun or ended
comeBack();
route();
