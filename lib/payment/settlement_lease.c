/* Who works on a payment, and how what they find is kept. */
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/id.h"
#include "io/secret.h"
#include "base/log.h"
#include "payment/review.h"
#include "payment/settlement.h"

/* Milliseconds; longer than any one call to somebody else takes. */
static int64_t
lease_time(void)
{
    return config_int(SETTING_PAYMENT_LEASE, 1, 600) * 1000;
}

/*
 * How long a second call waits for the first, and how often it looks; how long
 * it has to wait where a lease is held on purpose. A service that asks another
 * one must not have to wait in vain for that (peer.c).
 */
enum { PATIENCE = 8 * 1000, NAP = 40, HOLD = 2 * 1000 };

/* How often a change that was overtaken is made anew. */
enum { TRIES = 8 };

/* Milliseconds that a call has at least, however short the lease. */
enum { CALL_LEAST = 5 * 1000 };

/* For so long nobody else works on it; then, should we die, somebody has to. */
static void
extend_lease(struct payment *payment)
{
    payment->lease_until = clock_now() + lease_time();
    payment->due_at = payment->lease_until;
}

/*
 * What is asked of others under the lease ends with it, when somebody else may
 * begin to ask the same. For after each extend_lease() that was kept.
 */
static void
bound_calls(struct ctx *cx, struct settlement *work)
{
    int64_t lease = lease_time();
    int64_t end = clock_monotonic() + (lease > CALL_LEAST ? lease : CALL_LEAST);

    cx->deadline = work->deadline < end ? work->deadline : end;
}

/* Takes it in hand. ERR_CONFLICT: somebody was faster. */
static enum err
take(struct ctx *cx, struct settlement *work, bool is_new)
{
    struct payment_store *store = work->store;
    enum err err;

    work->owner = id_new(cx->arena);
    work->payment->lease_owner = work->owner;
    extend_lease(work->payment);
    err = is_new ? store->insert(cx, store, work->payment)
                 : store->save(cx, store, work->payment);
    work->has_lease = !err;
    if (!err) {
        work->deadline = cx->deadline;
        bound_calls(cx, work);
    }
    return err;
}

static bool
is_all_done(const struct payment *payment)
{
    for (int kind = 0; kind < EFFECTS; kind++) {
        if (payment->effects[kind] != EFFECT_DONE)
            return false;
    }
    return payment->state == PAYMENT_SUCCEEDED;
}

/* Whether somebody has tried, or tries, since we came. */
static void
note_what_is_under_way(struct settlement *work)
{
    int64_t attempts = (int64_t)work->payment->attempt_count;

    if (!work->has_looked)
        work->attempts_seen = attempts;
    work->has_looked = true;
    if (payment_is_doubtful(work->payment) || attempts > work->attempts_seen)
        work->was_under_way = true;
}

/* The payment as it is, or a new one for the order; ret_is_new tells. */
static enum err
get_or_make(struct ctx *cx, struct settlement *work, const char *order_id,
            const struct remote_order *order, bool *ret_is_new)
{
    enum err err = work->store->get(cx, work->store, order_id, &work->payment);

    *ret_is_new = err == ERR_NOT_FOUND && order;
    if (!*ret_is_new)
        return err;
    ctx_forgive(cx);
    work->payment = payment_new(cx, order->id, order->user_id, order->total);
    return OK;
}

/* One look; *ret_again: somebody else has it, or was faster. */
static enum err
try_begin(struct ctx *cx, struct settlement *work, const char *order_id,
          const struct remote_order *order, bool *ret_again)
{
    bool is_new;
    enum err err;

    *ret_again = false;
    if ((err = get_or_make(cx, work, order_id, order, &is_new)))
        return err;
    if (order && is_all_done(work->payment))
        return OK;
    note_what_is_under_way(work);
    if (work->payment->lease_until > clock_now()) {
        *ret_again = true;
        return fail(cx, ERR_CONFLICT, "this order is being paid right now");
    }
    err = take(cx, work, is_new);
    *ret_again = err == ERR_CONFLICT;
    return err;
}

enum err
settlement_begin(struct ctx *cx, struct settlement *work, const char *order_id,
                 const struct remote_order *order)
{
    int64_t until = clock_monotonic() + ctx_time_left(cx, PATIENCE);

    for (;;) {
        bool again;
        enum err err = try_begin(cx, work, order_id, order, &again);

        if (!again || clock_monotonic() >= until)
            return err;
        ctx_forgive(cx);
        clock_nap(NAP);
    }
}

enum err
settlement_try(struct ctx *cx, struct settlement *work)
{
    if (work->payment->lease_until > clock_now())
        return fail(cx, ERR_CONFLICT, "somebody is at it");
    return take(cx, work, false);
}

/* Whether the lease is still ours: it may have run out, and been taken. */
static bool
is_ours(const struct settlement *work, const struct payment *payment)
{
    return payment->lease_owner && !strcmp(payment->lease_owner, work->owner);
}

/*
 * What could not be kept must not be kept later either: whoever asked is told
 * that nothing was done. Goes on with the payment as it is in the store; true
 * if it was kept after all.
 */
static bool
read_back(struct ctx *cx, struct settlement *work)
{
    const struct payment *wanted = work->payment;
    struct payment_store *store = work->store;
    struct ctx before = *cx;

    if (store->get(cx, store, wanted->order_id, &work->payment))
        work->has_lease = false; /* it runs out by itself */
    *cx = before;
    return work->payment != wanted && is_ours(work, work->payment) &&
           work->payment->version == wanted->version + 1;
}

enum err
settlement_save(struct ctx *cx, struct settlement *work)
{
    enum err err;

    if (!is_ours(work, work->payment))
        return fail(cx, ERR_UNAVAILABLE, "the payment's lease has run out");
    extend_lease(work->payment);
    err = work->store->save(cx, work->store, work->payment);
    if (err && read_back(cx, work) && err == ERR_UNKNOWN_OUTCOME) {
        ctx_forgive(cx);
        err = OK;
    }
    if (!err)
        bound_calls(cx, work);
    /* a conflict: news came in meanwhile; begin anew */
    return err == ERR_CONFLICT ? ERR_UNAVAILABLE : err;
}

/* What a person must look into is said once, when it is kept. */
static void
tell_reviews(struct ctx *cx, struct payment *payment)
{
    for (size_t i = 0; i < payment->review_count; i++) {
        struct review *review = &payment->reviews[i];
        struct log_line line;

        if (!review->is_news)
            continue;
        review->is_news = false;
        log_begin(&line, cx, "error", "a payment needs a person");
        writer_text(&line.writer, "request_id", cx->request_id);
        writer_text(&line.writer, "payment_id", payment->id);
        writer_text(&line.writer, "kind", review_kind_name(review->kind));
        writer_text(&line.writer, "review", review->text);
        log_end(&line);
    }
}

enum err
settlement_change(struct ctx *cx, struct settlement *work,
                  settlement_change_function *make, const void *arg)
{
    struct payment_store *store = work->store;
    enum err err = OK;

    for (int i = 0; i < TRIES; i++) {
        bool is_held;

        if (!make(work->payment, arg))
            return OK;
        is_held = work->has_lease && is_ours(work, work->payment);
        if (is_held)
            extend_lease(work->payment);
        err = store->save(cx, store, work->payment);
        if (!err)
            tell_reviews(cx, work->payment);
        if (!err && is_held)
            bound_calls(cx, work);
        if (err != ERR_CONFLICT)
            return err;
        ctx_forgive(cx);
        if ((err = store->get(cx, store, work->payment->order_id,
                              &work->payment)))
            return err;
    }
    return fail(cx, ERR_UNAVAILABLE, "the payment changes all the time");
}

/* Up to a quarter later: what failed together isn't tried again together. */
static int64_t
spread(int64_t due_at, int64_t now)
{
    uint32_t chance;

    if (due_at <= now)
        return due_at;
    secret_random(&chance, sizeof chance);
    return due_at + chance % ((due_at - now) / 4 + 1);
}

/* Who parts with a lease, and when whom they asked may be asked again. */
struct parting {
    const char *owner;
    int64_t retry_at;
};

static bool
drop_lease(struct payment *payment, const void *arg)
{
    const struct parting *parting = arg;
    int64_t now = clock_now(), due_at = payment_due(payment, now);

    if (!payment->lease_owner ||
        strcmp(payment->lease_owner, parting->owner) != 0)
        return false; /* it ran out, and somebody else has it */
    if (due_at > 0 && due_at < parting->retry_at)
        due_at = parting->retry_at;
    payment->lease_owner = NULL;
    payment->lease_until = 0;
    payment->due_at = spread(due_at, now);
    return true;
}

/* Nobody's any more, but not free yet. */
static bool
hold_lease(struct payment *payment, const void *parting)
{
    if (!drop_lease(payment, parting))
        return false;
    payment->lease_until = payment->due_at = clock_now() + HOLD;
    return true;
}

static void
part_with_lease(struct ctx *cx, struct settlement *work,
                settlement_change_function *how)
{
    struct parting parting = { work->owner, cx->retry_at };
    struct ctx before = *cx;

    if (!work->has_lease)
        return;
    /* where this can't be kept, the lease runs out by itself */
    (void)settlement_change(cx, work, how, &parting);
    work->has_lease = false;
    *cx = before; /* what there is to say of the work itself stays */
    cx->deadline = work->deadline;
}

void
settlement_end(struct ctx *cx, struct settlement *work)
{
    part_with_lease(cx, work, drop_lease);
}

void
settlement_hold(struct ctx *cx, struct settlement *work)
{
    part_with_lease(cx, work, hold_lease);
}
