/* Refunds: whole, in parts, at once or after days (docs.stripe.com/refunds). */
#ifndef SANDBOX_STRIPE_REFUND_H
#define SANDBOX_STRIPE_REFUND_H

#include "stripe.h"

/*
 * The charge that the call's `charge` or `payment_intent` names, one that
 * took money; NULL when there is none, and then the call holds Stripe's
 * error. *ret_is_kept is what the handler has to return for it.
 */
cJSON *refund_charge(struct stripe_call *call, bool *ret_is_kept);

/*
 * The bank's word on a refund. Returns what stands against it, NULL: done.
 * A refund that has succeeded may still fail, as at Stripe.
 */
const char *refund_settle(struct pool *pool, cJSON *refund, bool is_successful);

/*
 * Settles the refunds whose time has come: those of pm_card_pendingRefund and
 * pm_card_refundFail, half a minute after they were made. Returns when the
 * next one is due, in milliseconds of the sandbox's clock; 0: none.
 */
long long refunds_ripen(struct pool *pool);

#endif
