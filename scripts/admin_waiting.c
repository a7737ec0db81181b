/* How much waits, and since when: for `till status`. */
#include "admin.h"

#include <stdio.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/writer.h"
#include "notification/outbox.h"
#include "payment/backlog.h"

struct all {
    struct backlog payments;
    struct outbox mails;
};

/* What is ours to finish: the others wait for a bank, or for a customer. */
static bool
is_ours(int state)
{
    return state == PAYMENT_SUBMITTED || state == PAYMENT_UNKNOWN ||
           state == PAYMENT_SUCCEEDED;
}

static struct payment_waiting
sum_of(const struct all *all, bool ours)
{
    struct payment_waiting sum = { 0 };

    for (int i = 0; i < PAYMENT_STATES; i++) {
        const struct payment_waiting *some = &all->payments.payments[i];

        if (is_ours(i) != ours || some->count == 0)
            continue;
        sum.count += some->count;
        if (sum.since == 0 || some->since < sum.since)
            sum.since = some->since;
    }
    return sum;
}

static int64_t
count_for_person(const struct all *all)
{
    int64_t count = all->mails.mails[UNKNOWN].count +
                    all->mails.mails[ABANDONED].count +
                    all->mails.paused_mailboxes;

    for (int i = 0; i < REVIEW_KINDS; i++)
        count += all->payments.reviews[i];
    return count;
}

static void
write_line(struct writer *writer, const char *name, const char *kind,
           int64_t count, int64_t since)
{
    writer_object(writer, NULL);
    writer_text(writer, name, kind);
    writer_int(writer, "count", count);
    writer_time(writer, "since", since);
    writer_object_end(writer);
}

static void
write_all(struct writer *writer, const struct all *all)
{
    writer_array(writer, "payments");
    for (int i = 0; i < PAYMENT_STATES; i++)
        write_line(writer, "state", payment_state_name((enum payment_state)i),
                   all->payments.payments[i].count,
                   all->payments.payments[i].since);
    writer_array_end(writer);
    writer_object(writer, "events");
    writer_int(writer, "count", all->payments.events.count);
    writer_time(writer, "since", all->payments.events.since);
    writer_object_end(writer);
    writer_array(writer, "mails");
    for (int i = QUEUED; i <= SENDING; i++)
        write_line(writer, "status",
                   notification_status_name((enum notification_status)i),
                   all->mails.mails[i].count, all->mails.mails[i].since);
    writer_array_end(writer);
    writer_int(writer, "needs_person", count_for_person(all));
}

static void
tell(const char *what, int64_t count, int64_t since)
{
    char time[CLOCK_TEXT];

    printf("%-22s %lld", what, (long long)count);
    if (since > 0) {
        clock_rfc3339(since, time);
        printf(", the oldest since %s", time);
    }
    putchar('\n');
}

static void
tell_all(const struct all *all)
{
    struct payment_waiting ours = sum_of(all, true);
    struct payment_waiting others = sum_of(all, false);
    const struct notification_waiting *queued = &all->mails.mails[QUEUED];
    const struct notification_waiting *sending = &all->mails.mails[SENDING];
    int64_t since = queued->since;
    int64_t persons = count_for_person(all);

    if (sending->since > 0 && (since == 0 || sending->since < since))
        since = sending->since;
    tell("payments unfinished", ours.count, ours.since);
    tell("customers not done", others.count, others.since);
    tell("events waiting", all->payments.events.count,
         all->payments.events.since);
    tell("mails waiting", queued->count + sending->count, since);
    if (persons > 0)
        printf("%-22s %lld: scripts/till admin reviews\n", "needs a person",
               (long long)persons);
    else
        printf("%-22s nothing\n", "needs a person");
}

enum err
admin_waiting(struct ctx *cx, const struct words *words, int *ret_status)
{
    struct all all;
    struct writer writer;
    struct text text;
    enum err err;

    if ((err = backlog_find(cx, payment_store(), &all.payments)) ||
        (err = outbox_find(cx, notification_store(), &all.mails)))
        return err;
    *ret_status = EX_OK;
    if (!words->is_json) {
        tell_all(&all);
        return OK;
    }
    text_init(&text, cx->arena, 64 * KIB);
    writer_init(&writer, &text);
    writer_object(&writer, NULL);
    write_all(&writer, &all);
    writer_object_end(&writer);
    puts(text.bytes);
    return OK;
}
