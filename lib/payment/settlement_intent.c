/* What Stripe says of a payment's intent, and how it is taken in. */
#include "payment/settlement_intent.h"

#include "payment/review.h"

/* What Stripe knows, and finds nothing wrong with, needs nobody any more. */
static bool
withdraw(struct payment *payment, const void *nothing)
{
    (void)nothing;
    return review_withdraw_of_intent(payment);
}

static bool
learn(struct payment *payment, const void *arg)
{
    const struct intent_news *news = arg;
    bool is_withdrawn = !news->review && withdraw(payment, NULL);

    return payment_learn(payment, news) || is_withdrawn;
}

static bool
learn_review(struct payment *payment, const void *review)
{
    return review_raise(payment, review);
}

/* What everybody is told while a person looks into it. */
static enum err
refuse_meanwhile(struct ctx *cx)
{
    return fail(cx, ERR_CONFLICT,
                "this payment is being looked into by the shop");
}

/* What an intent's status means to us, with what was tried so far. */
static enum payment_state
state_of(const struct intent *intent, const struct payment *payment)
{
    switch (intent->status) {
    case INTENT_REQUIRES_ACTION:
        return PAYMENT_REQUIRES_ACTION;
    case INTENT_PROCESSING:
    case INTENT_REQUIRES_CAPTURE:
        return PAYMENT_PROCESSING;
    case INTENT_SUCCEEDED:
        return PAYMENT_SUCCEEDED;
    case INTENT_CANCELED:
        return PAYMENT_CANCELED;
    case INTENT_REQUIRES_PAYMENT_METHOD:
    case INTENT_REQUIRES_CONFIRMATION:
        break;
    }
    /* back at its beginning: something was tried, by us or in the browser */
    return payment->attempt_count > 0 || payment->state != PAYMENT_CREATED
               ? PAYMENT_FAILED
               : PAYMENT_CREATED;
}

enum err
settlement_take_in(struct ctx *cx, struct settlement *work,
                   const struct intent *intent, int64_t attempt_number)
{
    struct intent_news news = {
        .attempt_number = attempt_number,
        .state = state_of(intent, work->payment),
        .code = intent->code,
        .message = intent->message,
    };
    struct review review = { .kind = REVIEW_MISMATCH, .subject = intent->id };
    enum err err;

    work->client_secret = intent->client_secret;
    work->redirect_url = intent->redirect_url;
    if (news.state == PAYMENT_SUCCEEDED &&
        (review.text = stripe_objection(cx, work->payment, intent)))
        news.review = &review;
    if ((err = settlement_change(cx, work, learn, &news)))
        return err;
    if (news.review)
        return refuse_meanwhile(cx);
    if (news.state == PAYMENT_FAILED)
        return fail(cx, ERR_DECLINED, "%s",
                    intent->message ? intent->message
                                    : "the payment was declined");
    return OK;
}

enum err
settlement_look(struct ctx *cx, struct settlement *work)
{
    struct intent intent = { 0 };
    enum err err;

    if ((err = stripe_get(cx, work->payment->intent_id, &intent)))
        return settlement_miss(cx, work, err);
    return settlement_take_in(cx, work, &intent, 0);
}

enum err
settlement_look_again(struct ctx *cx, struct settlement *work)
{
    const struct review *mismatch = review_of_intent(work->payment);
    struct intent intent = { 0 };
    enum err err;

    if (!mismatch || mismatch->closed_at ||
        work->payment->state == PAYMENT_SUCCEEDED)
        return OK;
    if ((err = stripe_get(cx, work->payment->intent_id, &intent)))
        return settlement_miss(cx, work, err);
    if (intent.status == INTENT_SUCCEEDED)
        return settlement_take_in(cx, work, &intent, 0);
    return settlement_change(cx, work, withdraw, NULL);
}

enum err
settlement_miss(struct ctx *cx, struct settlement *work, enum err err)
{
    struct review review = {
        .kind = REVIEW_MISMATCH,
        .subject = work->payment->intent_id,
        .text = "Stripe doesn't know this intent by STRIPE_SECRET_KEY: the "
                "dashboard of the account and mode that made it tells whether "
                "it was charged",
    };

    if (err != ERR_NOT_FOUND)
        return err;
    ctx_forgive(cx);
    if ((err = settlement_change(cx, work, learn_review, &review)))
        return err;
    return refuse_meanwhile(cx);
}

bool
intent_is_back_at_beginning(const struct intent *intent)
{
    return intent->status == INTENT_REQUIRES_PAYMENT_METHOD ||
           intent->status == INTENT_REQUIRES_CONFIRMATION;
}
