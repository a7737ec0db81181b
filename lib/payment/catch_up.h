/*
 * Events that no webhook brought: Stripe keeps them for 30 days
 * (docs.stripe.com/api/events/list), and whoever's turn it is asks for them
 * every few minutes.
 */
#ifndef TILL_CATCH_UP_H
#define TILL_CATCH_UP_H

#include "payment/payment_store.h"

/*
 * If it is time, and nobody else does it: puts the events since the last time
 * into the inbox (inbox.h), where those that are known change nothing; and
 * forgets those that Stripe has forgotten, too. ret_is_idle: it wasn't time.
 * Where Stripe doesn't answer, the next turn begins where this one did.
 */
enum err catch_up_turn(struct ctx *cx, struct payment_store *store,
                       bool *ret_is_idle);

/* Makes the next turn's time come at once, whoever takes it. */
enum err catch_up_now(struct ctx *cx, struct payment_store *store);

#endif
