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

/* Ids of orders, oldest last; and where the next page begins, or NULL. */
struct remote_order_page {
    const char *ids[100];
    size_t count;
    const char *next;
};

/*
 * The orders of all users that are Pending and were made before the time
 * (milliseconds), newest first; `from` is the page before's next, or NULL.
 */
enum err order_client_list_pending(struct ctx *cx, const char *as,
                                   int64_t before, const char *from,
                                   struct remote_order_page *ret_page);

/*
 * Sets the order "Paid", "PartiallyRefunded" or "Refunded" by this payment, or
 * "Expired" (payment_id is NULL); the same again changes nothing. ERR_CONFLICT:
 * its status doesn't allow it any more (Cancelled, Expired), or another payment
 * has paid it.
 */
enum err order_client_set_status(struct ctx *cx, const char *as, const char *id,
                                 const char *status, const char *payment_id);

#endif
