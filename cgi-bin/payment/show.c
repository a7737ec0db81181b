/*
 * GET /api/payment/{order_id}: an order's payment, and what was tried. Asks
 * Stripe again while it isn't final, once in two seconds however many look.
 *
 * Who     the order's owner, an admin, a service
 * Out     200 the payment with its attempts and refunds, newest last, and
 *             its ETag
 *         400 the id is malformed
 *         404 the order has no payment yet, or is somebody else's
 */
#include "payment_json.h"

static void
write_attempts(struct writer *writer, const struct payment *payment)
{
    writer_array(writer, "attempts");
    for (size_t i = 0; i < payment->attempt_count; i++) {
        const struct attempt *attempt = &payment->attempts[i];

        writer_object(writer, NULL);
        writer_int(writer, "number", attempt->number);
        writer_text(writer, "status", payment_state_name(attempt->state));
        writer_text(writer, "message", attempt->message);
        writer_time(writer, "submitted_at", attempt->submitted_at);
        writer_object_end(writer);
    }
    writer_array_end(writer);
}

static void
write_refunds(struct ctx *cx, struct writer *writer,
              const struct payment *payment)
{
    writer_array(writer, "refunds");
    for (size_t i = 0; i < payment->refund_count; i++)
        payment_write_refund(cx, writer, NULL, payment, &payment->refunds[i]);
    writer_array_end(writer);
}

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    const struct payment *payment;
    struct writer *writer;
    const char *id;
    enum err err;

    if ((err = request_id(cx, request, &id)))
        return err;
    if ((err = checkout_look(cx, payment_store(), id, &payment)))
        return err;
    reply_etag(cx, reply, payment->version);
    writer = reply_json(reply, HTTP_OK);
    writer_object(writer, NULL);
    payment_write_head(writer, payment);
    writer_text(writer, "status", payment_state_name(payment->state));
    write_attempts(writer, payment);
    write_refunds(cx, writer, payment);
    writer_time(writer, "created_at", payment->created_at);
    writer_time(writer, "updated_at", payment->updated_at);
    writer_object_end(writer);
    return OK;
}

static const struct app app = {
    .name = "payment-show",
    .method = "GET",
    .path = "/api/payment/{order_id}",
    .callers = CUSTOMER | ADMIN | SERVICE,
    .waits = true,
    .open = payment_open,
    .handle = handle,
    .close = payment_store_close,
};

int
main(void)
{
    return app_run(&app);
}
