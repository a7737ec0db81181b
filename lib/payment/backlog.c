#include "payment/backlog.h"

#include "io/metric.h"
#include "payment/reviewing.h"

static void
count_reviews(struct ctx *cx, const struct payment *payment, void *arg)
{
    int64_t *reviews = arg;

    (void)cx;
    for (size_t i = 0; i < payment->review_count; i++)
        reviews[payment->reviews[i].kind] += !payment->reviews[i].closed_at;
}

enum err
backlog_find(struct ctx *cx, struct payment_store *store,
             struct backlog *ret_backlog)
{
    struct backlog backlog = { 0 };
    enum err err;

    if ((err = store->waiting(cx, store, backlog.payments, &backlog.events)) ||
        (err = reviewing_each(cx, store, count_reviews, backlog.reviews)))
        return err;
    *ret_backlog = backlog;
    return OK;
}

static void
add_payments(struct metric_sheet *sheet, const struct backlog *backlog)
{
    static const struct metric_gauge open = {
        .family = "till_payments_open",
        .help = "Payments that will be looked at again, by state.",
        .label = "state"
    };
    static const struct metric_gauge since = {
        .family = "till_payments_open_since_timestamp_seconds",
        .help = "When the oldest of them was made.",
        .label = "state",
        .is_time = true
    };
    static const struct metric_gauge due = {
        .family = "till_payments_due_timestamp_seconds",
        .help = "When the first of them is due: long ago, and nobody has come.",
        .label = "state",
        .is_time = true
    };

    for (int i = 0; i < PAYMENT_STATES; i++)
        metric_add(sheet, &open, payment_state_name((enum payment_state)i),
                   backlog->payments[i].count);
    for (int i = 0; i < PAYMENT_STATES; i++)
        metric_add(sheet, &since, payment_state_name((enum payment_state)i),
                   backlog->payments[i].since);
    for (int i = 0; i < PAYMENT_STATES; i++)
        metric_add(sheet, &due, payment_state_name((enum payment_state)i),
                   backlog->payments[i].due_at);
}

static void
add_events(struct metric_sheet *sheet, const struct backlog *backlog)
{
    static const struct metric_gauge waiting = {
        .family = "till_events_waiting",
        .help = "Stripe's events that nobody has dealt with."
    };
    static const struct metric_gauge since = {
        .family = "till_events_waiting_since_timestamp_seconds",
        .help = "When the oldest of them came.",
        .is_time = true
    };

    metric_add(sheet, &waiting, NULL, backlog->events.count);
    metric_add(sheet, &since, NULL, backlog->events.since);
}

static void
add_reviews(struct metric_sheet *sheet, const struct backlog *backlog)
{
    static const struct metric_gauge open = {
        .family = "till_reviews_open",
        .help = "Flags of payments that need a person, by kind.",
        .label = "kind"
    };

    for (int i = 0; i < REVIEW_KINDS; i++)
        metric_add(sheet, &open, review_kind_name((enum review_kind)i),
                   backlog->reviews[i]);
}

enum err
backlog_measure(struct ctx *cx, struct payment_store *store)
{
    struct metric_sheet sheet = { .count = 0 };
    struct backlog backlog;
    enum err err;

    if ((err = backlog_find(cx, store, &backlog)))
        return err;
    add_payments(&sheet, &backlog);
    add_events(&sheet, &backlog);
    add_reviews(&sheet, &backlog);
    metric_measured(&sheet);
    return OK;
}
