#include "payment/effect.h"

#include "base/log.h"

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
                           "it was done in the end");
    return is_new;
}
