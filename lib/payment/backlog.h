/* What of the payments waits: for a bank, for us, for a person. */
#ifndef TILL_BACKLOG_H
#define TILL_BACKLOG_H

#include "payment/payment_store.h"
#include "payment/review.h"

struct backlog {
    /*
     * Those that somebody will look at again: SUBMITTED, UNKNOWN and SUCCEEDED
     * are ours to finish, the others are the bank's or the customer's.
     */
    struct payment_waiting payments[PAYMENT_STATES];
    struct payment_waiting events;
    int64_t reviews[REVIEW_KINDS]; /* flags that are open (review.h) */
};

/* Errors: those of the store. */
enum err backlog_find(struct ctx *cx, struct payment_store *store,
                      struct backlog *ret_backlog);

/* The same, as a worker's gauges (io/metric.h). */
enum err backlog_measure(struct ctx *cx, struct payment_store *store);

#endif
