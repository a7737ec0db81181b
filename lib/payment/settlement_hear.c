/* News of an intent, which may be beside the payment's own. */
#include <string.h>

#include "payment/review.h"
#include "payment/settlement_intent.h"

static bool
learn_review(struct payment *payment, const void *review)
{
    return review_raise(payment, review);
}

static bool
can_be_cancelled(const struct intent *intent)
{
    return intent->status != INTENT_SUCCEEDED &&
           intent->status != INTENT_CANCELED &&
           intent->status != INTENT_PROCESSING;
}

/* Whether its own intent has succeeded, or still can. */
static bool
has_own(const struct payment *payment)
{
    return payment->intent_id && payment->state != PAYMENT_CANCELED;
}

static bool
adopt(struct payment *payment, const void *intent_id)
{
    if (has_own(payment))
        return false;
    payment->intent_id = intent_id;
    payment->state = PAYMENT_CREATED;
    return true;
}

/*
 * Whether an intent of the order can be the payment's own, as when its making
 * was never heard of, or was forgotten with a restored backup. In place of one
 * that was cancelled only if it has paid: the next call makes its own.
 */
static bool
is_wanting(const struct payment *payment, const struct intent *intent)
{
    return !has_own(payment) && intent->status != INTENT_CANCELED &&
           (!payment->intent_id || intent->status == INTENT_SUCCEEDED) &&
           money_is_equal(intent->amount, payment->amount) &&
           intent->is_live == stripe_is_live();
}

/*
 * Another one has succeeded: is our own what we think that it is? While a
 * request may be under way, its key tells.
 */
static enum err
look_at_own(struct ctx *cx, struct settlement *work)
{
    enum err err = OK;

    if (has_own(work->payment) && !payment_is_doubtful(work->payment) &&
        work->payment->state != PAYMENT_SUCCEEDED)
        err = settlement_look(cx, work);
    /* whatever it is: it is known by now, or a person is told */
    if (err == ERR_DECLINED || err == ERR_CONFLICT) {
        ctx_forgive(cx);
        err = OK;
    }
    return err;
}

/*
 * An intent beside the payment's own. One of its order is a stray, unless it
 * is what is missing: it must not succeed. One of another order is none of it,
 * whatever the event said.
 */
static enum err
hear_of_stray(struct ctx *cx, struct settlement *work, struct intent *intent)
{
    struct review review = { .kind = REVIEW_STRAY, .subject = intent->id };
    enum err err;

    if (!intent->order_id ||
        strcmp(intent->order_id, work->payment->order_id) != 0)
        return OK;
    if (intent->status == INTENT_SUCCEEDED && (err = look_at_own(cx, work)))
        return err;
    if (is_wanting(work->payment, intent)) {
        err = settlement_change(cx, work, adopt, intent->id);
        return err ? err : settlement_take_in(cx, work, intent, 0);
    }
    /* where there is no other one yet, it may become the payment's own */
    if (work->payment->intent_id && can_be_cancelled(intent) &&
        (err = stripe_cancel(cx, intent->id, intent)))
        return err;
    if (intent->status != INTENT_SUCCEEDED)
        return OK;
    review.text = arena_printf(
        cx->arena, "%s has succeeded beside %s", intent->id,
        work->payment->intent_id ? work->payment->intent_id : "no intent");
    return settlement_change(cx, work, learn_review, &review);
}

enum err
settlement_hear(struct ctx *cx, struct settlement *work, const char *intent_id)
{
    const struct payment *payment = work->payment;
    struct intent intent = { 0 };
    enum err err;

    if (!intent_id)
        return OK;
    err = stripe_get(cx, intent_id, &intent);
    if (!payment->intent_id || strcmp(payment->intent_id, intent_id) != 0)
        return err ? err : hear_of_stray(cx, work, &intent);
    if (err)
        return settlement_miss(cx, work, err);
    /* of a request that may be under way still, its key tells */
    if (payment_is_doubtful(payment) && intent_is_back_at_beginning(&intent))
        return OK;
    return settlement_take_in(cx, work, &intent, 0);
}
