/*
 * POST /api/refund: gives back what was paid, whole or in part.
 *
 * Who     an admin
 * In      order_id  an id
 *         amount    in major units, 19.99 or "19.99"; left out: all that is
 *                   left
 * Out     200 Succeeded: Stripe has given it back; the order is Refunded or
 *             PartiallyRefunded, the customer gets a mail
 *         202 Processing: it is kept and goes on by itself
 *         404 the order has no payment
 *         409 it wasn't paid, all of it was refunded, or Stripe refuses
 *         422 amount is more than is left, or a field is wrong
 *         503 nothing was refunded; ask again
 * Again   a second call is a second refund, unless both carry the same
 *         Idempotency-Key
 */
#include "payment_json.h"

#include "payment/refunding.h"

static const struct field fields[] = {
    FIELD_ID(struct refund_wish, order_id, REQUIRED),
    FIELD_DECIMAL(struct refund_wish, amount, OPTIONAL),
    FIELD_END,
};

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct refund_wish wish = { 0 };
    const struct payment *payment;
    const struct refund *refund;
    int status;
    enum err err;

    if ((err = request_fields(cx, request, &wish)))
        return err;
    if ((err = refunding_ask(cx, payment_store(), &wish, &payment, &refund)))
        return err;
    if (refund->state == REFUND_FAILED)
        return fail(cx, ERR_CONFLICT, "Stripe refused the refund: %s",
                    refund->message ? refund->message : "no reason given");
    status = refund->state == REFUND_SUCCEEDED ? HTTP_OK : HTTP_ACCEPTED;
    payment_write_refund(cx, reply_json(reply, status), NULL, payment, refund);
    return OK;
}

static const struct app app = {
    .name = "payment-refund",
    .method = "POST",
    .path = "/api/refund",
    .callers = ADMIN,
    .body_max = 4 * KIB,
    .fields = fields,
    .waits = true,
    .is_idempotent = true,
    .open = payment_open,
    .handle = handle,
    .close = payment_store_close,
};

int
main(void)
{
    return app_run(&app);
}
