#include "payment/settlement.h"

#include "base/clock.h"
#include "payment/review.h"
#include "payment/settlement_intent.h"

/* Stripe may forget a key after 24 h; an hour is left for clocks. */
#define KEY_LIFE (INT64_C(23) * 3600 * 1000)

static bool
learn(struct payment *payment, const void *arg)
{
    return payment_learn(payment, arg);
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
    enum err err = stripe_get(cx, work->payment->intent_id, &intent);

    if (err == ERR_NOT_FOUND)
        return settlement_miss(cx, work, err);
    if (err || (!has_ended && intent_is_back_at_beginning(&intent))) {
        *cx = doubt; /* the first reason is the one to tell */
        return ERR_UNKNOWN_OUTCOME;
    }
    ctx_forgive(cx);
    return settlement_take_in(cx, work, &intent, 0);
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
        return settlement_take_in(cx, work, &intent, attempt->number);
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
    const struct payment *payment;
    enum err err;

    if ((err = settlement_look_again(cx, work)))
        return err;
    payment = work->payment;
    if (!payment->intent_id || review_stops(payment))
        return OK;
    switch (payment->state) {
    case PAYMENT_SUBMITTED:
    case PAYMENT_UNKNOWN:
        if (clock_now() - payment_last_attempt(payment)->submitted_at <
            KEY_LIFE)
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
        return fail(cx, ERR_CONFLICT,
                    "its payment is being looked into by the shop");
    if ((err = stripe_cancel(cx, payment->intent_id, &intent)))
        return settlement_miss(cx, work, err);
    return settlement_take_in(cx, work, &intent, 0);
}
