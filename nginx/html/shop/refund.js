// For the admin: what was given back, and giving back more.

import { call, callOnce } from './api.js';
import { tell, view } from './dom.js';
import { onSubmit } from './form.js';
import { isZero, show, subtract, sum, typed } from './money.js';

/** What of a payment's refunds was or will be given back. */
export function refundedOf(payment) {
    const amounts = (payment?.refunds ?? [])
        .filter((refund) => refund.status !== 'Failed')
        .map((refund) => refund.amount);

    return amounts.length ? sum(amounts, payment.amount) : null;
}

function writeList(list, refunds) {
    list.replaceChildren(
        ...refunds.map((refund) => {
            const item = document.createElement('li');

            item.textContent = [
                show(refund.amount, refund.currency),
                refund.status,
                refund.message,
            ]
                .filter(Boolean)
                .join(' · ');
            return item;
        }),
    );
}

async function writeCustomer(node, id, signal) {
    try {
        const user = await call('GET', `/api/user/${id}`, { signal });

        node.textContent = `Of ${user.username}, ${user.email}`;
    } catch {
        node.textContent = `Of customer ${id}`;
    }
}

/** The panel, and write(payment), which shows how it stands. */
export function refundPanel({ order, signal, refresh }) {
    const page = view('refund');
    const { currency } = order;
    let left = order.total;

    function label() {
        const wanted = page.form.elements.amount.value.trim();

        page.button.textContent = wanted
            ? 'Refund this amount'
            : `Refund ${show(left, currency)}`;
    }

    function write(payment) {
        const refunded = refundedOf(payment);

        left = refunded ? subtract(payment.amount, refunded) : payment.amount;
        writeList(page.list, payment.refunds);
        page.form.hidden = isZero(left);
        tell(page.left, `Left empty: all of ${show(left, currency)}`);
        label();
    }

    page.currency.textContent = currency.toUpperCase();
    page.form.addEventListener('input', label);
    writeCustomer(page.customer, order.user_id, signal);
    onSubmit(page.form, page.problem, async ({ amount }) => {
        const decimals = (order.total.split('.')[1] ?? '').length;
        const wish = { order_id: order.id };

        if (amount.trim()) wish.amount = typed(amount, decimals);
        await callOnce('/api/refund', wish, {
            signal,
            onOpen: () =>
                tell(
                    page.problem,
                    'No answer yet. Asking again: it is given back only once.',
                ),
        });
        page.form.reset();
        tell(page.problem, '');
        await refresh();
    });
    return { root: page.root, write };
}
