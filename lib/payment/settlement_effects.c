/* What follows from success: the order becomes Paid, the receipt is owed. */
#include "base/log.h"
#include "payment/review.h"
#include "payment/settlement.h"
#include "peer/notification_client.h"

/* What came of carrying out one effect. */
struct effect_news {
    enum effect_kind kind;
    enum effect_state state;
    const struct review *review; /* or NULL */
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
        review_raise(payment, news->review);
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

/*
 * Carries out one effect and keeps what came of it; or leaves it to be done.
 * An order that can't become Paid any more needs nobody: its money goes back.
 */
static void
carry_out_one(struct ctx *cx, struct settlement *work, enum effect_kind kind)
{
    struct effect_news news = { .kind = kind, .state = EFFECT_DONE };
    enum err err = do_effect(cx, work->payment, kind);
    struct review review = { .kind = REVIEW_REFUSED,
                             .subject = effect_kind_name(kind) };

    if (err == ERR_CONFLICT || err == ERR_NOT_FOUND) {
        news.state = EFFECT_REFUSED;
        review.text = cx->fault;
        news.review = kind == EFFECT_MARK_PAID ? NULL : &review;
    }
    if (err)
        log_event(cx, "error",
                  news.state == EFFECT_REFUSED ? "an effect was refused"
                                               : "an effect has to wait");
    ctx_forgive(cx);
    if (err && news.state != EFFECT_REFUSED)
        return;
    if (settlement_change(cx, work, learn_effect, &news))
        ctx_forgive(cx); /* it will be done again, to no effect */
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
