#include "payment/catch_up.h"

#include "base/clock.h"
#include "base/log.h"
#include "payment/inbox.h"
#include "payment/stripe_event.h"

/*
 * Milliseconds: between two turns that find all known; how far each reaches
 * back, since an event may be listed later than it was created; how much of
 * what is behind one turn takes.
 */
enum {
    EVERY = 5 * 60 * 1000,
    OVERLAP = 10 * 60 * 1000,
    WINDOW = 30 * 60 * 1000,
};

/* More often than a busy shop needs to lose as many events as it gets. */
enum { SWEEPS = 40 };

/* Stripe lists an event for 30 days: one that is forgotten isn't met again. */
#define KEPT (INT64_C(35) * 24 * 3600 * 1000)

/* All events of a time. What isn't OK has to be asked for again, all of it. */
static enum err
take_window(struct ctx *cx, struct payment_store *store, int64_t from,
            int64_t to)
{
    struct stripe_events page = { .has_more = true };
    enum err err = OK;

    /* as long as the turn's own deadline allows: http_send refuses then */
    while (page.has_more && !err) {
        err = stripe_event_list(cx, from, to, page.last, &page);
        for (size_t i = 0; i < page.count && !err; i++)
            err = inbox_put(cx, store, &page.events[i]);
    }
    return err;
}

static enum err
forget_old(struct ctx *cx, struct payment_store *store, int64_t before)
{
    int64_t count = 1;
    enum err err = OK;

    for (int i = 0; i < SWEEPS && count > 0 && !err; i++)
        err = store->sweep_events(cx, store, before, &count);
    return err;
}

enum err
catch_up_now(struct ctx *cx, struct payment_store *store)
{
    int64_t now = clock_now(), known;
    enum err err;

    /* as if its time had come, whenever that is */
    err = store->claim_turn(cx, store, "events", INT64_MAX, now, &known);
    return err ? err : store->finish_turn(cx, store, "events", known, now);
}

enum err
catch_up_turn(struct ctx *cx, struct payment_store *store, bool *ret_is_idle)
{
    int64_t now = clock_now(), known, to;
    enum err err;

    err = store->claim_turn(cx, store, "events", now, now + EVERY, &known);
    *ret_is_idle = err == ERR_NOT_FOUND;
    if (err)
        return *ret_is_idle ? OK : err;
    to = known > 0 && known + WINDOW < now ? known + WINDOW : now;
    /* a shop that is new has missed nothing */
    if (known > 0 && (err = take_window(cx, store, known - OVERLAP, to))) {
        log_event(cx, "error", "Stripe's events can't be caught up with");
        ctx_forgive(cx);
        return OK;
    }
    if ((err = forget_old(cx, store, now - KEPT)))
        return err;
    /* behind by more than a window: the next turn follows at once */
    return store->finish_turn(cx, store, "events", to,
                              to < now ? now : now + EVERY);
}
