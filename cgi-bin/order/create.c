/*
 * POST /api/order: orders something.
 *
 * Who     a customer for himself, an admin for anyone
 * In      product_name  text, 1 to 200 characters
 *         quantity      integer, 1 to 1,000,000
 *         price         of one piece, in major units: 1000, 19.99 or "19.99";
 *                       no more decimals than the currency has
 *         currency      ISO 4217, lower case; left out: CURRENCY
 *         user_id       left out: the caller
 * Out     201 the order, "Pending", with its Location and ETag
 *         404 user_id is not the caller's
 *         422 a field is missing, unknown, repeated or out of range; the
 *             total overflows
 * Again   with the same Idempotency-Key and body: the same answer, and no
 *         second order, for a day; with another body 422. Without the header
 *         a second call makes a second order
 */
#include "base/stop.h"
#include "order_json.h"

static const struct field fields[] = {
    FIELD_TEXT(struct order_draft, product_name, REQUIRED, 1, 200),
    FIELD_INT(struct order_draft, quantity, REQUIRED, 1, 1000000),
    FIELD_DECIMAL(struct order_draft, price, REQUIRED),
    FIELD_CURRENCY(struct order_draft, currency, OPTIONAL),
    FIELD_ID(struct order_draft, user_id, OPTIONAL),
    FIELD_END,
};

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct order_draft draft = { 0 };
    struct order *order;
    enum err err;

    if ((err = request_fields(cx, request, &draft)))
        return err;
    if ((err = order_create(cx, order_store(), &draft, &order)))
        return err;
    reply_location(reply, "/api/order/", order->id);
    return order_reply(cx, reply, HTTP_CREATED, order);
}

static enum err
open_store(struct ctx *cx, struct db **ret_db)
{
    const char *currency = config_required(SETTING_CURRENCY);

    if (!money_is_currency(currency))
        die("CURRENCY is \"%s\", which can't be charged: use one as \"usd\"",
            currency);
    return order_store_open(cx, ret_db);
}

static const struct app app = {
    .name = "order-create",
    .method = "POST",
    .path = "/api/order",
    .callers = CUSTOMER | ADMIN,
    .body_max = 16 * KIB,
    .fields = fields,
    .is_idempotent = true,
    .open = open_store,
    .handle = handle,
    .close = order_store_close,
};

int
main(void)
{
    return app_run(&app);
}
