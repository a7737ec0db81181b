/* What needs a person: `reviews` shows it, `resolve` closes it. */
#include "admin.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/writer.h"
#include "notification/stuck.h"
#include "payment/reviewing.h"

/* What `reviews` has found; as JSON, told line by line, or counted alone. */
struct listing {
    struct writer *writer; /* NULL: as text */
    bool is_count;
    int count;
};

static void
tell_review(const struct payment *payment, const struct review *review)
{
    char amount[MONEY_TEXT], since[CLOCK_TEXT];

    money_format(payment->amount, amount);
    clock_rfc3339(review->raised_at, since);
    printf("order %s, payment %s, intent %s, %s %s\n"
           "    %s %s, since %s: %s\n",
           payment->order_id, payment->id,
           payment->intent_id ? payment->intent_id : "none", amount,
           payment->amount.currency, review_kind_name(review->kind),
           review->subject, since, review->text);
}

static void
write_review(struct writer *writer, const struct payment *payment,
             const struct review *review)
{
    writer_object(writer, NULL);
    writer_text(writer, "order_id", payment->order_id);
    writer_text(writer, "payment_id", payment->id);
    writer_text(writer, "intent_id", payment->intent_id);
    writer_money(writer, "amount", payment->amount);
    writer_text(writer, "currency", payment->amount.currency);
    writer_text(writer, "kind", review_kind_name(review->kind));
    writer_text(writer, "subject", review->subject);
    writer_text(writer, "why", review->text);
    writer_time(writer, "since", review->raised_at);
    writer_object_end(writer);
}

static void
on_payment(struct ctx *cx, const struct payment *payment, void *arg)
{
    struct listing *listing = arg;

    (void)cx;
    for (size_t i = 0; i < payment->review_count; i++) {
        const struct review *review = &payment->reviews[i];

        if (review->closed_at)
            continue;
        listing->count++;
        if (listing->is_count)
            continue;
        if (listing->writer)
            write_review(listing->writer, payment, review);
        else
            tell_review(payment, review);
    }
}

static void
on_mail(struct ctx *cx, const struct notification *mail, void *arg)
{
    const char *why = mail->last_error ? mail->last_error : "no reason kept";
    struct listing *listing = arg;
    char since[CLOCK_TEXT];

    (void)cx;
    listing->count++;
    if (listing->is_count)
        return;
    clock_rfc3339(mail->updated_at, since);
    if (!listing->writer) {
        printf("order %s, mail %s\n    %s, since %s: %s\n", mail->order_id,
               mail->id, notification_status_name(mail->status), since, why);
        return;
    }
    writer_object(listing->writer, NULL);
    writer_text(listing->writer, "order_id", mail->order_id);
    writer_text(listing->writer, "id", mail->id);
    writer_text(listing->writer, "status",
                notification_status_name(mail->status));
    writer_text(listing->writer, "why", why);
    writer_time(listing->writer, "since", mail->updated_at);
    writer_object_end(listing->writer);
}

static void
on_mailbox(struct ctx *cx, const struct mailbox *mailbox, void *arg)
{
    struct listing *listing = arg;
    char until[CLOCK_TEXT];

    (void)cx;
    listing->count++;
    if (listing->is_count)
        return;
    clock_rfc3339(mailbox->paused_until, until);
    if (!listing->writer) {
        printf("mailbox %s\n    no mail leaves until %s, or until it is "
               "mended: %s\n",
               mailbox->id, until, mailbox->pause_reason);
        return;
    }
    writer_object(listing->writer, NULL);
    writer_text(listing->writer, "id", mailbox->id);
    writer_text(listing->writer, "why", mailbox->pause_reason);
    writer_time(listing->writer, "paused_until", mailbox->paused_until);
    writer_object_end(listing->writer);
}

/* Three lists, one after the other; the writer's members have their names. */
static enum err
list_all(struct ctx *cx, struct listing *listing)
{
    struct writer *writer = listing->writer;
    enum err err;

    if (writer)
        writer_array(writer, "payments");
    if ((err = reviewing_each(cx, payment_store(), on_payment, listing)))
        return err;
    if (writer) {
        writer_array_end(writer);
        writer_array(writer, "mails");
    }
    if ((err = stuck_mails(cx, notification_store(), on_mail, listing)))
        return err;
    if (writer) {
        writer_array_end(writer);
        writer_array(writer, "mailboxes");
    }
    err = stuck_mailboxes(cx, notification_store(), on_mailbox, listing);
    if (writer)
        writer_array_end(writer);
    return err;
}

enum err
admin_reviews(struct ctx *cx, const struct words *words, int *ret_status)
{
    struct listing listing = { .is_count = words->is_count };
    struct writer writer;
    struct text text;
    enum err err;

    if (words->is_json) {
        text_init(&text, cx->arena, 64 * MIB);
        writer_init(&writer, &text);
        writer_object(&writer, NULL);
        listing.writer = &writer;
    }
    if ((err = list_all(cx, &listing)))
        return err;
    if (words->is_json) {
        writer_object_end(&writer);
        puts(text.bytes);
    } else if (words->is_count) {
        printf("%d\n", listing.count);
    } else if (listing.count == 0) {
        puts("nothing needs a person");
    }
    *ret_status = listing.count > 0;
    return OK;
}

/* Who sits before the machine; with sudo, before that. */
static const char *
name_of_person(struct ctx *cx)
{
    const char *name = getenv("SUDO_USER");
    const struct passwd *entry;

    if (name && *name)
        return name;
    entry = getpwuid(getuid());
    return entry ? arena_strdup(cx->arena, entry->pw_name)
                 : arena_printf(cx->arena, "uid %ld", (long)getuid());
}

enum err
admin_resolve(struct ctx *cx, const struct words *words, int *ret_status)
{
    const char *by = name_of_person(cx);
    const struct payment *payment;
    int64_t mails;
    enum err err, of_payment;

    *ret_status = EX_NOINPUT;
    if (!id_is_valid(words->argument))
        return fail(cx, ERR_NOT_FOUND, "%s is no order's id", words->argument);
    of_payment = reviewing_resolve(cx, payment_store(), words->argument, by,
                                   words->note, &payment);
    if (of_payment && of_payment != ERR_NOT_FOUND)
        return of_payment;
    ctx_forgive(cx);
    if ((err = stuck_close(cx, notification_store(), words->argument, by,
                           words->note, &mails)))
        return err;
    if (of_payment && mails == 0)
        return fail(cx, ERR_NOT_FOUND, "nothing of this order is open");
    *ret_status = EX_OK;
    printf("order %s: closed by %s: %s\n", words->argument, by, words->note);
    return OK;
}
