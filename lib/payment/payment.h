/*
 * A payment: what one order costs, every attempt to pay it, and what follows
 * from its success. Here are its states and how they move, without a store
 * and without Stripe; checkout.h does the work.
 *
 * One payment an order, kept and changed as a whole (payment_store.h).
 */
#ifndef TILL_PAYMENT_H
#define TILL_PAYMENT_H

#include "base/ctx.h"
#include "base/money.h"

/*
 * Of a payment and of its attempts. SUBMITTED: a request may be under way;
 * UNKNOWN: it was sent, and what came of it isn't known. Neither is ever
 * taken for a failure.
 */
enum payment_state {
    PAYMENT_CREATED,
    PAYMENT_SUBMITTED,
    PAYMENT_UNKNOWN,
    PAYMENT_REQUIRES_ACTION,
    PAYMENT_PROCESSING,
    PAYMENT_REJECTED, /* Stripe didn't take the request: nothing was tried */
    PAYMENT_FAILED,   /* declined */
    PAYMENT_CANCELED,
    PAYMENT_SUCCEEDED,
};

enum { PAYMENT_STATES = PAYMENT_SUCCEEDED + 1 };

/* One confirmation of the PaymentIntent, its parameters and key frozen. */
struct attempt {
    int64_t number;  /* from 1 */
    const char *key; /* Stripe's Idempotency-Key: the same on every try */
    const char *payment_method;
    const char *return_url; /* where the bank sends the customer, or NULL */
    enum payment_state state;
    const char *code;    /* of a decline or rejection, or NULL */
    const char *message; /* fit for the customer, or NULL */
    int64_t submitted_at;
};

/* What follows from success: written with it, carried out once it is. */
enum effect_kind { EFFECT_MARK_PAID, EFFECT_NOTIFY, EFFECTS };
enum effect_state {
    EFFECT_NONE,
    EFFECT_PENDING,
    EFFECT_DONE,
    EFFECT_REFUSED, /* the other service won't ever: a person must look */
};

enum { ATTEMPTS_MAX = 50 };

struct payment {
    const char *id; /* "pay_" and the order's id */
    const char *order_id, *user_id;
    struct money amount;
    enum payment_state state;
    const char *intent_id;   /* Stripe's PaymentIntent, or NULL: not made yet */
    int64_t intent_number;   /* rises when a cancelled intent is replaced */
    const char *lease_owner; /* who works on it, until when */
    int64_t lease_until;
    int64_t due_at;    /* when to look again though nobody asks; 0: never */
    int64_t looked_at; /* when somebody last asked for it, and Stripe was */
    struct attempt *attempts;
    size_t attempt_count;
    enum effect_state effects[EFFECTS];
    struct refund *refunds; /* refund.h */
    size_t refund_count;
    struct review *reviews; /* what needs a person: review.h */
    size_t review_count;
    int64_t version, created_at, updated_at;
};

/* What is known of a PaymentIntent after asking Stripe. */
struct intent_news {
    int64_t attempt_number; /* whose answer it is; 0: only looked at */
    enum payment_state state;
    const char *code, *message;  /* of a decline or rejection, or NULL */
    const struct review *review; /* a success that isn't as it should be */
};

/* A new payment of an order, in cx->arena; not kept yet. */
struct payment *payment_new(struct ctx *cx, const char *order_id,
                            const char *user_id, struct money amount);

/* The key that makes its PaymentIntent: the same for each intent_number. */
const char *payment_create_key(struct ctx *cx, const struct payment *payment);

/* Adds an attempt, SUBMITTED. ERR_CONFLICT: ATTEMPTS_MAX were made. */
enum err payment_begin_attempt(struct ctx *cx, struct payment *payment,
                               const char *payment_method,
                               const char *return_url);

/* The newest attempt, or NULL. */
struct attempt *payment_last_attempt(const struct payment *payment);

/*
 * Takes in what Stripe says. States only move forward, but that after a
 * failure the browser may have begun anew; success overrides all and brings
 * its effects with it. False: nothing new, as with the same news twice.
 */
bool payment_learn(struct payment *payment, const struct intent_news *news);

/*
 * When somebody has to look at it again, if nobody works on it: the sooner,
 * the younger what is open. 0: nothing is open.
 */
int64_t payment_due(const struct payment *payment, int64_t now);

/*
 * Whether its intent can still succeed without us, and be cancelled: whoever
 * holds the client_secret can confirm it.
 */
bool payment_has_open_intent(const struct payment *payment);

/* Whether a request's outcome is open: SUBMITTED or UNKNOWN. */
bool payment_is_doubtful(const struct payment *payment);

const char *payment_state_name(enum payment_state state);
bool payment_state_named(const char *name, enum payment_state *ret_state);
const char *effect_kind_name(enum effect_kind kind);
const char *effect_state_name(enum effect_state state);
bool effect_kind_named(const char *name, enum effect_kind *ret_kind);
bool effect_state_named(const char *name, enum effect_state *ret_state);

#endif
