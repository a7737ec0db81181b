/*
 * The mailbox that all workers share: whether it is paused, and why. Kept in
 * the store, so that what one worker was told stops all of them.
 */
#ifndef TILL_MAILBOX_H
#define TILL_MAILBOX_H

#include "notification/mail_gateway.h"

enum err mailbox_is_paused(struct ctx *cx, const struct mail_gateway *gateway,
                           bool *ret_is_paused);

/*
 * Stops sending: with ERR_UNAUTHENTICATED for a minute, and again for each
 * try that fails, until an operator has mended it; with ERR_TOO_MANY for
 * cx->retry_after seconds. The first worker to be told logs an alarm with the
 * reason. ret_until is when to look again, also where it can't be stored.
 */
enum err mailbox_pause(struct ctx *cx, const struct mail_gateway *gateway,
                       enum err err, const char *reason, int64_t *ret_until);

/* Mail goes out: ends a pause, if there was one, and logs that. */
enum err mailbox_resume(struct ctx *cx, const struct mail_gateway *gateway);

/* Whether this worker shall look for strays now: one does, once an hour. */
enum err mailbox_takes_sweep(struct ctx *cx,
                             const struct mail_gateway *gateway,
                             bool *ret_is_mine);

#endif
