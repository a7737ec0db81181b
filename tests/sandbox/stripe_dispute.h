/* Disputes: a card's holder wants the money back; docs.stripe.com/disputes. */
#ifndef SANDBOX_STRIPE_DISPUTE_H
#define SANDBOX_STRIPE_DISPUTE_H

#include <stdbool.h>

#include "pool.h"

/*
 * Disputes a whole charge; the funds are withdrawn at once. Returns the
 * dispute, NULL when the charge is disputed already.
 */
cJSON *dispute_open(struct pool *pool, const char *charge_id,
                    const char *reason);

/*
 * The bank decides; a win brings the funds back. Returns what stands against
 * it, NULL: done.
 */
const char *dispute_close(struct pool *pool, cJSON *dispute, bool is_won);

#endif
