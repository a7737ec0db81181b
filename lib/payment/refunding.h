/*
 * Giving money back, under the payment's lease (settlement.h): asked for by an
 * admin, made in Stripe's dashboard, or because an order was cancelled before
 * its payment succeeded.
 */
#ifndef TILL_REFUNDING_H
#define TILL_REFUNDING_H

#include "payment/refund.h"
#include "payment/settlement.h"

/* What an admin asks for. */
struct refund_wish {
    const char *order_id;
    const char *amount; /* decimal, in major units; NULL: all that is left */
};

/*
 * Refunds. The refund's state tells how far it is: what isn't known yet is
 * settled by a worker. The same request again (by its Idempotency-Key) is the
 * same refund.
 *
 * ERR_NOT_FOUND: the order has no payment. ERR_INVALID: more than is left.
 * ERR_CONFLICT: there is nothing to give back, or Stripe refuses.
 */
enum err refunding_ask(struct ctx *cx, struct payment_store *store,
                       const struct refund_wish *wish,
                       const struct payment **ret_payment,
                       const struct refund **ret_refund);

/*
 * Does all that is open: returns a payment whose order didn't become Paid,
 * settles doubtful refunds with their own keys, tells the order and the
 * customer. What can't be done yet stays to be done.
 */
void refunding_carry_out(struct ctx *cx, struct settlement *work);

/*
 * Tells the order and the customer of the refunds that succeeded. Whom it
 * can't reach stays to be told.
 */
void refunding_tell(struct ctx *cx, struct settlement *work);

/* Takes in what Stripe has of refunds, also those made in its dashboard. */
enum err refunding_hear(struct ctx *cx, struct settlement *work);

#endif
