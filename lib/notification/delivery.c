#include "notification/delivery.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "io/worker.h"
#include "notification/mailbox.h"

/*
 * Milliseconds that a mail whose sending stays in doubt is sent again: a server
 * that never answers may have taken it each time.
 */
enum { DOUBT_MOST = 10 * 60 * 1000 };

/* What is being delivered, and how far this attempt has come. */
struct attempt {
    const struct delivery *delivery;
    struct notification *it;
    bool was_started; /* a send had been started before this attempt */
};

/* Keeps what the attempt has come to, and begins its lease anew. */
static enum err
keep(struct ctx *cx, struct attempt *attempt)
{
    const struct delivery *delivery = attempt->delivery;
    struct notification *it = attempt->it;
    enum err err;

    it->due_at = worker_begin_lease(cx, delivery->lease);
    it->updated_at = clock_now();
    err = delivery->store->update(cx, delivery->store, it);
    if (!err)
        it->version++;
    /* if it was kept after all, its version overtakes what we do from here */
    return err == ERR_UNKNOWN_OUTCOME ? ERR_UNAVAILABLE : err;
}

static bool
has_drafts(const struct attempt *attempt)
{
    return attempt->delivery->gateway.draft != NULL;
}

/* Whether sending its draft again settles what became of the send before. */
static bool
can_settle(const struct attempt *attempt)
{
    const struct notification *it = attempt->it;

    return has_drafts(attempt) && it->draft_id && it->mailbox &&
           !strcmp(it->mailbox, attempt->delivery->gateway.name);
}

static void
forget_draft(struct attempt *attempt)
{
    attempt->it->draft_id = NULL;
    attempt->it->send_started_at = 0;
    attempt->was_started = false;
}

static enum err
compose(struct ctx *cx, struct attempt *attempt, struct parcel *ret_parcel)
{
    const struct delivery *delivery = attempt->delivery;
    struct sender sender = { delivery->gateway.from, delivery->shop_name };
    struct receipt receipt;
    struct mail mail;
    enum err err;

    if ((err = delivery->look_up(cx, attempt->it, &receipt)))
        return err;
    mail = receipt_mail(cx, &receipt, delivery->shop_name,
                        delivery->shop_url);
    ret_parcel->to = mail.to;
    return mail_compose(cx, &sender, &mail, &ret_parcel->bytes,
                        &ret_parcel->size);
}

/* Makes a draft and keeps its id, before anything is sent. */
static enum err
make_draft(struct ctx *cx, struct attempt *attempt,
           const struct parcel *parcel)
{
    const struct mail_gateway *gateway = &attempt->delivery->gateway;
    const char *draft_id;
    enum err err;

    if ((err = gateway->draft(cx, gateway, parcel, &draft_id)))
        return err;
    attempt->it->draft_id = draft_id;
    err = keep(cx, attempt);
    if (err == ERR_CONFLICT) /* somebody else makes one of their own */
        (void)gateway->discard(cx, gateway, draft_id);
    return err;
}

/* What there is to send: the draft of before, or a new one, or the mail. */
static enum err
prepare(struct ctx *cx, struct attempt *attempt, struct parcel *ret_parcel)
{
    enum err err;

    if (can_settle(attempt))
        return OK;
    /* without drafts it is kept since when there is a doubt */
    if (has_drafts(attempt) || !attempt->was_started)
        forget_draft(attempt);
    attempt->it->mailbox = attempt->delivery->gateway.name;
    if ((err = compose(cx, attempt, ret_parcel)) || !has_drafts(attempt))
        return err;
    return make_draft(cx, attempt, ret_parcel);
}

static enum err
start_send(struct ctx *cx, struct attempt *attempt)
{
    enum err err;

    if (attempt->was_started)
        return OK;
    attempt->it->send_started_at = clock_now();
    if ((err = keep(cx, attempt)))
        attempt->it->send_started_at = 0;
    return err;
}

static enum err
send(struct ctx *cx, struct attempt *attempt)
{
    const struct mail_gateway *gateway = &attempt->delivery->gateway;
    struct parcel parcel = { 0 };
    enum err err;

    if ((err = prepare(cx, attempt, &parcel)) ||
        (err = start_send(cx, attempt)))
        return err;
    err = gateway->send(cx, gateway, attempt->it->draft_id, &parcel);
    if (err == ERR_NOT_FOUND && attempt->was_started) {
        ctx_forgive(cx);
        return OK; /* the send before has done it */
    }
    if (err == ERR_NOT_FOUND) { /* somebody has deleted the draft */
        forget_draft(attempt);
        return ERR_UNAVAILABLE;
    }
    /* a refusal proves that this send, the first one, did nothing */
    if (err && err != ERR_UNKNOWN_OUTCOME && !attempt->was_started)
        attempt->it->send_started_at = 0;
    return err;
}

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

/* Nobody can tell whether it was sent: whether it may be sent once more. */
static bool
may_repeat(const struct attempt *attempt)
{
    int64_t doubt = clock_now() - attempt->it->send_started_at;

    return has_drafts(attempt) ||
           (attempt->delivery->is_at_least_once && doubt < DOUBT_MOST);
}

/* What the attempt's end means for the notification. */
static enum err
decide(struct ctx *cx, struct attempt *attempt, enum err err)
{
    const struct delivery *delivery = attempt->delivery;
    int64_t wait = worker_backoff(attempt->it->attempts, cx->retry_after);

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
    case ERR_UNKNOWN_OUTCOME:
        if (!may_repeat(attempt)) {
            finish(attempt, UNKNOWN);
            return OK;
        }
        /* fall through */
    default:
        put_back(attempt, clock_now() + wait);
        return OK;
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

    if (attempt->it->status == ABANDONED && can_settle(attempt) &&
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
    return attempt->was_started && !can_settle(attempt) &&
           !attempt->delivery->is_at_least_once;
}

static enum err
deliver(struct ctx *cx, const struct delivery *delivery,
        struct notification *it)
{
    struct attempt attempt = { delivery, it, it->send_started_at != 0 };

    if (!is_doubtful(&attempt))
        return conclude(cx, &attempt, send(cx, &attempt));
    it->last_error = "its worker ended while it was being sent";
    finish(&attempt, UNKNOWN);
    return end(cx, &attempt);
}

enum err
delivery_turn(struct ctx *cx, const struct delivery *delivery,
              bool *ret_is_idle)
{
    struct notification_store *store = delivery->store;
    struct notification *it;
    bool is_paused;
    enum err err;

    *ret_is_idle = true;
    err = mailbox_is_paused(cx, &delivery->gateway, &is_paused);
    if (err || is_paused)
        return err;
    err = store->claim(cx, store, clock_now(),
                       worker_begin_lease(cx, delivery->lease), &it);
    if (err == ERR_NOT_FOUND || err == ERR_CONFLICT) {
        ctx_forgive(cx);
        return OK;
    }
    if (err)
        return err;
    *ret_is_idle = false;
    return deliver(cx, delivery, it);
}
