#include "notification/mailbox.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "notification/notification_store.h"

/* Milliseconds, and how often a change that was overtaken is made anew. */
enum { MENDING = 60 * 1000, BETWEEN_SWEEPS = 60 * 60 * 1000, TRIES = 8 };

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

enum err
mailbox_is_paused(struct ctx *cx, const struct mail_gateway *gateway,
                  bool *ret_is_paused)
{
    struct mailbox mailbox;
    enum err err;

    if ((err = get(cx, gateway, &mailbox)))
        return err;
    *ret_is_paused = mailbox.paused_until > clock_now();
    return OK;
}

static enum err
try_pause(struct ctx *cx, const struct mail_gateway *gateway, int64_t until,
          const char *reason, bool *ret_is_news)
{
    struct mailbox mailbox;
    enum err err;

    if ((err = get(cx, gateway, &mailbox)))
        return err;
    *ret_is_news =
        !mailbox.pause_reason || strcmp(mailbox.pause_reason, reason) != 0;
    if (mailbox.paused_until < until)
        mailbox.paused_until = until;
    mailbox.pause_reason = reason;
    return put(cx, gateway, &mailbox);
}

enum err
mailbox_pause(struct ctx *cx, const struct mail_gateway *gateway,
              enum err cause, const char *reason, int64_t *ret_until)
{
    int64_t pause = (int64_t)cx->retry_after * 1000;
    bool is_news = false;
    enum err err = ERR_CONFLICT;

    if (cause == ERR_UNAUTHENTICATED)
        pause = MENDING;
    *ret_until = clock_now() + pause;
    for (int i = 0; err == ERR_CONFLICT && i < TRIES; i++)
        err = try_pause(cx, gateway, *ret_until, reason, &is_news);
    if (!err && is_news && cause == ERR_UNAUTHENTICATED)
        report(cx, gateway, "error",
               "no mail leaves until the mailbox's settings are mended",
               reason);
    else if (!err && is_news)
        report(cx, gateway, "info", "mail waits for its quota", reason);
    return err;
}

static enum err
try_resume(struct ctx *cx, const struct mail_gateway *gateway,
           bool *ret_is_news)
{
    struct mailbox mailbox;
    enum err err;

    *ret_is_news = false;
    err = get(cx, gateway, &mailbox);
    if (err || !mailbox.pause_reason)
        return err;
    *ret_is_news = true;
    mailbox.pause_reason = NULL;
    mailbox.paused_until = 0;
    return put(cx, gateway, &mailbox);
}

enum err
mailbox_resume(struct ctx *cx, const struct mail_gateway *gateway)
{
    bool is_news = false;
    enum err err = ERR_CONFLICT;

    for (int i = 0; err == ERR_CONFLICT && i < TRIES; i++)
        err = try_resume(cx, gateway, &is_news);
    if (!err && is_news)
        report(cx, gateway, "info", "mail leaves again", NULL);
    return err;
}

enum err
mailbox_takes_sweep(struct ctx *cx, const struct mail_gateway *gateway,
                    bool *ret_is_mine)
{
    int64_t now = clock_now();
    struct mailbox mailbox;
    enum err err;

    *ret_is_mine = false;
    err = get(cx, gateway, &mailbox);
    if (err || mailbox.swept_at > now - BETWEEN_SWEEPS)
        return err;
    mailbox.swept_at = now;
    err = put(cx, gateway, &mailbox);
    if (err == ERR_CONFLICT) {
        ctx_forgive(cx);
        return OK;
    }
    *ret_is_mine = !err;
    return err;
}
