/* What follows from a refund: the order is marked, the customer gets a mail. */
#include "base/log.h"
#include "payment/refunding.h"
#include "peer/notification_client.h"

/* What came of telling somebody about a refund. */
struct effect_news {
    int64_t number;
    enum refund_effect effect;
    enum effect_state state;
};

static bool
learn_effect(struct payment *payment, const void *arg)
{
    const struct effect_news *news = arg;
    struct refund *refund = refund_numbered(payment, news->number);

    /* what somebody else has done meanwhile stays done */
    if (!refund || refund->effects[news->effect] != EFFECT_PENDING)
        return false;
    refund->effects[news->effect] = news->state;
    /* the rest was refunded meanwhile: an order that is Refunded knows all */
    if (news->effect == REFUND_MARK && news->state == EFFECT_REFUSED &&
        refund_done(payment) >= payment->amount.minor)
        refund->effects[REFUND_MARK] = EFFECT_DONE;
    return true;
}

static enum err
tell(struct ctx *cx, const struct payment *payment,
     const struct refund *refund, enum refund_effect effect)
{
    bool is_whole = refund_done(payment) >= payment->amount.minor;
    struct money amount = money_of(refund->amount, payment->amount.currency);

    if (effect == REFUND_MARK)
        return order_client_set_status(cx, PAYMENT_SERVICE, payment->order_id,
                                       is_whole ? "Refunded"
                                                : "PartiallyRefunded",
                                       payment->id);
    return notification_client_notify_refund(cx, PAYMENT_SERVICE,
                                             payment->user_id,
                                             payment->order_id, refund->number,
                                             amount);
}

static void
tell_about(struct ctx *cx, struct settlement *work, int64_t number,
           enum refund_effect effect)
{
    const struct refund *refund = refund_numbered(work->payment, number);
    struct effect_news news = { number, effect, EFFECT_DONE };
    enum err err;

    if (refund->effects[effect] != EFFECT_PENDING)
        return;
    /* an order that is Refunded can't become Paid any more: Paid comes first */
    if (effect == REFUND_MARK &&
        work->payment->effects[EFFECT_MARK_PAID] == EFFECT_PENDING)
        return;
    err = tell(cx, work->payment, refund, effect);
    if (err == ERR_CONFLICT || err == ERR_NOT_FOUND)
        news.state = EFFECT_REFUSED;
    if (err)
        log_event(cx, "error", "nobody could be told about a refund");
    ctx_forgive(cx);
    if (!err || news.state == EFFECT_REFUSED)
        (void)settlement_change(cx, work, learn_effect, &news);
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
