// Paying: the sandbox's test cards, or Stripe's Payment Element, which takes
// the card in a frame of Stripe's own; and the way to the bank and back.

import { callOnce } from './api.js';
import { tell, view } from './dom.js';
import { onSubmit } from './form.js';
import { show } from './money.js';

// of the same release as the API version that the server speaks
const STRIPE_JS = 'https://js.stripe.com/dahlia/stripe.js';

const AGAIN = 'No answer yet. Asking again: nothing is charged twice.';

// where the bank sends the customer: main.js knows it
function returnUrl(order) {
    return `${location.origin}${location.pathname}?order=${order.id}`;
}

function payOrder(body, { signal, problem }) {
    return callOnce('/api/pay-order', body, {
        signal,
        onOpen: () => tell(problem, AGAIN),
    });
}

// The bank's page, where it has one. False: it hasn't.
function goToBank(answer) {
    const url = answer.redirect_url && new URL(answer.redirect_url);

    if (!url || !/^https?:$/.test(url.protocol)) return false;
    location.assign(url);
    return true;
}

/**
 * The sandbox's cards. notice: what came of the last attempt. refresh(): the
 * order may have changed.
 */
export function cardsPanel({ order, notice, signal, refresh }) {
    const page = view('cards');
    const { problem } = page;

    page.button.textContent = `Pay ${show(order.total, order.currency)}`;
    tell(problem, notice);
    onSubmit(page.form, problem, async ({ payment_method }) => {
        try {
            const answer = await payOrder(
                {
                    order_id: order.id,
                    payment_method,
                    return_url: returnUrl(order),
                },
                { signal, problem },
            );

            tell(problem, '');
            if (goToBank(answer)) return;
        } finally {
            if (!signal.aborted) await refresh();
        }
    });
    return page.root;
}

let stripe = null;

/** Stripe.js, from Stripe alone, once. */
function loadStripe(key) {
    stripe ??= new Promise((resolve, reject) => {
        const script = document.createElement('script');

        script.src = STRIPE_JS;
        script.onload = () => resolve(window.Stripe(key));
        script.onerror = () => {
            stripe = null;
            script.remove();
            reject(new Error('Stripe can’t be reached. Check your connection.'));
        };
        document.head.append(script);
    });
    return stripe;
}

function appearance() {
    const style = getComputedStyle(document.documentElement);
    const isDark = matchMedia('(prefers-color-scheme: dark)').matches;

    return {
        theme: isDark ? 'night' : 'stripe',
        variables: {
            colorPrimary: style.getPropertyValue('--accent').trim(),
            borderRadius: '10px',
        },
    };
}

// The intent is made, its secret is for Stripe.js alone: never in a log, an
// address or a store of this page.
async function mountElement(page, { order, shop, notice, signal }) {
    const [client, answer] = await Promise.all([
        loadStripe(shop.stripe_publishable_key),
        payOrder(
            { order_id: order.id, confirm: false },
            { signal, problem: page.problem },
        ),
    ]);
    const elements = client.elements({
        clientSecret: answer.client_secret,
        appearance: appearance(),
    });

    tell(page.problem, notice);
    elements.create('payment').mount(page.element);
    tell(page.loading, '');
    page.button.hidden = false;
    return { client, elements };
}

/** Stripe's Payment Element. hold(): wait until the server has heard. */
export function elementPanel(context) {
    const { order, hold } = context;
    const page = view('element');
    let mounted = null;

    page.button.textContent = `Pay ${show(order.total, order.currency)}`;
    mountElement(page, context).then(
        (result) => (mounted = result),
        (error) => {
            tell(page.loading, '');
            if (error.name !== 'AbortError') tell(page.problem, error.message);
        },
    );
    onSubmit(page.form, page.problem, async () => {
        const { error } = await mounted.client.confirmPayment({
            elements: mounted.elements,
            redirect: 'if_required',
            confirmParams: { return_url: returnUrl(order) },
        });

        if (error) tell(page.problem, error.message);
        else await hold();
    });
    return page.root;
}

/** For a payment that the bank has to be asked about. */
export function bankPanel({ order, shop, signal, refresh, hold }) {
    const page = view('bank');
    const { problem } = page;

    onSubmit(page.form, problem, async () => {
        const answer = await payOrder(
            { order_id: order.id, confirm: false },
            { signal, problem },
        );

        if (goToBank(answer)) return;
        if (answer.client_secret && shop.stripe_publishable_key) {
            const client = await loadStripe(shop.stripe_publishable_key);
            const { error } = await client.handleNextAction({
                clientSecret: answer.client_secret,
            });

            if (error) tell(problem, error.message);
            else await hold();
            return;
        }
        await refresh();
    });
    return page.root;
}

/** Whatever takes cards in this shop. */
export function payPanel(context) {
    const page = view('wait');

    if (context.shop.sandbox) return cardsPanel(context);
    if (context.shop.stripe_publishable_key) return elementPanel(context);
    page.text.className = 'note';
    page.text.textContent = 'This shop can’t take cards here yet.';
    return page.root;
}
