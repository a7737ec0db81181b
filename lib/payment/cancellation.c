#include "payment/cancellation.h"

#include <string.h>

#include "base/clock.h"
#include "payment/review.h"

/* Milliseconds that a customer may take at the bank. */
enum { TIME_AT_BANK = 3600 * 1000 };

/*
 * Whether its intent isn't as it should be, and a person has closed that: by
 * their word nothing more is to be asked of it, nor to be done about it.
 */
static bool
was_looked_into(const struct payment *payment)
{
    return payment->state != PAYMENT_SUCCEEDED && review_of_intent(payment);
}

/* With the lease: OK where the payment can't succeed any more. */
static enum err
cancel(struct ctx *cx, struct settlement *work)
{
    enum err err = settlement_look_again(cx, work);

    if (err)
        return err;
    if (was_looked_into(work->payment))
        return OK;
    /* what is processed at the bank may have come back by now */
    if (work->payment->state == PAYMENT_PROCESSING)
        err = settlement_look(cx, work);
    if (err == ERR_DECLINED) {
        ctx_forgive(cx); /* that one is over, at any rate */
        err = OK;
    }
    /*
     * Also where an outcome is open: sending that charge again would charge
     * somebody who cancels. Stripe's answer decides which of the two it was.
     */
    if (!err)
        err = settlement_cancel(cx, work);
    if (err)
        return err;
    if (work->payment->state == PAYMENT_SUCCEEDED)
        return fail(cx, ERR_CONFLICT, "it has been paid");
    if (work->payment->state == PAYMENT_PROCESSING)
        return fail(cx, ERR_CONFLICT, "its payment is being processed");
    return OK;
}

/* With the lease, which is parted with. */
static enum err
prepare(struct ctx *cx, struct settlement *work)
{
    enum err err = cancel(cx, work);

    (void)settlement_carry_out(cx, work);
    if (err)
        settlement_end(cx, work);
    else
        settlement_hold(cx, work);
    return err;
}

/* Where nothing was begun, there is nothing to cancel. */
static enum err
allow_none(struct ctx *cx, enum err err)
{
    if (err != ERR_NOT_FOUND)
        return err;
    ctx_forgive(cx);
    return OK;
}

enum err
cancellation_prepare(struct ctx *cx, struct payment_store *store,
                     const char *order_id)
{
    struct settlement work = { .store = store };
    enum err err = settlement_begin(cx, &work, order_id, NULL);

    return err ? allow_none(cx, err) : prepare(cx, &work);
}

/*
 * Whether a charge may be under way, or its customer at the bank; or a person
 * has to tell that first.
 */
static bool
is_being_tried(const struct payment *payment)
{
    const struct attempt *last = payment_last_attempt(payment);
    int64_t since = last ? last->submitted_at : payment->created_at;
    const struct review *mismatch = review_of_intent(payment);

    if (mismatch)
        return !mismatch->closed_at;
    return payment_is_doubtful(payment) ||
           (payment->state == PAYMENT_REQUIRES_ACTION &&
            clock_now() - since < TIME_AT_BANK);
}

enum err
cancellation_prepare_expiry(struct ctx *cx, struct payment_store *store,
                            const char *order_id)
{
    struct settlement work = { .store = store };
    enum err err = store->get(cx, store, order_id, &work.payment);

    if (err)
        return allow_none(cx, err);
    /* without the lease, which would put off when it is due */
    if (is_being_tried(work.payment))
        return fail(cx, ERR_CONFLICT, "its customer is at it");
    /* refused where anything has changed since it was read */
    err = settlement_try(cx, &work);
    return err ? err : prepare(cx, &work);
}

static bool
is_over(const struct remote_order *order)
{
    return !strcmp(order->status, "Cancelled") ||
           !strcmp(order->status, "Expired");
}

enum err
cancellation_follow(struct ctx *cx, struct settlement *work)
{
    struct remote_order order = { 0 };

    if (!payment_has_open_intent(work->payment))
        return OK;
    if (order_client_get(cx, PAYMENT_SERVICE, work->payment->order_id,
                         &order)) {
        ctx_forgive(cx); /* whoever looks next asks again */
        return OK;
    }
    if (!is_over(&order))
        return OK;
    if (settlement_cancel(cx, work)) {
        /* tried again by whoever takes the lease when it has run out */
        work->has_lease = false;
        ctx_forgive(cx);
    }
    return fail(cx, ERR_CONFLICT, "an order that is %s can't be paid",
                order.status);
}
