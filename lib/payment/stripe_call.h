/*
 * One request to Stripe's API, for stripe*.c alone: the form, the key, the
 * errors (docs.stripe.com/api/errors, /idempotent_requests).
 */
#ifndef TILL_STRIPE_CALL_H
#define TILL_STRIPE_CALL_H

#include "base/ctx.h"
#include "base/text.h"
#include "io/doc.h"

struct stripe_call {
    const char *method, *path;
    const char *key;  /* Idempotency-Key, or NULL */
    int64_t timeout;  /* milliseconds */
    struct text form; /* begun with stripe_form */
};

struct stripe_answer {
    int status;            /* 0: none */
    const struct doc *doc; /* of a 2xx, or of an error's "error" */
    const char *code;      /* of an error, or NULL */
    const char *message;   /* of an error */
    bool is_replay;        /* the answer that was kept for this key */
};

/* Begins the form of a POST; adds a member with Stripe's bracketed names. */
void stripe_form(struct ctx *cx, struct stripe_call *call);
void stripe_form_add(struct stripe_call *call, const char *name,
                     const char *value);
void stripe_form_add_int(struct ctx *cx, struct stripe_call *call,
                         const char *name, int64_t value);

/*
 * Sends it. ret_answer is filled whatever is returned. ERR_DECLINED: 402.
 * ERR_UPSTREAM: Stripe doesn't take it; nothing was done. ERR_UNKNOWN_OUTCOME:
 * everything else, also where the request never left: with the same key it is
 * simply asked again.
 */
enum err stripe_send(struct ctx *cx, const struct stripe_call *call,
                     struct stripe_answer *ret_answer);

enum { STRIPE_LIST_MAX = 100 };

/*
 * The objects at a path ("/v1/refunds") that belong to an intent, newest first,
 * at most STRIPE_LIST_MAX: the first one, and doc_next() leads to the others.
 */
enum err stripe_list(struct ctx *cx, const char *path, const char *intent_id,
                     const struct doc **ret_first);

#endif
