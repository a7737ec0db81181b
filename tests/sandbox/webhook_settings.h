/* What a test can set about the webhook, and how it is checked. */
#ifndef SANDBOX_WEBHOOK_SETTINGS_H
#define SANDBOX_WEBHOOK_SETTINGS_H

#include "pool.h"

/*
 * url           where to, http on this machine; null: nowhere
 * secrets       all of which sign, as while one is being rolled
 *
 * Both stay as they are when they are left out. What follows goes back to
 * its standard, which is good behaviour:
 *
 * copies        how often each event is delivered; 1
 * delay_ms      each delivery waits so long first; 0
 * jitter_ms     and up to so much longer, at random, which reorders; 0
 * drop_percent  of the deliveries are never made; 0
 * hold          none is made before a flush; false
 * forge         with each event forged ones are sent, too, each once:
 *               "secret" signed with another, "timestamp" ten minutes old,
 *               "body" changed after signing, "unsigned"; []
 * parallel      deliveries at once; 1 keeps the order; 4
 * seed          of whatever is random; 0
 * speed         Stripe's waits between tries are divided by it; 600
 */
cJSON *webhook_standard(struct pool *pool);

/* Changes the settings; returns what is wrong with the wishes, NULL: done. */
const char *webhook_change(struct pool *pool, cJSON *settings,
                           const cJSON *wishes);

/* What is wrong with an endpoint's URL; NULL: nothing. */
const char *webhook_url_fault(const char *url);

#endif
