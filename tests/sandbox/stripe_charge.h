/* Charges: one for each attempt at a PaymentIntent, failed ones included. */
#ifndef SANDBOX_STRIPE_CHARGE_H
#define SANDBOX_STRIPE_CHARGE_H

#include "stripe_method.h"

/*
 * Keeps a charge for the intent and makes it its latest_charge; returns its
 * id. A declined one carries the code and the message of `declined`, which
 * is NULL otherwise; status is succeeded, pending or failed.
 */
const char *charge_new(struct pool *pool, cJSON *intent, const char *method,
                       const char *status, const struct instrument *declined);

/* A pending charge has come to its end. */
void charge_settle(struct pool *pool, const char *id, const char *status);

void charge_capture(struct pool *pool, const char *id, long long amount);

#endif
