#include "payment/catch_up.h"

#include "base/clock.h"
#include "base/log.h"
#include "payment/inbox.h"
#include "payment/stripe_call.h"

/*
 * Milliseconds: between two turns; how far each reaches back behind the last
 * one, since an event may be listed later than it was created.
 */
enum { EVERY = 5 * 60 * 1000, OVERLAP = 10 * 60 * 1000 };

/* A page of 100 each; what is more than this waits for the next turn. */
enum { PAGES = 10, TIMEOUT = 10 * 1000 };

/* One page, newest first; ret_last: the id that the next page begins after. */
static enum err
take_page(struct ctx *cx, struct payment_store *store, const char *path,
          const char **ret_last, bool *ret_has_more)
{
    struct stripe_call call = {
        .method = "GET",
        .path = path,
        .timeout = TIMEOUT,
    };
    struct stripe_answer answer;
    enum err err;

    if ((err = stripe_send(cx, &call, &answer)))
        return err;
    for (const struct doc *doc = doc_first(doc_at(answer.doc, "data")); doc;
         doc = doc_next(doc)) {
        struct stripe_event event = { 0 };

        if ((err = stripe_event_of(cx, doc, &event)) ||
            (err = inbox_put(cx, store, &event)))
            return err;
        *ret_last = event.id;
    }
    *ret_has_more = doc_is_true(doc_at(answer.doc, "has_more"));
    return OK;
}

static enum err
take_all(struct ctx *cx, struct payment_store *store, int64_t since)
{
    const char *first = arena_printf(cx->arena,
                                     "/v1/events?limit=100&created[gte]=%lld",
                                     (long long)(since / 1000));
    const char *path = first, *last = NULL;
    bool has_more = true;
    enum err err = OK;

    for (int page = 0; page < PAGES && has_more && !err; page++) {
        err = take_page(cx, store, path, &last, &has_more);
        if (last)
            path = arena_printf(cx->arena, "%s&starting_after=%s", first,
                                last);
    }
    return err;
}

enum err
catch_up_turn(struct ctx *cx, struct payment_store *store, bool *ret_is_idle)
{
    int64_t now = clock_now(), known;
    enum err err;

    err = store->claim_turn(cx, store, "events", now, now + EVERY, &known);
    *ret_is_idle = err == ERR_NOT_FOUND;
    if (err)
        return *ret_is_idle ? OK : err;
    /* a shop that is new has missed nothing */
    if (known > 0 && (err = take_all(cx, store, known - OVERLAP))) {
        log_event(cx, "error", "Stripe's events can't be caught up with");
        ctx_forgive(cx);
        return OK;
    }
    return store->finish_turn(cx, store, "events", now);
}
