/* What a call may be sent, as a table; the errors are Stripe's. */
#ifndef SANDBOX_STRIPE_PARAMS_H
#define SANDBOX_STRIPE_PARAMS_H

#include "stripe.h"

enum param_kind {
    PARAM_TEXT,
    PARAM_INTEGER,
    PARAM_BOOLEAN,
    PARAM_CHOICE, /* one of `choices`, divided by | */
    PARAM_MAP,    /* name[any]=text, metadata's limits */
    PARAM_LIST,   /* name[]=..., each one of `choices` if there are any */
    PARAM_GROUP,  /* name[...]: the members stand in rows of their own */
    PARAM_ABSENT  /* Stripe knows it, the sandbox doesn't carry it out */
};

enum param_flag {
    PARAM_REQUIRED = 1,
    PARAM_WITH_CONFIRM = 2, /* only when confirm=true */
    PARAM_MAY_BE_EMPTY = 4  /* an empty value unsets it */
};

struct param {
    const char *name;
    enum param_kind kind;
    unsigned flags;
    const char *choices;
};

/* Checks the call's form against a table that ends with a NULL name. */
bool params_check(struct stripe_call *call, const struct param *table);

/* For checked forms. NULL when the parameter is absent or empty. */
const char *param_text(const struct stripe_call *call, const char *name);
bool param_is_true(const struct stripe_call *call, const char *name);

/* `missing` when absent. */
long long param_integer(const struct stripe_call *call, const char *name,
                        long long missing);

/* The call's metadata[...] as an object; the caller owns it. */
cJSON *param_metadata(const struct stripe_call *call);

/* name[key] or name[]: the part in brackets; NULL: not of that name. */
const char *param_member(struct pool *pool, const struct form_pair *pair,
                         const char *name);

#endif
