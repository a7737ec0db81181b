/*
 * What has to follow when money has moved, and is asked of another service:
 * what came of asking, and whether a person must look. Once somebody else has
 * done it, it stays done.
 */
#ifndef TILL_EFFECT_H
#define TILL_EFFECT_H

#include "payment/review.h"

/*
 * Sets the order's status by this payment. OK also where it is further already
 * by the same one, as after a restored backup: what is PartiallyRefunded was
 * Paid. ERR_CONFLICT: it can't become that any more.
 */
enum err effect_mark(struct ctx *cx, const struct payment *payment,
                     const char *status);

struct effect_news {
    enum effect_state state; /* PENDING: it stays to be done */
    struct review flag; /* its subject names the effect; text may be NULL */
};

/*
 * What a call's err means; forgives it, and tells the log. Refused for good
 * (ERR_NOT_FOUND, ERR_CONFLICT) and refused for now, until an operator mends
 * it (ERR_UPSTREAM), are flags; who couldn't be reached is asked again.
 */
struct effect_news effect_news_of(struct ctx *cx, enum err err,
                                  const char *subject);

/*
 * Takes it in, unless the effect is no longer to be done: raises the flag, or
 * closes the one of an earlier try. False: nothing new.
 */
bool effect_learn(struct payment *payment, enum effect_state *effect,
                  const struct effect_news *news);

#endif
