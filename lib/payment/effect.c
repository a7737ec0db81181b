#include "payment/effect.h"

#include <string.h>

#include "base/log.h"
#include "payment/settlement.h"

/* What an order that is paid goes through, in this order. */
static const char *const ways[] = { "Paid", "PartiallyRefunded", "Refunded" };

/* How far along an order is; -1: it isn't, or it is over. */
static int
progress(const char *status)
{
    for (int i = 0; i < (int)(sizeof ways / sizeof *ways); i++) {
        if (!strcmp(ways[i], status))
            return i;
    }
    return -1;
}

enum err
effect_mark(struct ctx *cx, const struct payment *payment, const char *status)
{
    struct remote_order order;
    struct ctx refused;
    enum err err;

    err = order_client_set_status(cx, PAYMENT_SERVICE, payment->order_id,
                                  status, payment->id);
    if (err != ERR_CONFLICT)
        return err;
    refused = *cx;
    ctx_forgive(cx);
    if ((err =
             order_client_get(cx, PAYMENT_SERVICE, payment->order_id, &order)))
        return err;
    if (progress(order.status) >= progress(status) && order.payment_id &&
        !strcmp(order.payment_id, payment->id))
        return OK;
    *cx = refused;
    return ERR_CONFLICT;
}

struct effect_news
effect_news_of(struct ctx *cx, enum err err, const char *subject)
{
    struct effect_news news = {
        .state = EFFECT_DONE,
        .flag = { .kind = REVIEW_REFUSED, .subject = subject },
    };

    if (!err)
        return news;
    news.state = EFFECT_PENDING;
    if (err == ERR_CONFLICT || err == ERR_NOT_FOUND) {
        news.state = EFFECT_REFUSED;
        news.flag.text = cx->fault;
    } else if (err == ERR_UPSTREAM) {
        news.flag.text = arena_printf(
            cx->arena, "is tried again until this is mended: %s", cx->cause);
    }
    log_event(cx, "error",
              news.state == EFFECT_REFUSED ? "an effect was refused"
                                           : "an effect has to wait");
    ctx_forgive(cx);
    return news;
}

bool
effect_learn(struct payment *payment, enum effect_state *effect,
             const struct effect_news *news)
{
    bool is_new = news->state != EFFECT_PENDING;

    if (*effect != EFFECT_PENDING)
        return false;
    *effect = news->state;
    if (news->flag.text)
        return review_raise(payment, &news->flag) || is_new;
    if (is_new)
        (void)review_close(payment, REVIEW_REFUSED, news->flag.subject, "Till",
                           "needs nobody any more");
    return is_new;
}
