#include "payment/expiry.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/id.h"
#include "base/log.h"
#include "payment/cancellation.h"

/* Milliseconds: between two rounds; how long a turn goes on taking orders. */
enum { EVERY = 10 * 60 * 1000, LONG_ENOUGH = 10 * 1000 };

#define HOUR (INT64_C(3600) * 1000)

/* One turn of a round, which goes from the newest order to the oldest. */
struct round {
    int64_t until; /* when the turn has taken long enough */
    int64_t below; /* all that were made at or after this have been tried */
    bool is_cut;   /* there are more, for the next turn */
};

/* What can't expire now is looked at again in the next round. */
static void
expire(struct ctx *cx, struct payment_store *store, const char *order_id)
{
    enum err err = cancellation_prepare_expiry(cx, store, order_id);

    if (!err)
        err = order_client_set_status(cx, PAYMENT_SERVICE, order_id, "Expired",
                                      NULL);
    if (err && err != ERR_CONFLICT)
        log_event(cx, "error", "an order can't expire now");
    ctx_forgive(cx);
}

static void
expire_page(struct ctx *cx, struct payment_store *store,
            const struct remote_order_page *page, struct round *round)
{
    for (size_t i = 0; i < page->count; i++) {
        int64_t made_at = id_time(page->ids[i]);

        /* between two moments alone: the next turn begins at one */
        round->is_cut = clock_now() > round->until && made_at < round->below;
        if (round->is_cut)
            return;
        expire(cx, store, page->ids[i]);
        round->below = made_at;
    }
}

/*
 * SIGTERM waits for the turn, so it is cut off. The next one goes on below:
 * what can't expire is listed again and again, and would be all that is tried.
 */
static enum err
go_on(struct ctx *cx, struct payment_store *store, struct round *round)
{
    struct remote_order_page page = { .next = NULL };
    enum err err = OK;

    do {
        err = order_client_list_pending(cx, PAYMENT_SERVICE, round->below,
                                        page.next, &page);
        if (!err)
            expire_page(cx, store, &page, round);
    } while (!err && !round->is_cut && page.next);
    return err;
}

enum err
expiry_turn(struct ctx *cx, struct payment_store *store, bool *ret_is_idle)
{
    int64_t hours = config_int(SETTING_ORDER_EXPIRY, 0, 24 * 366);
    int64_t now = clock_now(), oldest = now - hours * HOUR, left_off;
    struct round round = { .until = now + LONG_ENOUGH };
    enum err err;

    err = store->claim_turn(cx, store, "expiry", now, now + EVERY, &left_off);
    *ret_is_idle = err == ERR_NOT_FOUND;
    if (err)
        return *ret_is_idle ? OK : err;
    round.below = left_off > 0 && left_off < oldest ? left_off : oldest;
    if (hours > 0 && go_on(cx, store, &round)) {
        log_event(cx, "error", "the old orders can't be listed");
        ctx_forgive(cx);
        return OK;
    }
    return store->finish_turn(cx, store, "expiry",
                              round.is_cut ? round.below : 0,
                              round.is_cut ? clock_now() : now + EVERY);
}
