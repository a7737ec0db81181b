/*
 * POST /api/pay-order: pays an order.
 *
 * Who     the order's owner, an admin
 * In      order_id        an id
 *         payment_method  Stripe's id of one, "pm_..."; left out:
 *                         STRIPE_DEFAULT_PAYMENT_METHOD where it is set, else
 *                         the browser names it to Stripe
 *         return_url      http or https: where the bank's page sends the
 *                         customer afterwards; left out: Stripe.js shows it
 *         confirm         false: only make the PaymentIntent, the browser
 *                         confirms it with Stripe.js
 * Out     200 Paid: the order is Paid, by this payment
 *         201 RequiresPaymentMethod: client_secret is for Stripe.js
 *         202 RequiresAction: the bank asks the customer, with client_secret
 *             for Stripe.js or, after a return_url, redirect_url, the page
 *             that the browser has to go to;
 *             Processing: Stripe has it, the outcome follows
 *         402 declined; the order stays payable
 *         404 there is no such order, or it is somebody else's
 *         409 the order can't be paid any more, or is being paid right now
 *         422 a field is wrong, or the payment method can't be used
 *         503 the outcome isn't known yet; ask again
 * Again   an order that is Paid answers with the payment that paid it; one
 *         whose outcome isn't known is settled first. No call charges twice.
 *         With the same Idempotency-Key and body a 2xx or 402 is repeated for
 *         a day, and nothing is tried; with another body 422; 409 while the
 *         first is running.
 */
#include "payment_json.h"

static const struct field fields[] = {
    FIELD_ID(struct checkout, order_id, REQUIRED),
    FIELD_TEXT(struct checkout, payment_method, OPTIONAL, 1, 255),
    FIELD_TEXT(struct checkout, return_url, OPTIONAL, 1, 2048),
    { "confirm", FIELD_KIND_BOOL, OPTIONAL,
      offsetof(struct checkout, is_confirmed), 0, 0 },
    FIELD_END,
};

/* What the client is told, by the payment's state. */
static const char *
outcome_of(const struct payment *payment, int *ret_status)
{
    *ret_status = HTTP_ACCEPTED;
    switch (payment->state) {
    case PAYMENT_SUCCEEDED:
        if (payment->effects[EFFECT_MARK_PAID] != EFFECT_DONE)
            return "Processing"; /* charged; the order service is away */
        *ret_status = HTTP_OK;
        return "Paid";
    case PAYMENT_REQUIRES_ACTION:
        return "RequiresAction";
    case PAYMENT_CREATED:
    case PAYMENT_REJECTED:
    case PAYMENT_FAILED:
        *ret_status = HTTP_CREATED;
        return "RequiresPaymentMethod";
    case PAYMENT_SUBMITTED:
    case PAYMENT_UNKNOWN:
    case PAYMENT_PROCESSING:
    case PAYMENT_CANCELED:
        break;
    }
    return "Processing";
}

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct checkout checkout = { .is_confirmed = 1 };
    struct checkout_result result;
    struct writer *writer;
    const char *outcome;
    enum err err;
    int status;

    if ((err = request_fields(cx, request, &checkout)))
        return err;
    if ((err = checkout_pay(cx, payment_store(), &checkout, &result)))
        return err;
    outcome = outcome_of(result.payment, &status);
    writer = reply_json(reply, status);
    writer_object(writer, NULL);
    payment_write_head(writer, result.payment);
    writer_text(writer, "status", outcome);
    if (result.client_secret && result.payment->state != PAYMENT_SUCCEEDED)
        writer_text(writer, "client_secret", result.client_secret);
    if (result.redirect_url && result.payment->state == PAYMENT_REQUIRES_ACTION)
        writer_text(writer, "redirect_url", result.redirect_url);
    writer_object_end(writer);
    if (status == HTTP_CREATED)
        reply_location(reply, "/api/payment/", result.payment->order_id);
    return OK;
}

static const struct app app = {
    .name = "payment-pay",
    .method = "POST",
    .path = "/api/pay-order",
    .callers = CUSTOMER | ADMIN,
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
