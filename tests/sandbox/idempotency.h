/*
 * Stripe's idempotency layer (docs.stripe.com/api/idempotent_requests): the
 * answer to the first request with a key that began to execute is kept, with
 * its status, and given again to every later request with that key.
 */
#ifndef SANDBOX_IDEMPOTENCY_H
#define SANDBOX_IDEMPOTENCY_H

#include "stripe.h"

enum key_state {
    KEY_FREE,    /* now claimed for this request */
    KEY_REPLAY,  /* the call holds the kept answer */
    KEY_REFUSED, /* the call holds the reason */
};

/*
 * Inside a transaction. A key that was KEY_FREE must be released; for
 * KEY_REPLAY *ret_original is the id of the first request.
 */
enum key_state idempotency_claim(struct stripe_call *call, const char *key,
                                 const char **ret_original);

/* Inside the transaction of the effect, so that both happen or neither. */
void idempotency_keep(struct stripe_call *call, const char *key,
                      const char *request_id, const char *body);

/* Inside or outside of a transaction, but after the effect's. */
void idempotency_release(const char *key);

#endif
