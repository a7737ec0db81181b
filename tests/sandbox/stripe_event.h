/*
 * Events (docs.stripe.com/api/events): each holds the object as it was when
 * it happened, can be asked for during 30 days, and goes to the webhook.
 */
#ifndef SANDBOX_STRIPE_EVENT_H
#define SANDBOX_STRIPE_EVENT_H

#include "pool.h"

enum { EVENT_KEPT_SECONDS = 30 * 24 * 3600 };

/*
 * The request, and its key, that the events of this transaction are caused
 * by. Both are NULL for what happens outside of the API, and must be set
 * back to that before the transaction ends.
 */
void event_cause(const char *request_id, const char *key);

/*
 * Inside a transaction. `previous`, which may be NULL, holds the former
 * values of what was changed, and is taken over.
 */
void event_emit(struct pool *pool, const char *type, const cJSON *object,
                cJSON *previous);

/* The webhook has answered 2xx to it. */
void event_delivered(const char *id);

#endif
