#include "payment/settlement.h"

#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/id.h"
#include "base/log.h"
#include "payment/stripe.h"
#include "peer/notification_client.h"

/* Milliseconds; longer than any one call that is made under it. */
static int64_t
lease_time(void)
{
    return config_int(SETTING_PAYMENT_LEASE, 1, 600) * 1000;
}

/* How long a second call waits for the first, and how often it looks. */
enum { PATIENCE = 8 * 1000, NAP = 40 };

/* How often a change that was overtaken is made anew. */
enum { TRIES = 8 };

/* Stripe may forget a key after 24 h; an hour is left for clocks. */
#define KEY_LIFE (INT64_C(23) * 3600 * 1000)

/* For so long nobody else works on it; then, should we die, somebody has to. */
static void
extend_lease(struct payment *payment)
{
    payment->lease_until = clock_now() + lease_time();
    payment->due_at = payment->lease_until;
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
settlement_begin(struct ctx *cx, struct settlement *work,
                 const char *order_id, const struct remote_order *order)
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
    if (!err)
        return OK;
    if (read_back(cx, work) && err == ERR_UNKNOWN_OUTCOME) {
        ctx_forgive(cx);
        return OK;
    }
    /* a conflict: news came in meanwhile; begin anew */
    return err == ERR_CONFLICT ? ERR_UNAVAILABLE : err;
}

enum err
settlement_change(struct ctx *cx, struct settlement *work,
                  settlement_change_function *make, const void *arg)
{
    struct payment_store *store = work->store;
    enum err err = OK;

    for (int i = 0; i < TRIES; i++) {
        if (!make(work->payment, arg))
            return OK;
        err = store->save(cx, store, work->payment);
        if (err != ERR_CONFLICT)
            return err;
        ctx_forgive(cx);
        if ((err = store->get(cx, store, work->payment->order_id,
                              &work->payment)))
            return err;
    }
    return fail(cx, ERR_UNAVAILABLE, "the payment changes all the time");
}

static bool
learn(struct payment *payment, const void *arg)
{
    return payment_learn(payment, arg);
}

/* What an intent's status means to us, with what was tried so far. */
static enum payment_state
state_of(const struct intent *intent, const struct payment *payment)
{
    switch (intent->status) {
    case INTENT_REQUIRES_ACTION:
        return PAYMENT_REQUIRES_ACTION;
    case INTENT_PROCESSING:
    case INTENT_REQUIRES_CAPTURE:
        return PAYMENT_PROCESSING;
    case INTENT_SUCCEEDED:
        return PAYMENT_SUCCEEDED;
    case INTENT_CANCELED:
        return PAYMENT_CANCELED;
    case INTENT_REQUIRES_PAYMENT_METHOD:
    case INTENT_REQUIRES_CONFIRMATION:
        break;
    }
    /* back at its beginning: something was tried, by us or in the browser */
    return payment->attempt_count > 0 || payment->state != PAYMENT_CREATED
               ? PAYMENT_FAILED
               : PAYMENT_CREATED;
}

void
settlement_alarm(struct ctx *cx, const struct payment *payment)
{
    struct log_line line;

    log_begin(&line, cx, "error", "a payment needs a person");
    writer_text(&line.writer, "request_id", cx->request_id);
    writer_text(&line.writer, "payment_id", payment->id);
    writer_text(&line.writer, "review", payment->review);
    log_end(&line);
}

/* Keeps what Stripe said of the intent. */
static enum err
take_in(struct ctx *cx, struct settlement *work, const struct intent *intent,
        int64_t attempt_number)
{
    struct intent_news news = {
        .attempt_number = attempt_number,
        .state = state_of(intent, work->payment),
        .code = intent->code,
        .message = intent->message,
    };
    enum err err;

    work->client_secret = intent->client_secret;
    if (news.state == PAYMENT_SUCCEEDED)
        news.review = stripe_objection(cx, work->payment, intent);
    if ((err = settlement_change(cx, work, learn, &news)))
        return err;
    if (news.review) {
        settlement_alarm(cx, work->payment);
        return fail(cx, ERR_CONFLICT,
                    "this payment is being looked into by the shop");
    }
    if (news.state == PAYMENT_FAILED)
        return fail(cx, ERR_DECLINED, "%s",
                    intent->message ? intent->message
                                    : "the payment was declined");
    return OK;
}

enum err
settlement_look(struct ctx *cx, struct settlement *work)
{
    struct intent intent;
    enum err err;

    if ((err = stripe_get(cx, work->payment->intent_id, &intent)))
        return err;
    return take_in(cx, work, &intent, 0);
}

/* The state that a failed confirmation leaves behind. */
static enum payment_state
state_after(enum err err)
{
    switch (err) {
    case ERR_DECLINED:
        return PAYMENT_FAILED;
    case ERR_INVALID:
    case ERR_UPSTREAM:
    case ERR_CONFLICT:
        return PAYMENT_REJECTED;
    default:
        return PAYMENT_UNKNOWN; /* whatever it is: it may have charged */
    }
}

static bool
is_back_at_beginning(const struct intent *intent)
{
    return intent->status == INTENT_REQUIRES_PAYMENT_METHOD ||
           intent->status == INTENT_REQUIRES_CONFIRMATION;
}

/*
 * No answer that decides: the intent itself may tell. That it is back at its
 * beginning tells something only where the request has ended, which a replay
 * of its kept answer shows: Stripe keeps a 500 and repeats it for a day.
 */
static enum err
look_after_doubt(struct ctx *cx, struct settlement *work, bool has_ended)
{
    struct ctx doubt = *cx;
    struct intent intent = { 0 };

    if (stripe_get(cx, work->payment->intent_id, &intent) ||
        (!has_ended && is_back_at_beginning(&intent))) {
        *cx = doubt; /* the first reason is the one to tell */
        return ERR_UNKNOWN_OUTCOME;
    }
    ctx_forgive(cx);
    return take_in(cx, work, &intent, 0);
}

static bool
learn_review(struct payment *payment, const void *review)
{
    payment->review = review;
    return true;
}

/* An intent beside the payment's own: a stray, which must not succeed. */
static enum err
hear_of_stray(struct ctx *cx, struct settlement *work,
              const struct intent *intent)
{
    const char *review;
    enum err err;

    if (intent->status != INTENT_SUCCEEDED)
        return OK;
    review = arena_printf(cx->arena, "%s has succeeded beside %s", intent->id,
                          work->payment->intent_id ? work->payment->intent_id
                                                   : "no intent");
    if (!(err = settlement_change(cx, work, learn_review, review)))
        settlement_alarm(cx, work->payment);
    return err;
}

enum err
settlement_hear(struct ctx *cx, struct settlement *work,
                const char *intent_id)
{
    const struct payment *payment = work->payment;
    struct intent intent = { 0 };
    enum err err;

    if (!intent_id || payment->review)
        return OK;
    if ((err = stripe_get(cx, intent_id, &intent)))
        return err;
    if (!payment->intent_id || strcmp(payment->intent_id, intent_id) != 0)
        return hear_of_stray(cx, work, &intent);
    /* of a request that may be under way still, its key tells */
    if (payment_is_doubtful(payment) && is_back_at_beginning(&intent))
        return OK;
    return take_in(cx, work, &intent, 0);
}

enum err
settlement_submit(struct ctx *cx, struct settlement *work)
{
    const struct attempt *attempt = payment_last_attempt(work->payment);
    struct intent_news news = { .attempt_number = attempt->number };
    struct intent intent = { 0 };
    enum err err, kept;

    err = stripe_confirm(cx, work->payment, attempt, &intent);
    if (!err)
        return take_in(cx, work, &intent, attempt->number);
    news.state = state_after(err);
    news.code = intent.code;
    news.message = intent.message;
    kept = settlement_change(cx, work, learn, &news);
    /* what couldn't be kept isn't known: the next call asks again */
    if (kept)
        return ERR_UNKNOWN_OUTCOME;
    if (news.state == PAYMENT_UNKNOWN)
        return look_after_doubt(cx, work, intent.is_replay);
    return err;
}

enum err
settlement_settle(struct ctx *cx, struct settlement *work)
{
    const struct payment *payment = work->payment;
    const struct attempt *last = payment_last_attempt(payment);

    if (!payment->intent_id || payment->review)
        return OK;
    switch (payment->state) {
    case PAYMENT_SUBMITTED:
    case PAYMENT_UNKNOWN:
        if (clock_now() - last->submitted_at < KEY_LIFE)
            return settlement_submit(cx, work);
        return settlement_look(cx, work);
    case PAYMENT_CREATED:
    case PAYMENT_REQUIRES_ACTION:
    case PAYMENT_PROCESSING:
    case PAYMENT_REJECTED:
    case PAYMENT_FAILED:
        /* a browser that holds the client_secret may have gone on */
        return settlement_look(cx, work);
    case PAYMENT_CANCELED:
    case PAYMENT_SUCCEEDED:
        break;
    }
    return OK;
}

enum err
settlement_cancel(struct ctx *cx, struct settlement *work)
{
    const struct payment *payment = work->payment;
    struct intent intent = { 0 };
    enum err err;

    if (!payment->intent_id || payment->state == PAYMENT_SUCCEEDED ||
        payment->state == PAYMENT_PROCESSING ||
        payment->state == PAYMENT_CANCELED)
        return OK;
    if ((err = stripe_cancel(cx, payment, &intent)))
        return err;
    return take_in(cx, work, &intent, 0);
}

/* What came of carrying out one effect. */
struct effect_news {
    enum effect_kind kind;
    enum effect_state state;
    const char *review;
};

static bool
learn_effect(struct payment *payment, const void *arg)
{
    const struct effect_news *news = arg;

    /* what somebody else has done meanwhile stays done: no late refusal, as
       of an order that is Refunded by now, makes money go back */
    if (payment->effects[news->kind] != EFFECT_PENDING)
        return false;
    payment->effects[news->kind] = news->state;
    if (news->review)
        payment->review = news->review;
    return true;
}

static enum err
do_effect(struct ctx *cx, const struct payment *payment,
          enum effect_kind kind)
{
    if (kind == EFFECT_MARK_PAID)
        return order_client_set_status(cx, PAYMENT_SERVICE, payment->order_id,
                                       "Paid", payment->id);
    return notification_client_notify(cx, PAYMENT_SERVICE, payment->user_id,
                                      payment->order_id);
}

/* Carries out one effect and keeps what came of it; or leaves it to be done. */
static void
carry_out_one(struct ctx *cx, struct settlement *work, enum effect_kind kind)
{
    struct effect_news news = { .kind = kind, .state = EFFECT_DONE };
    enum err err = do_effect(cx, work->payment, kind);

    if (err == ERR_CONFLICT || err == ERR_NOT_FOUND) {
        news.state = EFFECT_REFUSED;
        news.review = arena_printf(cx->arena, "%s was refused: %s",
                                   effect_kind_name(kind), cx->fault);
    } else if (err) {
        log_event(cx, "error", "an effect has to wait");
    }
    ctx_forgive(cx);
    if (err && !news.review)
        return;
    if (settlement_change(cx, work, learn_effect, &news))
        ctx_forgive(cx); /* it will be done again, to no effect */
    if (news.review)
        settlement_alarm(cx, work->payment);
}

enum err
settlement_carry_out(struct ctx *cx, struct settlement *work)
{
    if (work->payment->state != PAYMENT_SUCCEEDED)
        return OK;
    for (int kind = 0; kind < EFFECTS; kind++) {
        if (work->payment->effects[kind] == EFFECT_PENDING)
            carry_out_one(cx, work, (enum effect_kind)kind);
        /* each needs the one before it: a receipt is for a Paid order */
        if (work->payment->effects[kind] != EFFECT_DONE)
            break;
    }
    if (work->payment->effects[EFFECT_MARK_PAID] == EFFECT_REFUSED)
        return fail(cx, ERR_CONFLICT,
                    "the order can't become Paid any more; the money is "
                    "returned");
    return OK;
}

static bool
drop_lease(struct payment *payment, const void *owner)
{
    if (!payment->lease_owner || strcmp(payment->lease_owner, owner) != 0)
        return false; /* it ran out, and somebody else has it */
    payment->lease_owner = NULL;
    payment->lease_until = 0;
    payment->due_at = payment_due(payment, clock_now());
    return true;
}

void
settlement_end(struct ctx *cx, struct settlement *work)
{
    struct ctx before = *cx;

    /* where this can't be kept, the lease runs out by itself */
    if (work->has_lease)
        (void)settlement_change(cx, work, drop_lease, work->owner);
    work->has_lease = false;
    *cx = before; /* what there is to say of the work itself stays */
}
