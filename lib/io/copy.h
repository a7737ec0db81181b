/*
 * Copies all that a service keeps from one home to another (record.h), and
 * makes sure that both then hold the same.
 *
 * Until that is so, the target has a mark with the source's name. So a copy
 * that was cut off is begun again and goes on: what is the same already isn't
 * written again. One that ended while the source was in use likewise: then
 * only what has changed since is written, and what is gone is deleted. Nothing
 * else that the target may have is ever touched.
 */
#ifndef TILL_COPY_H
#define TILL_COPY_H

#include "io/record.h"

/* The steps, of each kind of records, in this order. */
enum copy_step { COPY_DROP, COPY_PUT, COPY_SUM_FROM, COPY_SUM_TO };

struct copy {
    const struct record_kind *kinds;
    struct record_home *from, *to;
    const char *source; /* its name, for the mark */
    bool is_first; /* the source is in use: leaves the mark, compares nothing */

    /* Is told how many records more are behind us. */
    void (*tell)(const struct copy *copy, enum copy_step step,
                 const struct record_kind *kind, int64_t more);
};

enum copy_outcome {
    COPY_DONE,         /* both hold the same, and the mark is gone */
    COPY_BEGUN,        /* a first one: the next brings the rest */
    COPY_WAS_DONE,     /* both held the same before: nothing was written */
    COPY_CHANGED,      /* the source has changed while it was being copied */
    COPY_OTHER_DATA,   /* the target has data that isn't the source's */
    COPY_OTHER_SOURCE, /* a copy of another source is being made into it */
};

enum { COPY_KINDS = 8 };

struct copy_result {
    enum copy_outcome outcome;
    const char *source;   /* COPY_OTHER_SOURCE: its name */
    int64_t put, dropped; /* records that were written, and deleted */
    struct record_sum from[COPY_KINDS], to[COPY_KINDS];
};

/*
 * ERR_UNAVAILABLE, ERR_UNKNOWN_OUTCOME: run it again. ERR_CONFLICT: two
 * records lay claim to the same thing. ERR_INTERNAL: one is broken.
 */
enum err copy_run(struct ctx *cx, const struct copy *copy,
                  struct copy_result *ret_result);

/* Whether these two say that there is the same. */
bool copy_is_same(const struct record_sum *one, const struct record_sum *other);

#endif
