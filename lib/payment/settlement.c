#include "payment/settlement.h"

#include <string.h>

#include "base/clock.h"
#include "payment/review.h"
#include "payment/stripe.h"

/* Stripe may forget a key after 24 h; an hour is left for clocks. */
#define KEY_LIFE (INT64_C(23) * 3600 * 1000)

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
    struct review review = { .kind = REVIEW_MISMATCH, .subject = intent->id };
    enum err err;

    work->client_secret = intent->client_secret;
    work->redirect_url = intent->redirect_url;
    if (news.state == PAYMENT_SUCCEEDED &&
        (review.text = stripe_objection(cx, work->payment, intent)))
        news.review = &review;
    if ((err = settlement_change(cx, work, learn, &news)))
        return err;
    if (news.review)
        return fail(cx, ERR_CONFLICT,
                    "this payment is being looked into by the shop");
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
    return review_raise(payment, review);
}

static bool
can_be_cancelled(const struct intent *intent)
{
    return intent->status != INTENT_SUCCEEDED &&
           intent->status != INTENT_CANCELED &&
           intent->status != INTENT_PROCESSING;
}

/* Whether its own intent has succeeded, or still can. */
static bool
has_own(const struct payment *payment)
{
    return payment->intent_id && payment->state != PAYMENT_CANCELED;
}

static bool
adopt(struct payment *payment, const void *intent_id)
{
    if (has_own(payment))
        return false;
    payment->intent_id = intent_id;
    payment->state = PAYMENT_CREATED;
    return true;
}

/*
 * Whether an intent of the order can be the payment's own, as when its making
 * was never heard of, or was forgotten with a restored backup. In place of one
 * that was cancelled only if it has paid: the next call makes its own.
 */
static bool
is_wanting(const struct payment *payment, const struct intent *intent)
{
    return !has_own(payment) && intent->status != INTENT_CANCELED &&
           (!payment->intent_id || intent->status == INTENT_SUCCEEDED) &&
           money_is_equal(intent->amount, payment->amount) &&
           intent->is_live == stripe_is_live();
}

/*
 * Another one has succeeded: is our own what we think that it is? While a
 * request may be under way, its key tells.
 */
static enum err
look_at_own(struct ctx *cx, struct settlement *work)
{
    enum err err = OK;

    if (has_own(work->payment) && !payment_is_doubtful(work->payment) &&
        work->payment->state != PAYMENT_SUCCEEDED)
        err = settlement_look(cx, work);
    if (err == ERR_DECLINED) {
        ctx_forgive(cx);
        err = OK;
    }
    return err;
}

/*
 * An intent beside the payment's own. One of its order is a stray, unless it
 * is what is missing: it must not succeed. One of another order is none of it,
 * whatever the event said.
 */
static enum err
hear_of_stray(struct ctx *cx, struct settlement *work, struct intent *intent)
{
    struct review review = { .kind = REVIEW_STRAY, .subject = intent->id };
    enum err err;

    if (!intent->order_id ||
        strcmp(intent->order_id, work->payment->order_id) != 0)
        return OK;
    if (intent->status == INTENT_SUCCEEDED && (err = look_at_own(cx, work)))
        return err;
    if (is_wanting(work->payment, intent)) {
        err = settlement_change(cx, work, adopt, intent->id);
        return err ? err : take_in(cx, work, intent, 0);
    }
    /* where there is no other one yet, it may become the payment's own */
    if (work->payment->intent_id && can_be_cancelled(intent) &&
        (err = stripe_cancel(cx, intent->id, intent)))
        return err;
    if (intent->status != INTENT_SUCCEEDED)
        return OK;
    review.text = arena_printf(
        cx->arena, "%s has succeeded beside %s", intent->id,
        work->payment->intent_id ? work->payment->intent_id : "no intent");
    return settlement_change(cx, work, learn_review, &review);
}

enum err
settlement_hear(struct ctx *cx, struct settlement *work, const char *intent_id)
{
    const struct payment *payment = work->payment;
    struct intent intent = { 0 };
    enum err err;

    if (!intent_id)
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

    if (!payment->intent_id || review_stops(payment))
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
    if (review_stops(payment))
        return review_is_open(payment)
                   ? fail(cx, ERR_CONFLICT,
                          "its payment is being looked into by the shop")
                   : OK;
    if ((err = stripe_cancel(cx, payment->intent_id, &intent)))
        return err;
    return take_in(cx, work, &intent, 0);
}
