// The paper beside the form: what the till would print.

import { tell, view, writeTime } from './dom.js';
import { isZero, show } from './money.js';

const stamps = {
    Paid: 'Paid',
    PartiallyRefunded: 'Partly refunded',
    Refunded: 'Refunded',
    Cancelled: 'Cancelled',
    Expired: 'Expired',
};

/**
 * A slip of this shop's: its node, and write(order, refunded). An order that
 * is only being thought of has no id yet, and may lack anything else.
 */
export function slip(shop) {
    const page = view('slip');
    const node = page.root.firstElementChild;

    function write(order, refunded) {
        const { price, total, currency } = order;
        const isRefunded = refunded && !isZero(refunded);

        page.product.textContent = order.product_name || '…';
        page.each.textContent =
            price && `${order.quantity} × ${show(price, currency)}`;
        page.total.textContent = total ? show(total, currency) : '–';
        page.refund.hidden = !isRefunded;
        if (isRefunded)
            page.refunded.textContent = `−${show(refunded, currency)}`;
        if (order.created_at) writeTime(page.time, order.created_at);
        tell(page.id, order.id && `No. ${order.id}`);
        tell(page.stamp, stamps[order.status]);
        node.dataset.status = order.status ?? '';
    }

    page.shop.textContent = shop.name;
    return { node, write };
}
