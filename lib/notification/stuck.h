/*
 * What of the mail needs a person: mails that were given up or that may have
 * been sent, and mailboxes that nothing leaves by.
 */
#ifndef TILL_STUCK_H
#define TILL_STUCK_H

#include "notification/notification.h"

typedef void stuck_mail_function(struct ctx *cx,
                                 const struct notification *notification,
                                 void *arg);
typedef void stuck_mailbox_function(struct ctx *cx,
                                    const struct mailbox *mailbox, void *arg);

/* Each mail that is Unknown or Abandoned and that nobody has closed. */
enum err stuck_mails(struct ctx *cx, struct notification_store *store,
                     stuck_mail_function *on_mail, void *arg);

/*
 * Each mailbox that was paused within the last hour, mail having been tried
 * since: a longer pause is that of credentials that nobody uses any more.
 */
enum err stuck_mailboxes(struct ctx *cx, struct notification_store *store,
                         stuck_mailbox_function *on_mailbox, void *arg);

/*
 * Closes the mails of an order that stuck_mails would tell of, with who did
 * it and what they have to say; none is sent. ret_count: how many.
 */
enum err stuck_close(struct ctx *cx, struct notification_store *store,
                     const char *order_id, const char *by, const char *note,
                     int64_t *ret_count);

/*
 * Puts the mails of an order that haven't been sent back into the queue, due at
 * once: those that wait, and those that were given up, which begin anew; with
 * is_twice also those that may have been sent already. ret_count: how many.
 */
enum err stuck_retry(struct ctx *cx, struct notification_store *store,
                     const char *order_id, bool is_twice, int64_t *ret_count);

#endif
