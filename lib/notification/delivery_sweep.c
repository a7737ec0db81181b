#include <string.h>

#include "base/clock.h"
#include "notification/delivery.h"
#include "notification/mailbox.h"

/* Longer than any lease, so that no draft is taken from who is about to send
 * it; and how many are looked into at once. */
enum { STRAY_AGE = 60 * 60 * 1000, STRAYS = 100 };

/*
 * Whether it was lost: the notification is ours and knows another draft, or
 * none, or has come to its end without it. What isn't in this store may be
 * another shop's of the same mailbox.
 */
static enum err
is_lost(struct ctx *cx, const struct delivery *delivery,
        const struct stray *stray, bool *ret_is_lost)
{
    struct notification_store *store = delivery->store;
    struct notification *it;
    enum err err;

    *ret_is_lost = false;
    err = store->get(cx, store, stray->notification_id, &it);
    if (err == ERR_NOT_FOUND) {
        ctx_forgive(cx);
        return OK;
    }
    if (!err)
        *ret_is_lost = it->due_at == 0 || !it->draft_id ||
                       strcmp(it->draft_id, stray->draft_id) != 0;
    return err;
}

enum err
delivery_sweep(struct ctx *cx, const struct delivery *delivery)
{
    const struct mail_gateway *gateway = &delivery->gateway;
    struct stray *strays;
    size_t count = 0;
    bool is_mine = false, lost;
    enum err err;

    if (!gateway->list_drafts)
        return OK;
    err = mailbox_takes_sweep(cx, gateway, &is_mine);
    if (err || !is_mine)
        return err;
    strays = arena_array(cx->arena, struct stray, STRAYS);
    err = gateway->list_drafts(cx, gateway, clock_now() - STRAY_AGE, strays,
                               STRAYS, &count);
    for (size_t i = 0; !err && i < count; i++) {
        err = is_lost(cx, delivery, &strays[i], &lost);
        if (!err && lost)
            err = gateway->discard(cx, gateway, strays[i].draft_id);
    }
    return err;
}
