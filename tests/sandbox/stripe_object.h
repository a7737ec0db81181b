/* Stripe's objects, kept as the JSON that is answered. */
#ifndef SANDBOX_STRIPE_OBJECT_H
#define SANDBOX_STRIPE_OBJECT_H

#include "pool.h"

/* prefix and 24 characters: pi_3..., ch_3..., pm_1... */
char *object_id(struct pool *pool, const char *prefix);

/*
 * `object` (its kind), `id` and `created` are taken from the body. `secret`
 * is for the sandbox alone and may be NULL.
 */
void object_insert(struct pool *pool, const cJSON *body, const char *secret);
void object_keep_secret(const char *id, const char *secret);
void object_update(struct pool *pool, const cJSON *body);

/* NULL: there is none. ret_secret may be NULL. */
cJSON *object_get(struct pool *pool, const char *kind, const char *id,
                  char **ret_secret);

#endif
