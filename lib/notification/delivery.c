#include "notification/delivery.h"

#include "base/clock.h"
#include "base/log.h"
#include "io/worker.h"
#include "notification/attempt.h"
#include "notification/mailbox.h"

/*
 * Milliseconds that a mail whose sending stays in doubt is sent again: a server
 * that never answers may have taken it each time.
 */
enum { DOUBT_MOST = 10 * 60 * 1000 };

static void
put_back(struct attempt *attempt, int64_t due_at)
{
    attempt->it->status = QUEUED;
    attempt->it->due_at = due_at;
}

static void
finish(struct attempt *attempt, enum notification_status status)
{
    attempt->it->status = status;
    attempt->it->due_at = 0;
    if (status == SENT) {
        attempt->it->sent_at = clock_now();
        attempt->it->last_error = NULL;
    }
}

/* The mailbox takes nothing for a while: this attempt doesn't count. */
static enum err
pause_all(struct ctx *cx, struct attempt *attempt, enum err err)
{
    int64_t until;
    enum err stored;

    stored = mailbox_pause(cx, &attempt->delivery->gateway, err,
                           attempt->it->last_error, &until);
    attempt->it->attempts--;
    put_back(attempt, until);
    return stored;
}

/*
 * It failed in passing. Where others fail, too, this one isn't to blame, and
 * doesn't wait longer than they do; but without drafts a doubt always counts.
 */
static enum err
put_off(struct ctx *cx, struct attempt *attempt)
{
    const struct mail_gateway *gateway = &attempt->delivery->gateway;
    struct notification *it = attempt->it;
    unsigned retry_after = cx->retry_after;
    int64_t next, due_at;
    enum err err;

    err = mailbox_fail(cx, gateway, it->last_error, &next);
    if (next && (attempt_has_drafts(attempt) || !it->send_started_at))
        it->attempts--;
    due_at = clock_now() + worker_backoff(it->attempts, retry_after);
    put_back(attempt, due_at > next ? due_at : next);
    return err;
}

/* Others are at it; it is somebody's again in a moment. */
static void
leave(struct attempt *attempt)
{
    attempt->it->attempts--;
    put_back(attempt, clock_now() + worker_backoff(1, 0));
}

/* Nobody can tell whether it was sent: whether it may be sent once more. */
static bool
may_repeat(const struct attempt *attempt)
{
    int64_t doubt = clock_now() - attempt->it->send_started_at;

    return attempt_has_drafts(attempt) ||
           (attempt->delivery->is_at_least_once && doubt < DOUBT_MOST);
}

/* What the attempt's end means for the notification. */
static enum err
decide(struct ctx *cx, struct attempt *attempt, enum err err)
{
    const struct delivery *delivery = attempt->delivery;

    switch (err) {
    case OK:
        finish(attempt, SENT);
        return mailbox_resume(cx, &delivery->gateway);
    case ERR_INVALID:
    case ERR_NOT_FOUND:
        finish(attempt, ABANDONED);
        return OK;
    case ERR_TOO_MANY:
    case ERR_UNAUTHENTICATED:
        return pause_all(cx, attempt, err);
    case ERR_CONFLICT:
        leave(attempt);
        return OK;
    case ERR_UNKNOWN_OUTCOME:
        if (!may_repeat(attempt)) {
            finish(attempt, UNKNOWN);
            return OK;
        }
        /* fall through */
    default:
        return put_off(cx, attempt);
    }
}

static void
log_attempt(struct ctx *cx, const struct attempt *attempt)
{
    const struct notification *it = attempt->it;
    struct log_line line;

    log_begin(&line, cx, it->last_error ? "error" : "info", "delivery");
    writer_text(&line.writer, "request_id", cx->request_id);
    writer_text(&line.writer, "notification", it->id);
    writer_text(&line.writer, "status", notification_status_name(it->status));
    writer_int(&line.writer, "attempts", it->attempts);
    if (it->last_error)
        writer_text(&line.writer, "cause", it->last_error);
    log_end(&line);
}

/* A draft that will never be sent is only in somebody's way. */
static void
tidy(struct ctx *cx, const struct attempt *attempt)
{
    const struct mail_gateway *gateway = &attempt->delivery->gateway;

    if (attempt->it->status == ABANDONED && attempt_can_settle(attempt) &&
        gateway->discard(cx, gateway, attempt->it->draft_id))
        ctx_forgive(cx);
}

/* Keeps what became of it. */
static enum err
end(struct ctx *cx, struct attempt *attempt)
{
    struct notification_store *store = attempt->delivery->store;
    enum err err;

    attempt->it->updated_at = clock_now();
    err = store->update(cx, store, attempt->it);
    if (err == ERR_CONFLICT) { /* our lease had ended: another one's now */
        ctx_forgive(cx);
        return OK;
    }
    if (err)
        return err;
    log_attempt(cx, attempt);
    tidy(cx, attempt);
    return OK;
}

static enum err
conclude(struct ctx *cx, struct attempt *attempt, enum err err)
{
    enum err decided;

    if (err)
        attempt->it->last_error = cx->cause   ? cx->cause
                                  : cx->fault ? cx->fault
                                              : err_title(err);
    decided = decide(cx, attempt, err);
    ctx_forgive(cx);
    err = end(cx, attempt);
    return err ? err : decided;
}

/* A send that was started, and of whose end nobody can tell. */
static bool
is_doubtful(const struct attempt *attempt)
{
    return attempt->was_started && !attempt_can_settle(attempt) &&
           !attempt->delivery->is_at_least_once;
}

static enum err
deliver(struct ctx *cx, const struct delivery *delivery,
        struct notification *it)
{
    struct attempt attempt = { delivery, it, it->send_started_at != 0 };

    if (!is_doubtful(&attempt))
        return conclude(cx, &attempt, attempt_send(cx, &attempt));
    it->last_error = "its worker ended while it was being sent";
    finish(&attempt, UNKNOWN);
    return end(cx, &attempt);
}

/* Another worker tries a mail: this one hasn't been. */
static enum err
give_back(struct ctx *cx, const struct delivery *delivery,
          struct notification *it)
{
    struct attempt attempt = { .delivery = delivery, .it = it };

    leave(&attempt);
    return end(cx, &attempt);
}

enum err
delivery_turn(struct ctx *cx, const struct delivery *delivery,
              bool *ret_is_idle)
{
    struct notification_store *store = delivery->store;
    struct notification *it;
    struct mailbox mailbox;
    bool is_open, is_mine;
    enum err err;

    *ret_is_idle = true;
    err = mailbox_get(cx, &delivery->gateway, &mailbox, &is_open);
    if (err || !is_open)
        return err;
    err = store->claim(cx, store, clock_now(),
                       worker_begin_lease(cx, delivery->lease), &it);
    if (err == ERR_NOT_FOUND || err == ERR_CONFLICT) {
        ctx_forgive(cx);
        return OK;
    }
    if (err)
        return err;
    err = mailbox_takes_try(cx, &delivery->gateway, &mailbox, &is_mine);
    if (err)
        return err;
    *ret_is_idle = !is_mine;
    return is_mine ? deliver(cx, delivery, it) : give_back(cx, delivery, it);
}
