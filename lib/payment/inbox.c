#include "payment/inbox.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "io/worker.h"
#include "payment/disputing.h"
#include "payment/follow_up.h"
#include "payment/refunding.h"
#include "payment/stripe.h"

/* What the ids of our own events begin with. */
#define AGAIN "again_"

/* Stripe itself goes on for three days. */
#define GIVE_UP (INT64_C(3) * 24 * 3600 * 1000)

enum err
inbox_put(struct ctx *cx, struct payment_store *store,
          const struct stripe_event *event)
{
    struct inbox_event kept = {
        .id = event->id,
        .type = event->type,
        .order_id = event->order_id,
        .intent_id = event->intent_id,
        .created = event->created,
        .received_at = clock_now(),
    };
    enum err err;

    kept.due_at = kept.received_at;
    err = store->insert_event(cx, store, &kept);
    if (err == ERR_CONFLICT) {
        ctx_forgive(cx); /* delivered again */
        return OK;
    }
    return err;
}

enum err
inbox_receive(struct ctx *cx, struct payment_store *store,
              const char *signature, const char *bytes, size_t size,
              bool *ret_is_ours)
{
    struct stripe_event event;
    enum err err;

    if ((err = stripe_event_read(cx, signature, bytes, size, &event)))
        return err;
    *ret_is_ours = event.is_live == stripe_is_live();
    return *ret_is_ours ? inbox_put(cx, store, &event) : OK;
}

/*
 * The payment that an event is about: whose intent it is, which we know
 * ourselves; else the one of the order that it names. ERR_NOT_FOUND: none of
 * ours.
 */
static enum err
find_payment(struct ctx *cx, struct payment_store *store,
             const struct inbox_event *event, struct payment **ret_payment)
{
    enum err err = ERR_NOT_FOUND;

    if (event->intent_id)
        err = store->find(cx, store, event->intent_id, ret_payment);
    if (err == ERR_NOT_FOUND && event->order_id)
        err = store->get(cx, store, event->order_id, ret_payment);
    return err;
}

static bool
is_about(const struct inbox_event *event, const char *prefix)
{
    return !strncmp(event->type, prefix, strlen(prefix));
}

static bool
is_about_refund(const struct inbox_event *event)
{
    return is_about(event, "charge.refund") || is_about(event, "refund.");
}

static bool
is_about_dispute(const struct inbox_event *event)
{
    return is_about(event, "charge.dispute.");
}

static bool
is_about_intent(const struct inbox_event *event)
{
    return is_about(event, "payment_intent.");
}

/*
 * A payment that isn't known here, though the order that the event names is:
 * it was forgotten with a restored backup. Makes it anew, with its lease; what
 * has become of it, Stripe knows. ERR_NOT_FOUND: it is none of ours.
 */
static enum err
make_anew(struct ctx *cx, struct settlement *work,
          const struct inbox_event *event)
{
    struct remote_order order;
    enum err err;

    if (!event->intent_id || !event->order_id || !id_is_valid(event->order_id))
        return ERR_NOT_FOUND;
    ctx_forgive(cx);
    if ((err = order_client_get(cx, PAYMENT_SERVICE, event->order_id, &order)))
        return err;
    if ((err = settlement_begin(cx, work, order.id, &order)))
        return err;
    /* somebody else has made it, and it is done: old news next time */
    return work->has_lease ? OK : ERR_CONFLICT;
}

static bool
is_same(const char *intent_id, const char *other)
{
    return intent_id && other && !strcmp(intent_id, other);
}

/* Whether the payment may take the intent that Stripe tells of for its own. */
static bool
may_adopt(const struct payment *payment, const struct inbox_event *event)
{
    return event->intent_id && strncmp(event->id, AGAIN, strlen(AGAIN)) != 0 &&
           (!payment->intent_id || payment->state == PAYMENT_CANCELED) &&
           !is_same(payment->intent_id, event->intent_id);
}

/*
 * What Stripe told of an intent that wasn't known fell on deaf ears. Before it
 * is taken for the payment's own this is put into the inbox, to be heard after
 * that, whatever fails in between.
 */
static enum err
tell_again(struct ctx *cx, struct payment_store *store,
           const struct inbox_event *event)
{
    static const char *const types[] = { "charge.refund.updated",
                                         "charge.dispute.updated" };
    struct stripe_event again = {
        .order_id = event->order_id,
        .intent_id = event->intent_id,
        .created = event->created,
    };
    enum err err = OK;

    for (size_t i = 0; i < sizeof(types) / sizeof(*types) && !err; i++) {
        again.id = arena_printf(cx->arena, AGAIN "%s", id_new(cx->arena));
        again.type = types[i];
        err = inbox_put(cx, store, &again);
    }
    return err;
}

/* With the lease: what the event hints at is asked of Stripe. */
static enum err
hear(struct ctx *cx, struct settlement *work, const struct inbox_event *event)
{
    const struct payment *payment = work->payment;
    enum err err = OK;

    /* a payment that has no intent is to get this one, whatever happened */
    if (is_about_intent(event) || !payment->intent_id) {
        if (may_adopt(payment, event) &&
            (err = tell_again(cx, work->store, event)))
            return err;
        err = settlement_hear(cx, work, event->intent_id);
    }
    if (!err && is_about_refund(event))
        err = refunding_hear(cx, work);
    if (!err && is_about_dispute(event))
        err = disputing_hear(cx, work);
    /* a decline that was heard of is news, not a failure to hear */
    return err == ERR_DECLINED || err == ERR_CONFLICT ? OK : err;
}

/*
 * The intent that has paid, after all that follows from it, or that is
 * cancelled for good: nothing that is told of it is news. So are most events,
 * since the answer to the request that paid came first; neither Stripe nor the
 * lease is needed for them.
 */
static bool
is_old_news(const struct payment *payment, const struct inbox_event *event)
{
    return is_about_intent(event) &&
           is_same(event->intent_id, payment->intent_id) &&
           (payment->state == PAYMENT_SUCCEEDED ||
            payment->state == PAYMENT_CANCELED) &&
           payment_due(payment, clock_now()) == 0;
}

/* Of a type that Stripe tells everybody; what it means comes by another one. */
static bool
is_of_no_use(const struct inbox_event *event)
{
    return !is_about_intent(event) && !is_about_refund(event) &&
           !is_about_dispute(event);
}

/* When to try an event again: later each time, never before Stripe wants. */
static int64_t
next_try(const struct ctx *cx, const struct inbox_event *event)
{
    int64_t due_at = clock_now() + worker_backoff(event->tries, 0);

    return due_at > cx->retry_at ? due_at : cx->retry_at;
}

/* OK: dealt with, and what came of it. Else it has to wait. */
static enum err
deal_with(struct ctx *cx, struct payment_store *store,
          const struct inbox_event *event, const char **ret_outcome)
{
    struct settlement work = { .store = store };
    enum err err;

    if (is_of_no_use(event)) {
        *ret_outcome = "nothing to follow up";
        return OK;
    }
    err = find_payment(cx, store, event, &work.payment);
    if (!err && is_old_news(work.payment, event)) {
        *ret_outcome = "known already";
        return OK;
    }
    if (!err)
        err = settlement_try(cx, &work);
    else if (err == ERR_NOT_FOUND)
        err = make_anew(cx, &work, event);
    if (err == ERR_NOT_FOUND) {
        *ret_outcome = "no payment of ours";
        ctx_forgive(cx);
        return OK;
    }
    if (err)
        return err;
    *ret_outcome = "heard";
    err = hear(cx, &work, event);
    follow_up(cx, &work);
    return err;
}

enum err
inbox_turn(struct ctx *cx, struct payment_store *store, bool *ret_is_idle)
{
    struct inbox_event event = { 0 };
    enum err err;

    err = store->due_event(cx, store, clock_now(), &event);
    *ret_is_idle = err == ERR_NOT_FOUND;
    if (err)
        return *ret_is_idle ? OK : err;
    err = deal_with(cx, store, &event, &event.outcome);
    if (err && err != ERR_CONFLICT)
        log_event(cx, "error", "an event has to wait");
    ctx_forgive(cx);
    event.tries++;
    event.due_at = err ? next_try(cx, &event) : 0;
    /* by then the payment itself has been asked about, again and again */
    if (err && clock_now() - event.received_at > GIVE_UP) {
        event.due_at = 0;
        event.outcome = "given up";
    }
    return store->save_event(cx, store, &event);
}
