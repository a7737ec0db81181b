#include "payment/checkout.h"

#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "payment/cancellation.h"
#include "payment/follow_up.h"
#include "payment/refunding.h"
#include "payment/review.h"
#include "payment/settlement.h"
#include "payment/stripe.h"
#include "peer/order_client.h"

/* Milliseconds between two looks that ask Stripe (checkout_look). */
enum { LOOK_PAUSE = 2000 };

/* The caller's own order; an admin may pay for anyone. */
static enum err
get_order(struct ctx *cx, const char *id, struct remote_order *ret_order)
{
    enum err err;

    if ((err = order_client_get(cx, PAYMENT_SERVICE, id, ret_order)))
        return err;
    if (!caller_is(cx, ret_order->user_id) && !caller_has(cx, ADMIN))
        return fail(cx, ERR_NOT_FOUND, "there is no such object");
    return OK;
}

static enum err
get_payable(struct ctx *cx, const char *id, struct remote_order *ret_order)
{
    enum err err;

    if ((err = get_order(cx, id, ret_order)))
        return err;
    if (!strcmp(ret_order->status, "Pending") ||
        !strcmp(ret_order->status, "Paid"))
        return OK;
    return fail(cx, ERR_CONFLICT, "an order that is %s can't be paid",
                ret_order->status);
}

/* What a declined attempt says to everyone who waited for it. */
static enum err
tell_decline(struct ctx *cx, const struct attempt *attempt)
{
    return fail(cx, ERR_DECLINED, "%s",
                attempt->message ? attempt->message
                                 : "the payment was declined");
}

/*
 * Whether a card was asked. An attempt that has Failed with no reason never
 * came to it: long after, its intent was found at its beginning.
 */
static bool
was_declined(const struct attempt *attempt)
{
    return attempt->code || attempt->message;
}

/* last is NULL where only the browser has tried */
static bool
is_other_method(const struct checkout *checkout, const struct attempt *last)
{
    return checkout->payment_method && last &&
           strcmp(checkout->payment_method, last->payment_method) != 0;
}

/*
 * The next intent, with a key of its own: for one that is cancelled, and so
 * can't succeed any more, or one whose making got an answer that decides
 * nothing and is kept for its key. An intent that nobody confirms costs
 * nothing, so a stray one does no harm.
 */
static enum err
next_intent(struct ctx *cx, struct settlement *work)
{
    work->payment->intent_id = NULL;
    work->payment->intent_number++;
    work->payment->state = PAYMENT_CREATED;
    return settlement_save(cx, work);
}

static enum err
create_intent(struct ctx *cx, struct settlement *work)
{
    struct intent intent = { 0 };
    enum err err;

    err = stripe_create(cx, work->payment, &intent);
    if (err == ERR_UNKNOWN_OUTCOME && intent.is_replay) {
        ctx_forgive(cx);
        if ((err = next_intent(cx, work)))
            return err;
        err = stripe_create(cx, work->payment, &intent);
    }
    if (err)
        return err;
    work->payment->intent_id = intent.id;
    work->client_secret = intent.client_secret;
    return OK;
}

/* Makes sure that there is an intent that can still be confirmed. */
static enum err
ensure_intent(struct ctx *cx, struct settlement *work)
{
    enum err err;

    if (work->payment->state == PAYMENT_CANCELED &&
        (err = next_intent(cx, work)))
        return err;
    return work->payment->intent_id ? OK : create_intent(cx, work);
}

/* Hands the intent to the browser, which confirms it with Stripe.js. */
static enum err
hand_out(struct ctx *cx, struct settlement *work)
{
    enum err err = OK;

    if (work->payment->intent_id && !work->client_secret)
        err = settlement_look(cx, work);
    else
        err = settlement_save(cx, work); /* it was just made */
    return err;
}

/* A new attempt: kept with its key before the request leaves. */
static enum err
charge(struct ctx *cx, struct settlement *work, const char *payment_method,
       const char *return_url)
{
    enum err err;

    if (ctx_time_left(cx, SETTLEMENT_LEAST) < SETTLEMENT_LEAST)
        return fail(cx, ERR_UNAVAILABLE, "no time left to charge");
    if ((err = payment_begin_attempt(cx, work->payment, payment_method,
                                     return_url)))
        return err;
    if ((err = settlement_save(cx, work)))
        return err;
    return settlement_submit(cx, work);
}

/* Something new is tried: nothing is under way any more. */
static enum err
start(struct ctx *cx, struct settlement *work, const struct checkout *checkout)
{
    const char *method = checkout->payment_method;
    struct remote_order order;
    enum err err;

    if (!method)
        method = stripe_default_method();
    /* it may have been cancelled while this call waited for its turn */
    if ((err = get_payable(cx, checkout->order_id, &order)))
        return err;
    /* by what we know nothing of, as after a restored backup: never twice */
    if (!strcmp(order.status, "Paid"))
        return fail(cx, ERR_CONFLICT, "this order is Paid already");
    if ((err = ensure_intent(cx, work)))
        return err;
    if (!method || !checkout->is_confirmed)
        return hand_out(cx, work);
    return charge(cx, work, method, checkout->return_url);
}

/* What is to be done, after what was under way has been settled. */
static enum err
proceed(struct ctx *cx, struct settlement *work,
        const struct checkout *checkout)
{
    const struct payment *payment = work->payment;
    const struct attempt *last = payment_last_attempt(payment);

    if (payment->state == PAYMENT_SUCCEEDED)
        return OK;
    if (review_stops(payment))
        return fail(cx, ERR_CONFLICT,
                    "this payment is being looked into by the shop");
    if (payment->state == PAYMENT_PROCESSING)
        return OK;
    if (payment->state == PAYMENT_REQUIRES_ACTION &&
        !is_other_method(checkout, last))
        return OK;
    /* the answer to a repeated call is what came of the first one */
    if (payment->state == PAYMENT_FAILED && work->was_under_way && last &&
        was_declined(last) && !is_other_method(checkout, last))
        return tell_decline(cx, last);
    return start(cx, work, checkout);
}

/* Whether nothing is left to be learnt or done, but by a new refund. */
static bool
is_final(const struct payment *payment)
{
    return payment->state == PAYMENT_SUCCEEDED &&
           payment_due(payment, clock_now()) == 0;
}

/* With the lease: settles, proceeds, carries out what follows. */
static enum err
work_on(struct ctx *cx, struct settlement *work,
        const struct checkout *checkout)
{
    enum err err, later;

    err = settlement_settle(cx, work);
    if (err == ERR_DECLINED) {
        /* the attempt of an earlier call: proceed() says whose answer it is */
        ctx_forgive(cx);
        err = OK;
    }
    if (!err)
        err = proceed(cx, work, checkout);
    if (!err)
        err = cancellation_follow(cx, work);
    later = settlement_carry_out(cx, work);
    refunding_carry_out(cx, work);
    settlement_end(cx, work);
    return err ? err : later;
}

/* What a browser can be sent to (RFC 3986, 4.3): ASCII, and a host. */
static bool
is_web_url(const char *url)
{
    size_t scheme = !strncmp(url, "https://", 8)  ? 8
                    : !strncmp(url, "http://", 7) ? 7
                                                  : 0;

    for (const char *at = url; *at; at++) {
        if (*at <= ' ' || *at > '~')
            return false;
    }
    return scheme > 0 && url[scheme] && !strchr("/?#", url[scheme]);
}

enum err
checkout_pay(struct ctx *cx, struct payment_store *store,
             const struct checkout *checkout,
             struct checkout_result *ret_result)
{
    struct settlement work = { .store = store };
    struct remote_order order;
    bool is_owners;
    enum err err;

    if (checkout->return_url && !is_web_url(checkout->return_url))
        return fail_field(cx, "/return_url", "must be an http or https URL");
    if ((err = get_payable(cx, checkout->order_id, &order)))
        return err;
    if ((err = settlement_begin(cx, &work, order.id, &order)))
        return err;
    if (work.has_lease && (err = work_on(cx, &work, checkout)))
        return err;
    is_owners = caller_is(cx, work.payment->user_id);
    ret_result->payment = work.payment;
    ret_result->client_secret = is_owners ? work.client_secret : NULL;
    ret_result->redirect_url = is_owners ? work.redirect_url : NULL;
    return OK;
}

/*
 * Learns what can be learnt, and does what can be done; what fails is tried
 * again when it is due. ERR_CONFLICT: somebody else is at it.
 */
static enum err
catch_up(struct ctx *cx, struct settlement *work)
{
    enum err err;

    if ((err = settlement_try(cx, work)))
        return err;
    if (settlement_settle(cx, work) && cx->cause)
        log_event(cx, "error", "a payment can't be settled yet");
    follow_up(cx, work);
    return OK;
}

/*
 * Whether to ask Stripe because somebody looks: not again and again, however
 * many look. A clock that was set back must not make them wait.
 */
static bool
is_worth_asking(const struct payment *payment)
{
    int64_t since = clock_now() - payment->looked_at;

    return !is_final(payment) && (since < 0 || since >= LOOK_PAUSE);
}

enum err
checkout_look(struct ctx *cx, struct payment_store *store, const char *order_id,
              const struct payment **ret_payment)
{
    struct settlement work = { .store = store };
    enum err err;

    if ((err = store->get(cx, store, order_id, &work.payment)))
        return err;
    if (!caller_is(cx, work.payment->user_id) &&
        !caller_has(cx, ADMIN | SERVICE))
        return fail(cx, ERR_NOT_FOUND, "there is no such object");
    /* what is known is shown, whether or not more can be learnt */
    if (is_worth_asking(work.payment)) {
        work.payment->looked_at = clock_now();
        if (catch_up(cx, &work))
            ctx_forgive(cx);
    }
    *ret_payment = work.payment;
    return OK;
}

enum err
checkout_resume(struct ctx *cx, struct payment_store *store, bool *ret_is_idle)
{
    struct settlement work = { .store = store };
    const char *order_id;
    enum err err;

    err = store->due(cx, store, clock_now(), &order_id);
    *ret_is_idle = err == ERR_NOT_FOUND;
    if (err)
        return *ret_is_idle ? OK : err;
    if ((err = store->get(cx, store, order_id, &work.payment)))
        return err;
    err = catch_up(cx, &work);
    return err == ERR_CONFLICT ? OK : err;
}
