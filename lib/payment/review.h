/*
 * What needs a person: flags of a payment, kept with it until somebody who
 * has looked into them closes them (reviewing.h). Without a store and without
 * Stripe.
 */
#ifndef TILL_REVIEW_H
#define TILL_REVIEW_H

#include "payment/payment.h"

enum review_kind {
    REVIEW_MISMATCH, /* the payment's own intent isn't as it should be: it has
                        succeeded otherwise, or Stripe doesn't know it */
    REVIEW_STRAY,    /* one has succeeded beside the payment's own */
    REVIEW_DISPUTE,  /* the card's holder wants the money back */
    REVIEW_REFUND,   /* a refund that was promised has failed */
    REVIEW_REFUSED,  /* another service won't do what follows from success */
};

enum { REVIEW_KINDS = REVIEW_REFUSED + 1 };

struct review {
    enum review_kind kind;
    const char *subject; /* the id of what it is about */
    const char *text;    /* why a person must look */
    int64_t raised_at;
    int64_t closed_at;            /* 0: it is open */
    const char *closed_by, *note; /* or NULL */
    bool is_news; /* raised, and the log doesn't tell of it yet; not kept */
};

/* payment->reviews has room for so many; more than that change nothing. */
enum { REVIEWS_MAX = 20 };

/*
 * Raises a flag by its kind, subject and text. The same again changes nothing,
 * also after it was closed; with another text it is open again. False: it
 * changed nothing.
 */
bool review_raise(struct payment *payment, const struct review *review);

/* Closes the one of this kind and subject, or all. False: none was open. */
bool review_close(struct payment *payment, enum review_kind kind,
                  const char *subject, const char *by, const char *note);
bool review_close_all(struct payment *payment, const char *by,
                      const char *note);

/* Whether one is open. */
bool review_is_open(const struct payment *payment);

/* The REVIEW_MISMATCH of its intent, open or closed; or NULL. */
const struct review *review_of_intent(const struct payment *payment);

/* Takes it back, as if it had never been raised. False: none is open. */
bool review_withdraw_of_intent(struct payment *payment);

/*
 * Whether nothing more may be charged: money has come in for this order that
 * doesn't pay it, or may have. What is so of its own intent stays so when
 * somebody has looked into it: that intent is not to be charged again.
 */
bool review_stops(const struct payment *payment);

const char *review_kind_name(enum review_kind kind);
bool review_kind_named(const char *name, enum review_kind *ret_kind);

#endif
