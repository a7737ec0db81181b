/*
 * Refunds of a payment: their states and what follows from them, without a
 * store and without Stripe. They are part of the payment and kept with it.
 */
#ifndef TILL_REFUND_H
#define TILL_REFUND_H

#include "payment/payment.h"

/* As with payments: SUBMITTED and UNKNOWN are never taken for failures. */
enum refund_state {
    REFUND_SUBMITTED,
    REFUND_UNKNOWN,
    REFUND_PENDING, /* Stripe has it; the bank takes days */
    REFUND_FAILED,
    REFUND_SUCCEEDED,
};

/* What follows from a refund that succeeded. */
enum refund_effect { REFUND_MARK, REFUND_NOTIFY, REFUND_EFFECTS };

struct refund {
    int64_t number;          /* from 1 */
    const char *key;         /* Stripe's Idempotency-Key */
    const char *request_key; /* of the client's request, or NULL */
    int64_t amount;          /* minor units of the payment's currency */
    enum refund_state state;
    const char *stripe_id; /* or NULL: not known yet */
    const char *message;   /* why it failed, or NULL */
    enum effect_state effects[REFUND_EFFECTS];
    int64_t submitted_at;
};

enum { REFUNDS_MAX = 50 };

/* What is known of a refund after asking Stripe. */
struct refund_news {
    const char *stripe_id;
    enum refund_state state;
    const char *message; /* or NULL */
};

/* What can still be refunded, in minor units: what hasn't failed is gone. */
int64_t refund_left(const struct payment *payment);

/* What has been refunded for certain. */
int64_t refund_done(const struct payment *payment);

/* Whether one of them failed. */
bool refund_has_failed(const struct payment *payment);

/*
 * Whether money that came in too late is still to be given back. Once: where
 * that fails, a person must help.
 */
bool refund_is_owed(const struct payment *payment);

/*
 * Adds a refund, SUBMITTED. ERR_CONFLICT: the payment didn't succeed, or
 * REFUNDS_MAX were made; ERR_INVALID for "/amount": more than is left.
 */
enum err refund_begin(struct ctx *cx, struct payment *payment, int64_t amount,
                      const char *request_key, struct refund **ret_refund);

/* Adds one that was made elsewhere, in Stripe's dashboard. */
void refund_adopt(struct ctx *cx, struct payment *payment, int64_t amount,
                  const struct refund_news *news);

/* The refund that this client's request made, but for one that failed. */
struct refund *refund_of_request(const struct payment *payment,
                                 const char *request_key);

struct refund *refund_numbered(const struct payment *payment, int64_t number);
struct refund *refund_with_id(const struct payment *payment,
                              const char *stripe_id);

/*
 * Takes in what Stripe says. Forward only, but for a refund that the bank
 * returned after it had succeeded: that one fails, and needs a person. False:
 * nothing new.
 */
bool refund_learn(struct payment *payment, struct refund *refund,
                  const struct refund_news *news);

/* Whether its outcome is open, or what follows isn't done. */
bool refund_is_open(const struct refund *refund);

const char *refund_state_name(enum refund_state state);
bool refund_state_named(const char *name, enum refund_state *ret_state);

#endif
