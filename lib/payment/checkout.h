/*
 * Paying an order: asks the order service what it costs, charges through
 * Stripe, and carries out what follows. Whatever is killed or cut off in
 * between, the next call finds what was under way and settles it with the
 * same keys, before anything new is tried.
 */
#ifndef TILL_CHECKOUT_H
#define TILL_CHECKOUT_H

#include "payment/payment_store.h"

/* What a customer asks for. */
struct checkout {
    const char *order_id;
    const char *payment_method; /* NULL: Stripe's default, or the browser's */
    const char *return_url;     /* NULL: the browser shows the bank itself */
    int is_confirmed;           /* 0: the browser will confirm */
};

struct checkout_result {
    const struct payment *payment;
    /* for the owner's browser alone, or NULL; never kept: Stripe.js's, and
       the bank's page, which sends the customer on to return_url */
    const char *client_secret, *redirect_url;
};

/*
 * Pays, or says how far it is: the payment's state tells. At most one call
 * works on an order; the others wait for what comes of it.
 *
 * ERR_NOT_FOUND  there is no such order, or it is somebody else's
 * ERR_CONFLICT   it can't be paid any more; or another call is still at it
 * ERR_DECLINED   the order stays payable
 * ERR_INVALID    the payment method can't be used, or return_url is no URL
 * ERR_UNKNOWN_OUTCOME, ERR_UNAVAILABLE  ask again: nothing is charged twice
 */
enum err checkout_pay(struct ctx *cx, struct payment_store *store,
                      const struct checkout *checkout,
                      struct checkout_result *ret_result);

/*
 * The payment of an order of the caller's, after asking Stripe again where
 * it isn't final, Stripe answers, and no other look of the last two seconds
 * has asked. ERR_NOT_FOUND: there is none.
 */
enum err checkout_look(struct ctx *cx, struct payment_store *store,
                       const char *order_id,
                       const struct payment **ret_payment);

/*
 * Takes up the payment that has been due longest, and settles what can be
 * settled. ret_is_idle: none is due. What can't be settled yet is due again
 * later, and is no error.
 */
enum err checkout_resume(struct ctx *cx, struct payment_store *store,
                         bool *ret_is_idle);

#endif
