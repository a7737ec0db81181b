// The orders there were, newest first, page by page.

import { call, Problem } from './api.js';
import { tell, view, writeTime } from './dom.js';
import { onSubmit } from './form.js';
import { show } from './money.js';
import { session } from './session.js';

const PAGE = 10;

// a status in words
const words = {
    Pending: 'To be paid',
    Paid: 'Paid',
    PartiallyRefunded: 'Partly refunded',
    Refunded: 'Refunded',
    Cancelled: 'Cancelled',
    Expired: 'Expired',
};

function rowOf(order) {
    const row = view('order-row');

    row.link.href = `#/order/${order.id}`;
    row.product.textContent =
        order.quantity > 1
            ? `${order.quantity} × ${order.product_name}`
            : order.product_name;
    row.total.textContent = show(order.total, order.currency);
    row.status.textContent = words[order.status] ?? order.status;
    row.status.dataset.status = order.status;
    writeTime(row.time, order.created_at);
    return row.root;
}

// the address of such a page; a value of null takes one away
function addressWith(query, changes) {
    const next = new URLSearchParams(query);

    for (const [name, value] of Object.entries(changes)) {
        if (value) next.set(name, value);
        else next.delete(name);
    }
    return `#/orders${next.size ? `?${next}` : ''}`;
}

function addPager(page, query, next) {
    const isFirst = !query.get('cursor');

    page.newest.href = addressWith(query, { cursor: null });
    page.newest.hidden = isFirst;
    page.older.hidden = !next;
    if (next) page.older.href = addressWith(query, { cursor: next });
    page.pager.hidden = isFirst && !next;
}

// An admin has a number, of an order or of a customer.
async function lookUp(number, signal) {
    const id = encodeURIComponent(number.trim());

    try {
        await call('GET', `/api/order/${id}`, { signal });
        location.hash = `#/order/${id}`;
    } catch (error) {
        if (!(error instanceof Problem) || error.status !== 404) throw error;
        await call('GET', `/api/user/${id}`, { signal });
        location.hash = `#/orders?user=${id}`;
    }
}

async function titleOf(userId, signal) {
    if (!userId) return 'Your orders';
    const user = await call('GET', `/api/user/${encodeURIComponent(userId)}`, {
        signal,
    });

    return `Orders of ${user.username}`;
}

export async function historyPage({ query, signal }) {
    const page = view('orders');
    const wanted = new URLSearchParams({ limit: PAGE });
    const userId = query.get('user');

    if (userId) wanted.set('user_id', userId);
    for (const name of ['status', 'cursor'])
        if (query.get(name)) wanted.set(name, query.get(name));
    const [answer, title] = await Promise.all([
        call('GET', `/api/order?${wanted}`, { signal }),
        titleOf(userId, signal),
    ]);

    page.title.textContent = title;
    page.list.append(...answer.orders.map(rowOf));
    page.empty.hidden = answer.orders.length > 0;
    addPager(page, query, answer.next_cursor);
    page.filter.value = query.get('status') ?? '';
    page.filter.addEventListener('change', () => {
        location.hash = addressWith(query, {
            status: page.filter.value,
            cursor: null,
        });
    });
    page.form.hidden = !session()?.isAdmin;
    onSubmit(page.form, page.problem, async ({ number }) => {
        if (number.trim()) await lookUp(number, signal);
        else tell(page.problem, 'Which number?');
    });
    return { root: page.root, title };
}
