/*
 * Stripe's test payment methods (docs.stripe.com/testing): what each of the
 * well-known names does when it is charged.
 */
#ifndef SANDBOX_STRIPE_METHOD_H
#define SANDBOX_STRIPE_METHOD_H

#include "stripe.h"

enum outcome {
    OUTCOME_PAID,
    OUTCOME_DECLINED,
    OUTCOME_ACTION,    /* 3-D Secure, whatever was set up before */
    OUTCOME_PROCESSING /* a bank takes days */
};

/* What comes of a payment after it. */
enum aftermath {
    AFTERMATH_NONE,
    AFTERMATH_DISPUTE,        /* the holder disputes it at once */
    AFTERMATH_REFUND_PENDING, /* a refund is pending, and succeeds later */
    AFTERMATH_REFUND_FAILS    /* a refund succeeds, and fails later */
};

struct instrument {
    const char *name;
    const char *type; /* card, us_bank_account */
    const char *brand, *last4;
    enum outcome outcome;
    const char *code, *decline_code, *message; /* of a decline */
    enum aftermath aftermath;
};

/*
 * The PaymentMethod that an id or a test name stands for; a name makes a new
 * one each time, as at Stripe. NULL after stripe_missing().
 */
cJSON *method_resolve(struct stripe_call *call, const char *id,
                      const struct instrument **ret_instrument);

/*
 * A PaymentMethod without a customer can be charged once, declined or not:
 * from now on method_resolve() refuses it.
 */
void method_use(struct pool *pool, const char *id);

/* NULL: there is none of this id. Used ones are found, too. */
cJSON *method_get(struct pool *pool, const char *id,
                  const struct instrument **ret_instrument);

#endif
