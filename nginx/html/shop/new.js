// A new order, with the slip that shows what it comes to.

import { callOnce } from './api.js';
import { tell, view } from './dom.js';
import { onSubmit } from './form.js';
import { multiply, show, typed } from './money.js';
import { slip } from './slip.js';

// As the API wants it: what is empty is left out, and so named as missing; a
// quantity is a number where it is one.
function orderOf(values, shop) {
    const order = {};

    if (values.product_name) order.product_name = values.product_name;
    if (values.quantity.trim())
        order.quantity = /^\d{1,9}$/.test(values.quantity.trim())
            ? Number(values.quantity)
            : values.quantity;
    if (values.price.trim()) order.price = typed(values.price, shop.decimals);
    return order;
}

export function newPage({ shop, signal }) {
    const page = view('new');
    const paper = slip(shop);

    function preview() {
        const values = Object.fromEntries(new FormData(page.form));
        const order = orderOf(values, shop);
        const quantity = String(order.quantity ?? '');
        const price = multiply(order.price ?? '', '1', shop.decimals);
        const total = multiply(order.price ?? '', quantity, shop.decimals);

        paper.write({
            ...order,
            currency: shop.currency,
            price: total && price,
            total,
        });
        page.button.textContent = total
            ? `Order for ${show(total, shop.currency)}`
            : 'Order';
    }

    page.currency.textContent = shop.currency.toUpperCase();
    page.slip.append(paper.node);
    page.form.addEventListener('input', preview);
    preview();
    onSubmit(page.form, page.problem, async (values) => {
        const order = await callOnce('/api/order', orderOf(values, shop), {
            signal,
            onOpen: () =>
                tell(
                    page.problem,
                    'No answer yet. Asking again: it is ordered only once.',
                ),
        });

        location.hash = `#/order/${order.id}`;
    });
    return { root: page.root, title: 'Order' };
}
