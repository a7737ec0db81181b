#include "payment/expiry.h"

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "payment/cancellation.h"

/* Milliseconds: between two turns; how long one goes on taking orders. */
enum { EVERY = 10 * 60 * 1000, LONG_ENOUGH = 10 * 1000 };

#define HOUR (INT64_C(3600) * 1000)

/* What can't expire now is looked at again in the next turn. */
static void
expire(struct ctx *cx, struct payment_store *store, const char *order_id)
{
    enum err err = cancellation_prepare(cx, store, order_id);

    if (!err)
        err = order_client_set_status(cx, PAYMENT_SERVICE, order_id, "Expired",
                                      NULL);
    if (err && err != ERR_CONFLICT)
        log_event(cx, "error", "an order can't expire now");
    ctx_forgive(cx);
}

enum err
expiry_turn(struct ctx *cx, struct payment_store *store, bool *ret_is_idle)
{
    int64_t hours = config_int(SETTING_ORDER_EXPIRY, 0, 24 * 366);
    struct remote_order_page page = { .next = NULL };
    int64_t now = clock_now(), known;
    enum err err;

    err = store->claim_turn(cx, store, "expiry", now, now + EVERY, &known);
    *ret_is_idle = err == ERR_NOT_FOUND;
    if (err)
        return *ret_is_idle ? OK : err;
    /*
     * SIGTERM waits for the turn. What it doesn't get to is left for the next,
     * which begins with fewer: those that have expired aren't listed again.
     */
    for (bool has_more = hours > 0; has_more; has_more = page.next) {
        if (order_client_list_pending(cx, PAYMENT_SERVICE, now - hours * HOUR,
                                      page.next, &page)) {
            log_event(cx, "error", "the old orders can't be listed");
            ctx_forgive(cx);
            return OK;
        }
        for (size_t i = 0; i < page.count; i++) {
            if (clock_now() - now > LONG_ENOUGH)
                return store->finish_turn(cx, store, "expiry", now,
                                          clock_now());
            expire(cx, store, page.ids[i]);
        }
    }
    return store->finish_turn(cx, store, "expiry", now, now + EVERY);
}
