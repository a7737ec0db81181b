/*
 * Stripe's webhooks (docs.stripe.com/webhooks): whether one is genuine, and
 * what it is about. An event is a hint: what is true is asked of Stripe.
 */
#ifndef TILL_STRIPE_EVENT_H
#define TILL_STRIPE_EVENT_H

#include "base/ctx.h"

/* Lives in cx->arena. */
struct stripe_event {
    const char *id, *type;
    const char *order_id;  /* of our metadata, or NULL */
    const char *intent_id; /* the PaymentIntent that it is about, or NULL */
    bool is_live;
    int64_t created; /* milliseconds */
};

/* Reads the signing secrets: two, comma-separated, while rotating. */
void stripe_event_init(void);

/*
 * Checks the Stripe-Signature header over the raw bytes, then reads them.
 * ERR_MALFORMED: no v1 signature fits, it is older than 300 s, or the bytes
 * aren't an event. ERR_UNAVAILABLE: STRIPE_WEBHOOK_SECRET isn't set.
 */
enum err stripe_event_read(struct ctx *cx, const char *signature,
                           const char *bytes, size_t size,
                           struct stripe_event *ret_event);

enum { STRIPE_EVENTS = 50 };

/* A page of Stripe's list of events, newest first. */
struct stripe_events {
    struct stripe_event events[STRIPE_EVENTS]; /* those that can be read */
    size_t count;
    const char *last; /* the id that the next page begins after */
    bool has_more;
};

/*
 * Asks for the events of a time (milliseconds, both ends included) that are
 * about payments, refunds and disputes, a page at a time: `after` is the page
 * before's last, or NULL. Stripe keeps them for 30 days. Errors:
 * stripe_call.h.
 */
enum err stripe_event_list(struct ctx *cx, int64_t from, int64_t to,
                           const char *after, struct stripe_events *ret_events);

#endif
