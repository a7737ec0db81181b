/*
 * GET /api/order/{order_id}: one order.
 *
 * Who     its owner, an admin, a service
 * Out     200 the order, with its ETag; 304 where If-None-Match has it
 *         400 the id is malformed
 *         404 there is none, or it is somebody else's
 */
#include "order_json.h"

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct order *order;
    const char *id;
    enum err err;

    if ((err = request_id(cx, request, &id)))
        return err;
    if ((err = order_get(cx, order_store(), id, &order)))
        return err;
    return order_reply(cx, reply, HTTP_OK, order);
}

static const struct app app = {
    .name = "order-show",
    .method = "GET",
    .path = "/api/order/{order_id}",
    .callers = CUSTOMER | ADMIN | SERVICE,
    .open = order_store_open,
    .handle = handle,
    .close = order_store_close,
};

int
main(void)
{
    return app_run(&app);
}
