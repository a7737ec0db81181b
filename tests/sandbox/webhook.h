/*
 * The webhook endpoint: one URL on this machine to which each event goes,
 * signed, until it is answered 2xx (docs.stripe.com/webhooks). What a test
 * may set is described in webhook_control.c.
 */
#ifndef SANDBOX_WEBHOOK_H
#define SANDBOX_WEBHOOK_H

#include <stdbool.h>

#include "http.h"

/* --- settings; inside a transaction --- */

/* NULL: an endpoint was set; else what is wrong. secrets: comma-separated. */
const char *webhook_register(struct pool *pool, const char *url,
                             const char *secrets);

/* All settings as an object, with the standard where nothing was set. */
cJSON *webhook_settings(struct pool *pool);
bool webhook_is_set(struct pool *pool);

/* 64 bits that look random and are always the same for these two. */
unsigned long long webhook_mix(unsigned long long seed, unsigned long long n);

/* Plans the deliveries of an event that was just kept. */
void webhook_plan(struct pool *pool, const char *event_id);

/* GET, POST and DELETE /sandbox/webhook, POST /sandbox/webhook/flush... */
void webhook_serve(struct request *request, struct answer *answer);

/* --- the thread that delivers --- */

void webhook_start(void);
void webhook_stop(void);

/* Something may be due now. */
void webhook_wake(void);

/* Waits for an attempt to end, at most so long; false: the thread stops. */
bool webhook_wait(long milliseconds);

/*
 * The value of Stripe-Signature. forge, which may be NULL, is what is wrong
 * with it: "secret", "timestamp", "body", or "unsigned", which gives NULL.
 */
const char *webhook_sign(struct pool *pool, const cJSON *secrets,
                         const char *body, const char *forge);

#endif
