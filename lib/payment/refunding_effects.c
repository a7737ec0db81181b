/* What follows from a refund: the order is marked, the customer gets a mail. */
#include "payment/effect.h"
#include "payment/refunding.h"
#include "peer/notification_client.h"

/* What came of telling somebody about a refund. */
struct numbered_news {
    int64_t number;
    enum refund_effect effect;
    struct effect_news news;
};

static bool
learn(struct payment *payment, const void *arg)
{
    const struct numbered_news *numbered = arg;
    struct refund *refund = refund_numbered(payment, numbered->number);

    return refund && effect_learn(payment, &refund->effects[numbered->effect],
                                  &numbered->news);
}

static enum err
tell(struct ctx *cx, const struct payment *payment, const struct refund *refund,
     enum refund_effect effect)
{
    bool is_whole = refund_done(payment) >= payment->amount.minor;

    if (effect == REFUND_NOTIFY)
        return notification_client_notify_refund(
            cx, PAYMENT_SERVICE, payment->user_id, payment->order_id,
            refund->number, money_of(refund->amount, payment->amount.currency));
    /* an order that never was Paid has nothing to be marked */
    if (payment->effects[EFFECT_MARK_PAID] == EFFECT_REFUSED)
        return OK;
    return effect_mark(cx, payment,
                       is_whole ? "Refunded" : "PartiallyRefunded");
}

static void
tell_about(struct ctx *cx, struct settlement *work, int64_t number,
           enum refund_effect effect)
{
    const struct refund *refund = refund_numbered(work->payment, number);
    struct numbered_news numbered = { .number = number, .effect = effect };
    const char *name = effect == REFUND_MARK ? "MarkRefund" : "NotifyRefund";
    enum err err;

    if (refund->effects[effect] != EFFECT_PENDING)
        return;
    /* an order that is Refunded can't become Paid any more: Paid comes first */
    if (effect == REFUND_MARK &&
        work->payment->effects[EFFECT_MARK_PAID] == EFFECT_PENDING)
        return;
    ctx_forgive(cx);
    err = tell(cx, work->payment, refund, effect);
    numbered.news = effect_news_of(
        cx, err, arena_printf(cx->arena, "%s %lld", name, (long long)number));
    (void)settlement_change(cx, work, learn, &numbered);
    ctx_forgive(cx);
}

void
refunding_tell(struct ctx *cx, struct settlement *work)
{
    for (size_t i = 0; i < work->payment->refund_count; i++) {
        tell_about(cx, work, (int64_t)i + 1, REFUND_MARK);
        tell_about(cx, work, (int64_t)i + 1, REFUND_NOTIFY);
    }
}
