/*
 * The mailbox that all workers share: whether it is paused, and why; whether
 * mails fail one after the other. Kept in the store, so that what one worker
 * was told stops all of them.
 *
 *     mails leave -> one fails -> another, too: they fail
 *         ^              |                        |
 *         +--------------+--- one leaves ---------+
 *
 * A mail that fails while others leave is to blame itself, and waits longer
 * each time. While mails fail one after the other, none of them is: one at a
 * time is tried, more and more seldom, at least every 16 seconds, and the
 * others wait as they were. So when one leaves, all that waited are due.
 *
 * But one that was tried waits for the next time, and the longer, the longer no
 * mail has left, up to a quarter of an hour: it may be to blame after all, if
 * no other has come since.
 */
#ifndef TILL_MAILBOX_H
#define TILL_MAILBOX_H

#include "notification/mail_gateway.h"

struct mailbox; /* notification_store.h */

/*
 * Changes what is kept; false: there is nothing to change. Called again with
 * what is kept now, where somebody else was faster.
 */
typedef bool mailbox_change(struct mailbox *mailbox, void *arg);

/* ERR_CONFLICT: others were faster each time. */
enum err mailbox_alter(struct ctx *cx, const struct mail_gateway *gateway,
                       mailbox_change *change, void *arg);

/* As it is kept now; and whether anybody may try a mail. */
enum err mailbox_get(struct ctx *cx, const struct mail_gateway *gateway,
                     struct mailbox *ret_mailbox, bool *ret_is_open);

/*
 * Whether the worker that found it open, and has a mail, may try that: where
 * mails fail, one does, and the others look again later.
 */
enum err mailbox_takes_try(struct ctx *cx, const struct mail_gateway *gateway,
                           struct mailbox *mailbox, bool *ret_is_mine);

/*
 * A mail has failed, and may leave another time. ret_next: when it is tried
 * again, where this isn't the first in a row, so that it isn't to blame; else
 * 0.
 */
enum err mailbox_fail(struct ctx *cx, const struct mail_gateway *gateway,
                      const char *reason, int64_t *ret_next);

/*
 * Stops sending: with ERR_UNAUTHENTICATED for a minute, and again for each
 * try that fails, until an operator has mended it; with ERR_TOO_MANY for
 * cx->retry_after seconds. The first worker to be told logs an alarm with the
 * reason. ret_until is when to look again, also where it can't be stored.
 */
enum err mailbox_pause(struct ctx *cx, const struct mail_gateway *gateway,
                       enum err err, const char *reason, int64_t *ret_until);

/*
 * A mail has left: none fails any more, and a pause that is over has ended,
 * which is logged. One that somebody else was told of meanwhile goes on.
 */
enum err mailbox_resume(struct ctx *cx, const struct mail_gateway *gateway);

/*
 * Whether this worker shall look for strays now: one does, once an hour, and
 * at once where there is a page more. ret_page: which; NULL: the first.
 */
enum err mailbox_takes_sweep(struct ctx *cx, const struct mail_gateway *gateway,
                             const char **ret_page, bool *ret_is_mine);

/* That page is done, and this is the next; NULL: it was the last. */
enum err mailbox_sweep_on(struct ctx *cx, const struct mail_gateway *gateway,
                          const char *page);

#endif
