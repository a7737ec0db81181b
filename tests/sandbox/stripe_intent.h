/*
 * PaymentIntents. The statuses and their moves are those of
 * docs.stripe.com/payments/paymentintents/lifecycle.
 */
#ifndef SANDBOX_STRIPE_INTENT_H
#define SANDBOX_STRIPE_INTENT_H

#include "stripe.h"

/*
 * Tries to charge an intent with the call's payment_method, else its own.
 * Returns like a handler; the intent is stored.
 */
bool intent_attempt(struct stripe_call *call, cJSON *intent);

/*
 * What the customer or the bank does outside of the API: ends requires_action
 * and processing. Returns what stands against it, NULL: done.
 */
const char *intent_finish(struct pool *pool, cJSON *intent, bool is_successful);

/* Stores an intent that has moved, and makes the event of its new status. */
void intent_keep(struct pool *pool, const cJSON *intent);

/* payment_intent_unexpected_state, with the intent inside; always true. */
bool intent_refuse(struct stripe_call *call, const cJSON *intent,
                   const char *message);

/* The intent of the path; NULL after the 404. */
cJSON *intent_get(struct stripe_call *call);

#endif
