#include <string.h>

#include "base/clock.h"
#include "notification/delivery.h"
#include "notification/mailbox.h"

/* Longer than any lease: no draft is taken from who is about to send it. */
enum { STRAY_AGE = 60 * 60 * 1000 };

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

static enum err
sweep_page(struct ctx *cx, const struct delivery *delivery, const char *page,
           const char **ret_next)
{
    const struct mail_gateway *gateway = &delivery->gateway;
    struct stray_query query = { clock_now() - STRAY_AGE, page };
    struct strays strays;
    bool is_stray;
    enum err err;

    *ret_next = NULL; /* a page that isn't there is none to go on from */
    if ((err = gateway->list_drafts(cx, gateway, &query, &strays)))
        return err;
    for (size_t i = 0; i < strays.count; i++) {
        if ((err = is_lost(cx, delivery, &strays.strays[i], &is_stray)) ||
            (is_stray &&
             (err = gateway->discard(cx, gateway, strays.strays[i].draft_id))))
            return err;
    }
    *ret_next = strays.next_page;
    return OK;
}

enum err
delivery_sweep(struct ctx *cx, const struct delivery *delivery)
{
    const struct mail_gateway *gateway = &delivery->gateway;
    const char *page, *next;
    bool is_mine = false;
    enum err err, kept;

    if (!gateway->list_drafts)
        return OK;
    err = mailbox_takes_sweep(cx, gateway, &page, &is_mine);
    if (err || !is_mine)
        return err;
    err = sweep_page(cx, delivery, page, &next);
    if (err && err != ERR_INVALID)
        return err; /* in an hour from this page on */
    kept = mailbox_sweep_on(cx, gateway, next);
    return err ? err : kept;
}
