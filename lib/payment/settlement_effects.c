/* What follows from success: the order becomes Paid, the receipt is owed. */
#include "payment/effect.h"
#include "payment/settlement.h"
#include "peer/notification_client.h"

/* What came of carrying out one effect. */
struct kind_news {
    enum effect_kind kind;
    struct effect_news news;
};

static bool
learn(struct payment *payment, const void *arg)
{
    const struct kind_news *kind_news = arg;

    /* no late refusal, as of an order that is Refunded by now, makes money go
       back: what somebody else has done meanwhile stays done */
    return effect_learn(payment, &payment->effects[kind_news->kind],
                        &kind_news->news);
}

static enum err
do_effect(struct ctx *cx, const struct payment *payment, enum effect_kind kind)
{
    if (kind == EFFECT_MARK_PAID)
        return effect_mark(cx, payment, "Paid");
    return notification_client_notify(cx, PAYMENT_SERVICE, payment->user_id,
                                      payment->order_id);
}

/* Carries out one effect and keeps what came of it; or leaves it to be done. */
static void
carry_out_one(struct ctx *cx, struct settlement *work, enum effect_kind kind)
{
    struct kind_news kind_news = { .kind = kind };
    struct ctx before = *cx;
    enum err err;

    ctx_forgive(cx);
    err = do_effect(cx, work->payment, kind);
    kind_news.news = effect_news_of(cx, err, effect_kind_name(kind));
    /* an order that can't become Paid needs nobody: its money goes back */
    if (kind == EFFECT_MARK_PAID && kind_news.news.state == EFFECT_REFUSED)
        kind_news.news.flag.text = NULL;
    /* what can't be kept will be done again, to no effect */
    (void)settlement_change(cx, work, learn, &kind_news);
    *cx = before; /* what there is to say of the payment itself stays */
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
