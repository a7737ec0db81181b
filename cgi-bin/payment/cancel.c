/*
 * POST /api/cancel-payment: makes sure that what was begun to pay an order
 * can't succeed any more, before the order is Cancelled.
 *
 * Who     the order service
 * In      order_id  an id
 * Out     200 {"order_id", "cancelled": true}, also where nothing was begun
 *         409 too late: it is paid, its outcome is open, or somebody is just
 *             paying it
 *         503 the outcome of an attempt can't be found out now
 * Again   the same
 */
#include "payment_json.h"

#include "payment/cancellation.h"

struct wanted {
    const char *order_id;
};

static const struct field fields[] = {
    FIELD_ID(struct wanted, order_id, REQUIRED),
    FIELD_END,
};

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct wanted wanted = { 0 };
    struct writer *writer;
    enum err err;

    if ((err = request_fields(cx, request, &wanted)))
        return err;
    if ((err = cancellation_prepare(cx, payment_store(), wanted.order_id)))
        return err;
    writer = reply_json(reply, HTTP_OK);
    writer_object(writer, NULL);
    writer_text(writer, "order_id", wanted.order_id);
    writer_bool(writer, "cancelled", true);
    writer_object_end(writer);
    return OK;
}

static const struct app app = {
    .name = "payment-cancel",
    .method = "POST",
    .path = "/api/cancel-payment",
    .callers = SERVICE,
    .body_max = 4 * KIB,
    .fields = fields,
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
