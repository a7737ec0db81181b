#include "notification/stuck.h"

#include "base/clock.h"

/* Milliseconds. A mailbox that has mail to send is tried every minute. */
enum { LATELY = 3600 * 1000 };

/* How many refunds of an order have mails: the payment service makes no more.
 */
enum { REFUNDS = 50 };

enum err
stuck_mails(struct ctx *cx, struct notification_store *store,
            stuck_mail_function *on_mail, void *arg)
{
    struct notification_ids page = { .count = NOTIFICATION_IDS };
    const char *after = NULL;
    enum err err;

    while (page.count == NOTIFICATION_IDS) {
        if ((err = store->stuck(cx, store, after, &page)))
            return err;
        for (size_t i = 0; i < page.count; i++) {
            struct notification *notification;

            if ((err = store->get(cx, store, page.ids[i], &notification)))
                return err;
            on_mail(cx, notification, arg);
            after = page.ids[i];
        }
    }
    return OK;
}

enum err
stuck_mailboxes(struct ctx *cx, struct notification_store *store,
                stuck_mailbox_function *on_mailbox, void *arg)
{
    struct mailboxes paused;
    enum err err;

    if ((err = store->paused(cx, store, clock_now() - LATELY, &paused)))
        return err;
    for (size_t i = 0; i < paused.count; i++)
        on_mailbox(cx, &paused.mailboxes[i], arg);
    return OK;
}

enum err
stuck_close(struct ctx *cx, struct notification_store *store,
            const char *order_id, const char *by, const char *note,
            int64_t *ret_count)
{
    struct notification_closing closing = { order_id, by, note, clock_now(),
                                            0 };
    enum err err = store->close_stuck(cx, store, &closing);

    *ret_count = closing.count;
    return err;
}

static bool
is_to_be_retried(const struct notification *mail, bool is_twice)
{
    return mail->status == QUEUED || mail->status == ABANDONED ||
           (mail->status == UNKNOWN && is_twice);
}

/* One that is being sent at the moment, or was changed meanwhile, is left. */
static enum err
retry(struct ctx *cx, struct notification_store *store,
      struct notification *mail, int64_t *count)
{
    enum err err;

    if (mail->status != QUEUED) {
        mail->attempts = 0;
        mail->draft_id = NULL;
        mail->send_started_at = 0;
    }
    mail->status = QUEUED;
    mail->due_at = mail->updated_at = clock_now();
    err = store->update(cx, store, mail);
    *count += !err;
    if (err != ERR_CONFLICT)
        return err;
    ctx_forgive(cx);
    return OK;
}

enum err
stuck_retry(struct ctx *cx, struct notification_store *store,
            const char *order_id, bool is_twice, int64_t *ret_count)
{
    int64_t count = 0;

    for (int64_t number = 0; number <= REFUNDS; number++) {
        struct notification *mail;
        enum err err = store->get(
            cx, store, notification_id(cx->arena, order_id, number), &mail);

        if (err == ERR_NOT_FOUND) {
            ctx_forgive(cx);
            continue;
        }
        if (err || (is_to_be_retried(mail, is_twice) &&
                    (err = retry(cx, store, mail, &count))))
            return err;
    }
    *ret_count = count;
    return OK;
}
