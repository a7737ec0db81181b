// One order: what it costs, how far it is, and what can be done about it. It
// looks again and again while something may still happen by itself.

import { call, Problem } from './api.js';
import { pause, say, tell, view } from './dom.js';
import { bankPanel, payPanel } from './pay.js';
import { refundedOf, refundPanel } from './refund.js';
import { session } from './session.js';
import { slip } from './slip.js';

// Milliseconds between two looks: at what is under way, at what only rests.
const SOON = 1000;
const LATER = 3000;

// How long a browser that has paid with Stripe waits for the server to hear.
const HOLD = 30_000;

// of a payment that nothing is under way of
const idle = ['Created', 'Failed', 'Rejected', 'Canceled'];

// of an order that can be refunded, or was
const refundable = ['Paid', 'PartiallyRefunded', 'Refunded'];

/** What can be done, or has to be waited for; else the order's status. */
function phaseOf({ order, payment, heldUntil }) {
    if (order.status !== 'Pending') return order.status;
    if (!payment || idle.includes(payment.status))
        return heldUntil > Date.now() ? 'wait' : 'pay';
    return payment.status === 'RequiresAction' ? 'bank' : 'wait';
}

// what its customer reads, and whoever else may see it
const texts = {
    pay: [
        'Ready to pay',
        'You can come back to this page later.',
        'Not paid yet',
    ],
    bank: [
        'Your bank asks',
        'It wants you to confirm this payment. Nothing is charged before.',
        'Not paid yet',
    ],
    wait: [
        'One moment',
        'Your payment is on its way. This page will tell.',
        'Being paid',
    ],
    Paid: ['Paid. Thank you!', 'Your receipt is on its way.', 'Paid'],
    PartiallyRefunded: [
        'Partly refunded',
        'A part of your money is on its way back.',
    ],
    Refunded: ['Refunded', 'Your money is on its way back.'],
    Cancelled: ['Cancelled', 'This order can’t be paid any more.'],
    Expired: ['Expired', 'This order wasn’t paid in time.'],
};

/** An object, the one that is known where it hasn't changed; null: none. */
async function look(path, known, signal) {
    try {
        const etag = known?.etag;

        return (await call('GET', path, { etag, signal })) ?? known;
    } catch (error) {
        if (error instanceof Problem && error.status === 404) return null;
        throw error;
    }
}

/** The payment first: a look at it makes the server ask Stripe. */
async function load(id, known, signal) {
    const payment = await look(`/api/payment/${id}`, known?.payment, signal);
    const order = await look(`/api/order/${id}`, known?.order, signal);

    return { payment, order };
}

/** What the last attempt to pay came to, if to nothing. */
function noticeOf(payment) {
    return payment?.status === 'Failed'
        ? (payment.attempts.at(-1)?.message ?? '')
        : '';
}

/** Until the receipt is out, or has not been for long. */
async function followReceipt(node, order, signal) {
    const path = `/api/notification/receipt_${order.id}`;
    const user = await call('GET', `/api/user/${order.user_id}`, { signal });

    for (let i = 0; i < 30; i++) {
        const mail = await look(path, null, signal);

        if (mail?.status === 'Sent') {
            tell(node, `The receipt went to ${user.email}.`);
            return;
        }
        await pause(SOON, signal);
    }
}

function onCancel(page, { order, signal, refresh }) {
    page.cancel.addEventListener('click', () => page.dialog.showModal());
    page.keep.addEventListener('click', () => page.dialog.close());
    page.confirm.addEventListener('click', async () => {
        page.dialog.close();
        page.cancel.disabled = true;
        tell(page.problem, '');
        try {
            // a second time does nothing
            await call('PATCH', `/api/order/${order.id}`, {
                body: { status: 'Cancelled' },
                signal,
            });
            await refresh();
        } catch (error) {
            if (!signal.aborted) tell(page.problem, error.message);
        } finally {
            page.cancel.disabled = false;
        }
    });
}

class OrderPage {
    constructor({ shop, signal }, state) {
        this.state = state;
        this.isOwn = state.order.user_id === session()?.userId;
        this.page = view('order');
        this.paper = slip(shop);
        this.page.slip.append(this.paper.node);
        if (!this.isOwn) {
            this.page.back.textContent = 'Orders of this customer';
            this.page.back.href = `#/orders?user=${state.order.user_id}`;
        }
        this.context = {
            order: state.order,
            shop,
            signal,
            refresh: () => this.refresh(),
            hold: () => this.hold(),
        };
        onCancel(this.page, this.context);
        this.paint();
    }

    paint() {
        const { order, payment } = this.state;
        const phase = phaseOf(this.state);

        this.paper.write(order, refundedOf(payment));
        this.page.cancel.hidden = !['pay', 'bank'].includes(phase);
        this.page.onward.hidden = !this.isOwn || order.status === 'Pending';
        if (phase !== this.phase) this.enter(phase);
        if (payment) this.refund?.write(payment);
    }

    enter(phase) {
        const { title, panel } = this.page;
        const hadFocus = panel.contains(document.activeElement);

        this.writeTitle(phase);
        panel.replaceChildren(...this.panelsOf(phase));
        if (phase === 'Paid') this.follow();
        if (refundable.includes(phase) && session()?.isAdmin) this.addRefund();
        if (this.phase) say(title.textContent);
        if (hadFocus) title.focus({ preventScroll: true });
        this.phase = phase;
    }

    writeTitle(phase) {
        const [own, lead, other] = texts[phase] ?? [phase, ''];

        this.page.title.textContent = this.isOwn ? own : (other ?? own);
        tell(this.page.lead, this.isOwn ? lead : '');
    }

    panelsOf(phase) {
        const context = {
            ...this.context,
            notice: noticeOf(this.state.payment),
        };

        if (phase === 'wait') return [view('wait').root];
        if (!this.isOwn) return [];
        if (phase === 'pay') return [payPanel(context)];
        if (phase === 'bank') return [bankPanel(context), payPanel(context)];
        return [];
    }

    addRefund() {
        if (this.refund) return;
        this.refund = refundPanel(this.context);
        this.page.admin.append(this.refund.root);
    }

    // what can't be found out about the mail is no fault of the order's
    follow() {
        const { signal } = this.context;

        followReceipt(this.page.lead, this.state.order, signal).catch(() => {});
    }

    /** The browser has paid with Stripe; the server will hear of it. */
    async hold() {
        this.heldUntil = Date.now() + HOLD;
        await this.refresh();
    }

    /** Of two looks at once the later one counts. */
    async refresh() {
        const { order, signal } = this.context;
        const ticket = (this.ticket = (this.ticket ?? 0) + 1);
        const state = await load(order.id, this.state, signal);

        if (ticket !== this.ticket || !state.order) return;
        this.state = { ...state, heldUntil: this.heldUntil };
        this.paint();
    }

    /** What may still change by itself; a look that fails is made again. */
    async watch() {
        const { signal } = this.context;

        for (;;) {
            const isRefunding = this.state.payment?.refunds.some(
                (refund) => refund.status === 'Processing',
            );
            const isMoving =
                isRefunding || ['bank', 'wait'].includes(this.phase);

            await pause(isMoving ? SOON : LATER, signal);
            if (document.hidden || !(isMoving || this.phase === 'pay'))
                continue;
            await this.refresh().catch((error) => {
                if (signal.aborted) throw error;
            });
        }
    }
}

export async function orderPage(context) {
    const state = await load(context.id, null, context.signal);

    if (!state.order)
        throw new Problem(404, { detail: 'There is no such order.' });
    const page = new OrderPage(context, state);

    page.watch().catch((error) => {
        if (!context.signal.aborted) throw error;
    });
    return { root: page.page.root, title: 'Order' };
}
