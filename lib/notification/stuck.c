#include "notification/stuck.h"

#include "base/clock.h"

/* Milliseconds. A mailbox that has mail to send is tried every minute. */
enum { LATELY = 3600 * 1000 };

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
