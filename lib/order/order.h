/* Orders: the rules. Knows no HTTP, no SQL, no JSON. */
#ifndef TILL_ORDER_H
#define TILL_ORDER_H

#include "base/ctx.h"
#include "base/money.h"
#include "order/order_store.h"

enum order_status {
    PENDING,
    PAID,
    CANCELLED,
    EXPIRED,
    PARTIALLY_REFUNDED,
    REFUNDED,
};

struct order {
    const char *id, *user_id, *product_name;
    int64_t quantity;
    struct money price; /* of one piece */
    struct money total;
    enum order_status status;
    const char *payment_id; /* what paid it, or NULL */
    int64_t version;        /* rises with every change; the ETag */
    int64_t created_at, updated_at;
};

/* What a customer asks for. */
struct order_draft {
    const char *product_name;
    int64_t quantity;
    const char *price;    /* decimal, in major units */
    const char *currency; /* NULL: CURRENCY */
    const char *user_id;  /* NULL: the caller */
};

/* What a caller wants changed. */
struct order_change {
    const char *status;     /* "Paid", ... */
    const char *payment_id; /* with Paid and the refunds; else NULL */
};

/* The name as clients see it, "Pending"; and back, false: there is none. */
const char *order_status_name(enum order_status status);
bool order_status_named(const char *name, enum order_status *ret_status);

/*
 * Makes an order, Pending. ERR_INVALID: price or total can't be charged.
 * ERR_NOT_FOUND: it is for somebody else, and the caller isn't an admin.
 */
enum err order_create(struct ctx *cx, struct order_store *store,
                      const struct order_draft *draft,
                      struct order **ret_order);

/* ERR_NOT_FOUND: there is none, or it is somebody else's. */
enum err order_get(struct ctx *cx, struct order_store *store, const char *id,
                   struct order **ret_order);

/*
 * The caller's orders; an admin or a service names whose. user_id NULL: their
 * own, or, for a service, everybody's Pending ones. ERR_NOT_FOUND: somebody
 * else's; ERR_INVALID: everybody's, but not the Pending ones.
 */
enum err order_list(struct ctx *cx, struct order_store *store,
                    const char *user_id, const struct order_query *query,
                    struct order_page *ret_page);

/* What is asked before an order is changed; each may be NULL. */
struct order_guard {
    /* Whether a change of this version may be made (If-Match). */
    enum err (*may_change)(struct ctx *cx, int64_t version, const void *arg);
    const void *arg;

    /*
     * Makes it impossible that what was begun to pay the order succeeds;
     * asked before a customer or an admin gets it Cancelled.
     */
    enum err (*cancel_payment)(struct ctx *cx, const char *order_id);
};

/* order_guard's cancel_payment: asks the payment service (peer.h). */
enum err order_cancel_payment(struct ctx *cx, const char *order_id);

/*
 * Changes an order's status. To the status that it has (and by the same
 * payment): OK without effect, so that whoever lost the answer may ask again.
 *
 * ERR_CONFLICT: the table of moves doesn't have it. ERR_FORBIDDEN: it has,
 * but not for this caller. Else what the guard returned.
 */
enum err order_change(struct ctx *cx, struct order_store *store, const char *id,
                      const struct order_change *change,
                      const struct order_guard *guard,
                      struct order **ret_order);

#endif
