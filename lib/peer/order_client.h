/* The order service, as the other services see it. Errors: peer.h. */
#ifndef TILL_ORDER_CLIENT_H
#define TILL_ORDER_CLIENT_H

#include "base/ctx.h"
#include "base/money.h"

/* What others need to know of an order. Lives in cx->arena. */
struct remote_order {
    const char *id, *user_id, *product_name;
    const char *status;     /* "Pending", "Paid", ... */
    const char *payment_id; /* what paid it, or NULL */
    int64_t quantity;
    struct money price, total;
};

/* ERR_NOT_FOUND: there is none. */
enum err order_client_get(struct ctx *cx, const char *as, const char *id,
                          struct remote_order *ret_order);

/*
 * Sets the order "Paid", "PartiallyRefunded" or "Refunded" by this payment;
 * the same again changes nothing. ERR_CONFLICT: its status doesn't allow it
 * any more (Cancelled, Expired), or another payment has paid it.
 */
enum err order_client_set_status(struct ctx *cx, const char *as,
                                 const char *id, const char *status,
                                 const char *payment_id);

#endif
