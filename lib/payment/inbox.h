/*
 * What Stripe has told and nobody has dealt with yet. An event is kept first
 * and answered; a worker takes it up, asks Stripe what is true, and moves the
 * payment forward. So events may come twice, late, and in any order.
 */
#ifndef TILL_INBOX_H
#define TILL_INBOX_H

#include "payment/payment_store.h"
#include "payment/stripe_event.h"

/*
 * A webhook's raw bytes: keeps the event, and ret_is_ours. One of the other
 * mode, a test's in a live shop or the other way round, is not kept. Errors:
 * stripe_event_read's.
 */
enum err inbox_receive(struct ctx *cx, struct payment_store *store,
                       const char *signature, const char *bytes, size_t size,
                       bool *ret_is_ours);

/* Keeps the event; one that is known already changes nothing. */
enum err inbox_put(struct ctx *cx, struct payment_store *store,
                   const struct stripe_event *event);

/*
 * Deals with the event that has been due longest. ret_is_idle: none is. What
 * can't be dealt with yet is due again later, and is no error.
 */
enum err inbox_turn(struct ctx *cx, struct payment_store *store,
                    bool *ret_is_idle);

#endif
