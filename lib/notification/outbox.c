#include "notification/outbox.h"

#include "io/metric.h"
#include "notification/stuck.h"

static void
count_mailbox(struct ctx *cx, const struct mailbox *mailbox, void *arg)
{
    int64_t *count = arg;

    (void)cx;
    (void)mailbox;
    ++*count;
}

enum err
outbox_find(struct ctx *cx, struct notification_store *store,
            struct outbox *ret_outbox)
{
    struct outbox outbox = { 0 };
    enum err err;

    if ((err = store->waiting(cx, store, outbox.mails)) ||
        (err = stuck_mailboxes(cx, store, count_mailbox,
                               &outbox.paused_mailboxes)))
        return err;
    *ret_outbox = outbox;
    return OK;
}

static void
add_waiting(struct metric_sheet *sheet, const struct outbox *outbox)
{
    static const struct metric_gauge waiting = {
        .family = "till_mails_waiting",
        .help = "Mails that are still to be sent, by status.",
        .label = "status"
    };
    static const struct metric_gauge since = {
        .family = "till_mails_waiting_since_timestamp_seconds",
        .help = "When the oldest of them was asked for.",
        .label = "status",
        .is_time = true
    };
    static const struct metric_gauge due = {
        .family = "till_mails_due_timestamp_seconds",
        .help = "When the first of them is due: long ago, and nobody has come.",
        .label = "status",
        .is_time = true
    };
    const char *queued = notification_status_name(QUEUED);
    const char *sending = notification_status_name(SENDING);

    metric_add(sheet, &waiting, queued, outbox->mails[QUEUED].count);
    metric_add(sheet, &waiting, sending, outbox->mails[SENDING].count);
    metric_add(sheet, &since, queued, outbox->mails[QUEUED].since);
    metric_add(sheet, &since, sending, outbox->mails[SENDING].since);
    metric_add(sheet, &due, queued, outbox->mails[QUEUED].due_at);
    metric_add(sheet, &due, sending, outbox->mails[SENDING].due_at);
}

static void
add_stuck(struct metric_sheet *sheet, const struct outbox *outbox)
{
    static const struct metric_gauge stuck = {
        .family = "till_mails_stuck",
        .help = "Mails that need a person, by status.",
        .label = "status"
    };
    static const struct metric_gauge paused = {
        .family = "till_mailboxes_paused",
        .help = "Mailboxes that nothing leaves by until somebody mends their "
                "credentials."
    };

    metric_add(sheet, &stuck, notification_status_name(UNKNOWN),
               outbox->mails[UNKNOWN].count);
    metric_add(sheet, &stuck, notification_status_name(ABANDONED),
               outbox->mails[ABANDONED].count);
    metric_add(sheet, &paused, NULL, outbox->paused_mailboxes);
}

enum err
outbox_measure(struct ctx *cx, struct notification_store *store)
{
    struct metric_sheet sheet = { .count = 0 };
    struct outbox outbox;
    enum err err;

    if ((err = outbox_find(cx, store, &outbox)))
        return err;
    add_waiting(&sheet, &outbox);
    add_stuck(&sheet, &outbox);
    metric_measured(&sheet);
    return OK;
}
