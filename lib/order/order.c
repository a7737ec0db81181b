#include "order/order.h"

#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/id.h"
#include "peer/payment_client.h"

static const char *const status_names[] = {
    [PENDING] = "Pending",
    [PAID] = "Paid",
    [CANCELLED] = "Cancelled",
    [EXPIRED] = "Expired",
    [PARTIALLY_REFUNDED] = "PartiallyRefunded",
    [REFUNDED] = "Refunded",
};

enum { STATUSES = sizeof status_names / sizeof *status_names };

/* How often a change that was overtaken is decided anew. */
enum { TRIES = 8 };

/* The service that alone may say that money has moved. */
#define PAYMENT_SERVICE "payment"

/*
 * The one table of moves. What isn't here is ERR_CONFLICT; from a status to
 * itself is success without effect.
 */
static const struct move {
    enum order_status from, to;
    unsigned callers; /* who may ask for it; SERVICE: the payment service */
} moves[] = {
    { PENDING, PAID, SERVICE },
    { PENDING, CANCELLED, CUSTOMER | ADMIN | SERVICE },
    { PENDING, EXPIRED, SERVICE },
    { PAID, PARTIALLY_REFUNDED, SERVICE },
    { PAID, REFUNDED, SERVICE },
    { PARTIALLY_REFUNDED, REFUNDED, SERVICE },
};

const char *
order_status_name(enum order_status status)
{
    return status_names[status];
}

bool
order_status_named(const char *name, enum order_status *ret_status)
{
    for (int i = 0; i < STATUSES; i++) {
        if (!strcmp(status_names[i], name)) {
            *ret_status = (enum order_status)i;
            return true;
        }
    }
    return false;
}

enum err
order_create(struct ctx *cx, struct order_store *store,
             const struct order_draft *draft, struct order **ret_order)
{
    struct order *order = arena_new(cx->arena, struct order);
    const char *currency =
        draft->currency ? draft->currency : config_required(SETTING_CURRENCY);
    enum err err;

    order->user_id = draft->user_id ? draft->user_id : cx->caller.id;
    if (!caller_is(cx, order->user_id) && !caller_has(cx, ADMIN))
        return fail(cx, ERR_NOT_FOUND, "there is no such user");
    if ((err =
             money_parse(cx, "/price", draft->price, currency, &order->price)))
        return err;
    if ((err = money_multiply(cx, "/price", order->price, draft->quantity,
                              &order->total)))
        return err;
    order->id = cx->object_id ? cx->object_id : id_new(cx->arena);
    order->product_name = draft->product_name;
    order->quantity = draft->quantity;
    order->status = PENDING;
    order->version = 1;
    order->created_at = order->updated_at = clock_now();
    err = store->insert(cx, store, order);
    if (err == ERR_CONFLICT && cx->object_id) {
        /* an earlier request with this key has made it */
        ctx_forgive(cx);
        return store->get(cx, store, order->id, ret_order);
    }
    if (!err)
        *ret_order = order;
    return err;
}

enum err
order_get(struct ctx *cx, struct order_store *store, const char *id,
          struct order **ret_order)
{
    struct order *order;
    enum err err;

    if ((err = store->get(cx, store, id, &order)))
        return err;
    /* what is somebody else's looks like what isn't there */
    if (!caller_is(cx, order->user_id) && !caller_has(cx, ADMIN | SERVICE))
        return fail(cx, ERR_NOT_FOUND, "there is no such object");
    *ret_order = order;
    return OK;
}

enum err
order_list(struct ctx *cx, struct order_store *store, const char *user_id,
           const struct order_query *query, struct order_page *ret_page)
{
    if (!user_id && !caller_has(cx, SERVICE))
        user_id = cx->caller.id;
    if (user_id && !caller_is(cx, user_id) && !caller_has(cx, ADMIN | SERVICE))
        return fail(cx, ERR_NOT_FOUND, "there is no such user");
    if (!user_id && query->status != PENDING)
        return fail_field(cx, "/user_id", "is missing");
    return store->list(cx, store, user_id, query, ret_page);
}

static bool
is_payment_service(const struct ctx *cx)
{
    return caller_has(cx, SERVICE) && !strcmp(cx->caller.id, PAYMENT_SERVICE);
}

/* Whether the table has the move, and for this caller. */
static enum err
check_move(struct ctx *cx, const struct order *order, enum order_status to)
{
    for (size_t i = 0; i < sizeof moves / sizeof *moves; i++) {
        if (moves[i].from != order->status || moves[i].to != to)
            continue;
        if (!caller_has(cx, moves[i].callers) ||
            (caller_has(cx, SERVICE) && !is_payment_service(cx)))
            return fail(cx, ERR_FORBIDDEN, "you may not set an order %s",
                        order_status_name(to));
        return OK;
    }
    return fail(cx, ERR_CONFLICT, "an order that is %s can't become %s",
                order_status_name(order->status), order_status_name(to));
}

/* The same status again is no change; but Paid by another payment is wrong. */
static enum err
check_repeat(struct ctx *cx, const struct order *order,
             const struct order_change *change)
{
    if (change->payment_id && order->payment_id &&
        strcmp(change->payment_id, order->payment_id) != 0)
        return fail(cx, ERR_CONFLICT, "another payment has done this already");
    return OK;
}

/* Who may say which payment it was, and when it must be said. */
static enum err
check_payment_id(struct ctx *cx, const struct order_change *change,
                 enum order_status to)
{
    if (change->payment_id && !is_payment_service(cx))
        return fail(cx, ERR_FORBIDDEN, "you may not set payment_id");
    if (to == PAID && is_payment_service(cx) && !change->payment_id)
        return fail_field(cx, "/payment_id", "is missing");
    return OK;
}

enum err
order_cancel_payment(struct ctx *cx, const char *order_id)
{
    return payment_client_cancel(cx, "order", order_id);
}

/*
 * A customer who cancels must not be charged afterwards. Should the order not
 * get Cancelled after this, it can still be paid, by a new intent.
 */
static enum err
prepare_move(struct ctx *cx, const struct order *order, enum order_status to,
             const struct order_guard *guard)
{
    if (to != CANCELLED || is_payment_service(cx) || !guard->cancel_payment)
        return OK;
    return guard->cancel_payment(cx, order->id);
}

/* ret_is_overtaken: somebody has changed it since it was read. */
static enum err
try_change(struct ctx *cx, struct order_store *store, struct order *order,
           const struct order_change *change, enum order_status to,
           const struct order_guard *guard, bool *ret_is_overtaken)
{
    enum err err;

    *ret_is_overtaken = false;
    if (guard->may_change &&
        (err = guard->may_change(cx, order->version, guard->arg)))
        return err;
    if ((err = check_payment_id(cx, change, to)))
        return err;
    if (order->status == to)
        return check_repeat(cx, order, change);
    if ((err = check_move(cx, order, to)) ||
        (err = prepare_move(cx, order, to, guard)))
        return err;
    order->status = to;
    if (change->payment_id)
        order->payment_id = change->payment_id;
    order->updated_at = clock_now();
    err = store->update(cx, store, order);
    *ret_is_overtaken = err == ERR_CONFLICT;
    order->version += !err;
    return err;
}

enum err
order_change(struct ctx *cx, struct order_store *store, const char *id,
             const struct order_change *change, const struct order_guard *guard,
             struct order **ret_order)
{
    bool is_overtaken = true;
    enum order_status to;
    struct order *order;
    enum err err = OK;

    if (!order_status_named(change->status, &to))
        return fail_field(cx, "/status", "is not a status of an order");
    for (int i = 0; i < TRIES && is_overtaken; i++) {
        ctx_forgive(cx); /* of the try before */
        if ((err = order_get(cx, store, id, &order)))
            return err;
        err = try_change(cx, store, order, change, to, guard, &is_overtaken);
    }
    if (!err)
        *ret_order = order;
    return err;
}
