/*
 * PATCH /api/order/{order_id}: changes an order's status.
 *
 * Who     its owner or an admin: Cancelled, while it is Pending
 *         the payment service: Paid, PartiallyRefunded, Refunded, Expired,
 *         Cancelled
 * In      status      text
 *         payment_id  text; from the payment service alone, needed with Paid
 *         If-Match    the ETag that the caller has seen; left out: any
 * Out     200 the order as it is now, with its ETag
 *         403 this caller may not set this status
 *         404 there is no such order, or it is somebody else's
 *         409 the order's present status doesn't allow it, or Cancelled comes
 *             too late: it is just being paid
 *         412 it has changed since If-Match
 *         503 Cancelled: the payment service can't be asked, or doesn't say in
 *             time what it did ("outcome-unknown"); the order is as it was
 * Again   the same status again is 200 and does nothing
 */
#include "order_json.h"

static const struct field fields[] = {
    FIELD_TEXT(struct order_change, status, REQUIRED, 1, 32),
    FIELD_TEXT(struct order_change, payment_id, OPTIONAL, 1, 64),
    FIELD_END,
};

static enum err
is_expected(struct ctx *cx, int64_t version, const void *request)
{
    return request_match(cx, request, version);
}

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct order_change change = { 0 };
    struct order_guard guard = { is_expected, request, order_cancel_payment };
    struct order *order;
    const char *id;
    enum err err;

    if ((err = request_id(cx, request, &id)))
        return err;
    if ((err = request_fields(cx, request, &change)))
        return err;
    if ((err = order_change(cx, order_store(), id, &change, &guard, &order)))
        return err;
    return order_reply(cx, reply, HTTP_OK, order);
}

static const struct app app = {
    .name = "order-update",
    .method = "PATCH",
    .path = "/api/order/{order_id}",
    .callers = CUSTOMER | ADMIN | SERVICE,
    .body_max = 4 * KIB,
    .fields = fields,
    .waits = true,
    .open = order_store_open,
    .handle = handle,
    .close = order_store_close,
};

int
main(void)
{
    return app_run(&app);
}
