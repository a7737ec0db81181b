#include "notification/mailbox.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/worker.h"
#include "notification/notification_store.h"

/* Milliseconds, and how often a change that was overtaken is made anew. */
enum { MENDING = 60 * 1000, BETWEEN_SWEEPS = 60 * 60 * 1000, TRIES = 8 };

/*
 * So many failures in a row are nobody's own; from SLOWEST more on, the time
 * between tries doesn't grow: 8 to 16 s. That until a mail that has been tried
 * is tried again does, once more after each DOUBLING: at the pace of those
 * tries it is a fiftieth or so of the time since a mail has left.
 */
enum { FAILING = 2, SLOWEST = 4, DOUBLING = 64 };

static enum err
get(struct ctx *cx, const struct mail_gateway *gateway,
    struct mailbox *ret_mailbox)
{
    struct notification_store *store = gateway->store;

    return store->get_mailbox(cx, store, gateway->mailbox_id, ret_mailbox);
}

static enum err
put(struct ctx *cx, const struct mail_gateway *gateway,
    const struct mailbox *mailbox)
{
    struct notification_store *store = gateway->store;

    return store->put_mailbox(cx, store, mailbox);
}

/* Puts it where nobody else has meanwhile. */
static enum err
put_first(struct ctx *cx, const struct mail_gateway *gateway,
          const struct mailbox *mailbox, bool *ret_is_first)
{
    enum err err = put(cx, gateway, mailbox);

    *ret_is_first = !err;
    if (err != ERR_CONFLICT)
        return err;
    ctx_forgive(cx);
    return OK;
}

enum err
mailbox_alter(struct ctx *cx, const struct mail_gateway *gateway,
              mailbox_change *change, void *arg)
{
    bool has_failed = cx->fault || cx->cause; /* before, which stays known */
    struct mailbox mailbox;
    enum err err = ERR_CONFLICT;

    for (int i = 0; err == ERR_CONFLICT && i < TRIES; i++) {
        err = get(cx, gateway, &mailbox);
        if (err || !change(&mailbox, arg))
            return err;
        err = put(cx, gateway, &mailbox);
        if (err == ERR_CONFLICT && !has_failed)
            ctx_forgive(cx);
    }
    return err;
}

static void
report(struct ctx *cx, const struct mail_gateway *gateway, const char *level,
       const char *message, const char *reason)
{
    struct log_line line;

    log_begin(&line, cx, level, message);
    writer_text(&line.writer, "mailbox", gateway->mailbox_id);
    writer_text(&line.writer, "cause", reason);
    log_end(&line);
}

static bool
is_failing(const struct mailbox *mailbox)
{
    return mailbox->failures >= FAILING;
}

/* When to try one, of those that fail; so many doublings later. */
static int64_t
next_try(const struct mailbox *mailbox, int64_t later)
{
    int64_t tries = mailbox->failures - FAILING + 1;

    return clock_now() +
           worker_backoff((tries < SLOWEST ? tries : SLOWEST) + later, 0);
}

/* When to try the one that has failed; behind those that come meanwhile. */
static int64_t
next_try_again(const struct mailbox *mailbox)
{
    int64_t next = next_try(mailbox, mailbox->failures / DOUBLING);

    return next > mailbox->next_try_at ? next : mailbox->next_try_at;
}

enum err
mailbox_get(struct ctx *cx, const struct mail_gateway *gateway,
            struct mailbox *ret_mailbox, bool *ret_is_open)
{
    int64_t now = clock_now();
    enum err err;

    if ((err = get(cx, gateway, ret_mailbox)))
        return err;
    *ret_is_open =
        ret_mailbox->paused_until <= now && ret_mailbox->next_try_at <= now;
    return OK;
}

enum err
mailbox_takes_try(struct ctx *cx, const struct mail_gateway *gateway,
                  struct mailbox *mailbox, bool *ret_is_mine)
{
    *ret_is_mine = true;
    if (!is_failing(mailbox))
        return OK;
    mailbox->next_try_at = next_try(mailbox, 0);
    return put_first(cx, gateway, mailbox, ret_is_mine);
}

static bool
count_failure(struct mailbox *mailbox, void *arg)
{
    struct mailbox *ret_mailbox = arg;

    mailbox->failures++;
    if (is_failing(mailbox))
        mailbox->next_try_at = next_try(mailbox, 0);
    *ret_mailbox = *mailbox;
    return true;
}

enum err
mailbox_fail(struct ctx *cx, const struct mail_gateway *gateway,
             const char *reason, int64_t *ret_next)
{
    struct mailbox mailbox = { 0 };
    enum err err = mailbox_alter(cx, gateway, count_failure, &mailbox);

    *ret_next = is_failing(&mailbox) ? next_try_again(&mailbox) : 0;
    if (err == ERR_CONFLICT) /* many fail at once: one more doesn't count */
        return OK;
    if (!err && mailbox.failures == FAILING)
        report(cx, gateway, "info",
               "mails fail one after the other: one at a time is tried",
               reason);
    return err;
}

struct pause {
    int64_t until;
    const char *reason;
    bool is_news;
};

static bool
pause(struct mailbox *mailbox, void *arg)
{
    struct pause *wish = arg;

    wish->is_news = !mailbox->pause_reason ||
                    strcmp(mailbox->pause_reason, wish->reason) != 0;
    if (mailbox->paused_until < wish->until)
        mailbox->paused_until = wish->until;
    mailbox->pause_reason = wish->reason;
    return true;
}

enum err
mailbox_pause(struct ctx *cx, const struct mail_gateway *gateway,
              enum err cause, const char *reason, int64_t *ret_until)
{
    int64_t wait = cause == ERR_UNAUTHENTICATED
                       ? MENDING
                       : (int64_t)cx->retry_after * 1000;
    struct pause wish = { clock_now() + wait, reason, false };
    enum err err = mailbox_alter(cx, gateway, pause, &wish);

    *ret_until = wish.until;
    if (!err && wish.is_news && cause == ERR_UNAUTHENTICATED)
        report(cx, gateway, "error",
               "no mail leaves until the mailbox's settings are mended",
               reason);
    else if (!err && wish.is_news)
        report(cx, gateway, "info", "mail waits for its quota", reason);
    return err;
}

static bool
resume(struct mailbox *mailbox, void *arg)
{
    bool is_over =
        mailbox->pause_reason && mailbox->paused_until <= clock_now();
    bool *is_news = arg;

    *is_news = is_over || is_failing(mailbox);
    if (!is_over && mailbox->failures == 0)
        return false;
    mailbox->failures = mailbox->next_try_at = 0;
    if (is_over) {
        mailbox->pause_reason = NULL;
        mailbox->paused_until = 0;
    }
    return true;
}

enum err
mailbox_resume(struct ctx *cx, const struct mail_gateway *gateway)
{
    bool is_news = false;
    enum err err = mailbox_alter(cx, gateway, resume, &is_news);

    if (!err && is_news)
        report(cx, gateway, "info", "mail leaves again", NULL);
    return err;
}

enum err
mailbox_takes_sweep(struct ctx *cx, const struct mail_gateway *gateway,
                    const char **ret_page, bool *ret_is_mine)
{
    int64_t now = clock_now();
    struct mailbox mailbox;
    enum err err;

    *ret_is_mine = false;
    err = get(cx, gateway, &mailbox);
    if (err || mailbox.swept_at > now - BETWEEN_SWEEPS)
        return err;
    *ret_page = mailbox.sweep_page;
    mailbox.swept_at = now;
    return put_first(cx, gateway, &mailbox, ret_is_mine);
}

static bool
turn_page(struct mailbox *mailbox, void *arg)
{
    const char *page = arg;

    if (!page && !mailbox->sweep_page)
        return false;
    mailbox->sweep_page = page;
    if (page)
        mailbox->swept_at = 0;
    return true;
}

enum err
mailbox_sweep_on(struct ctx *cx, const struct mail_gateway *gateway,
                 const char *page)
{
    return mailbox_alter(cx, gateway, turn_page, (void *)page);
}
