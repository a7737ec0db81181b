// Making an account, and logging in.

import { call, Lost, Problem } from './api.js';
import { tell, view } from './dom.js';
import { onSubmit } from './form.js';
import { multiply } from './money.js';
import { beginSession } from './session.js';
import { slip } from './slip.js';

// Where to go once somebody is logged in: a page of this shop, in the place of
// the form, which nobody wants to come back to.
function goOn(wanted) {
    history.replaceState(null, '', wanted?.startsWith('#/') ? wanted : '#/');
    window.dispatchEvent(new Event('till:session'));
}

async function logIn({ email, password }) {
    beginSession(await call('POST', '/api/login', { body: { email, password } }));
}

// There is no key for making an account. So where an answer was lost, "there
// is one already" may mean the one that was just made: its password tells.
let lostAddress = null;

async function register(values) {
    try {
        await call('POST', '/api/user', { body: values });
    } catch (error) {
        if (error instanceof Lost) lostAddress = values.email;
        if (error.status !== 409 || values.email !== lostAddress) throw error;
        await logIn(values).catch((second) => {
            throw second instanceof Problem ? error : second;
        });
        return;
    }
    await logIn(values);
}

// a price, by how many decimals the currency has
const samples = { 0: '950', 2: '9.50', 3: '9.500' };

export function registerPage({ shop }) {
    const page = view('register');
    const sample = slip(shop);

    sample.write({
        product_name: 'A pot of tea',
        quantity: 2,
        price: samples[shop.decimals],
        total: multiply(samples[shop.decimals], '2', shop.decimals),
        currency: shop.currency,
        status: 'Paid',
        created_at: new Date().toISOString(),
    });
    page.sample.append(sample.node);
    onSubmit(page.form, page.problem, async (values) => {
        await register(values);
        goOn();
    });
    return { root: page.root, title: 'Register' };
}

export function loginPage({ query }) {
    const page = view('login');

    onSubmit(page.form, page.problem, async (values) => {
        await logIn(values);
        goOn(query.get('then'));
    });
    if (query.get('then')) tell(page.problem, 'Please log in to go on.');
    return { root: page.root, title: 'Log in' };
}
