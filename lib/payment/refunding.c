#include "payment/refunding.h"

#include "base/log.h"
#include "payment/stripe.h"

/* News of the refund with this number. */
struct numbered_news {
    int64_t number;
    struct refund_news news;
};

static bool
learn(struct payment *payment, const void *arg)
{
    const struct numbered_news *numbered = arg;
    struct refund *refund = refund_numbered(payment, numbered->number);

    return refund && refund_learn(payment, refund, &numbered->news);
}

/* Everything that Stripe has of this payment's refunds. */
struct listing {
    struct ctx *cx;
    const struct stripe_refund *refunds;
    size_t count;
};

/*
 * A refund of ours is known by its id, or by the number that it carries. Where
 * a backup was restored, that number may have been given anew.
 */
static struct refund *
match(const struct payment *payment, const struct stripe_refund *listed)
{
    struct refund *refund = refund_with_id(payment, listed->news.stripe_id);

    if (refund || !listed->number)
        return refund;
    refund = refund_numbered(payment, listed->number);
    return refund && !refund->stripe_id ? refund : NULL;
}

static bool
learn_listing(struct payment *payment, const void *arg)
{
    const struct listing *listing = arg;
    bool is_new = false;

    /* the oldest first: what isn't known gets the number that it had */
    for (size_t i = listing->count; i-- > 0;) {
        const struct stripe_refund *listed = &listing->refunds[i];
        struct refund *refund = match(payment, listed);

        if (refund) {
            is_new |= refund_learn(payment, refund, &listed->news);
        } else {
            refund_adopt(listing->cx, payment, listed->amount, &listed->news);
            is_new = true;
        }
    }
    return is_new;
}

enum err
refunding_hear(struct ctx *cx, struct settlement *work)
{
    struct listing listing = { .cx = cx };
    struct stripe_refund *refunds;
    enum err err;

    if (!work->payment->intent_id)
        return OK;
    if ((err = stripe_list_refunds(cx, work->payment->intent_id, &refunds,
                                   &listing.count)))
        return err;
    listing.refunds = refunds;
    return settlement_change(cx, work, learn_listing, &listing);
}

/*
 * Stripe keeps a 500 and repeats it for a day: that request has ended. Its
 * list tells whether it made the refund; if not, it never will.
 */
static enum err
look_after_replay(struct ctx *cx, struct settlement *work, int64_t number)
{
    struct numbered_news numbered = { .number = number };
    struct ctx doubt = *cx;

    if (refunding_hear(cx, work)) {
        *cx = doubt; /* the first reason is the one to tell */
        return ERR_UNKNOWN_OUTCOME;
    }
    ctx_forgive(cx);
    if (refund_numbered(work->payment, number)->state != REFUND_UNKNOWN)
        return OK;
    numbered.news.state = REFUND_FAILED;
    numbered.news.message = "its server failed, nothing was refunded";
    return settlement_change(cx, work, learn, &numbered) ? ERR_UNKNOWN_OUTCOME
                                                         : OK;
}

/*
 * Stripe won't refund so much: it may have been refunded in its dashboard
 * meanwhile, and whether a person is needed depends on what is left.
 */
static enum err
hear_of_refusal(struct ctx *cx, struct settlement *work)
{
    struct ctx refused = *cx;

    ctx_forgive(cx);
    if (refunding_hear(cx, work))
        return ERR_UNKNOWN_OUTCOME;
    *cx = refused;
    return ERR_CONFLICT;
}

/* Sends a refund, for the first time or again, and keeps what came of it. */
static enum err
submit(struct ctx *cx, struct settlement *work, int64_t number)
{
    const struct refund *refund = refund_numbered(work->payment, number);
    struct stripe_refund answer = { .news.state = REFUND_UNKNOWN };
    struct numbered_news numbered = { .number = number };
    enum err err, kept;

    err = stripe_refund(cx, work->payment, refund, &answer);
    if (err == ERR_CONFLICT)
        err = hear_of_refusal(cx, work);
    if (err && err != ERR_CONFLICT)
        answer.news.state = REFUND_UNKNOWN;
    numbered.news = answer.news;
    kept = settlement_change(cx, work, learn, &numbered);
    /* it has left, and is kept as sent: what came of it will be asked */
    if (kept)
        return ERR_UNKNOWN_OUTCOME;
    return answer.is_replay && answer.news.state == REFUND_UNKNOWN
               ? look_after_replay(cx, work, number)
               : err;
}

/* Whether one waits for an answer, or for the bank. */
static bool
has_unsettled(const struct payment *payment)
{
    for (size_t i = 0; i < payment->refund_count; i++) {
        if (payment->refunds[i].state < REFUND_FAILED)
            return true;
    }
    return false;
}

/*
 * First Stripe's list, which tells also after a key was pruned; then what
 * isn't on it is sent again, with its own key.
 */
static void
settle(struct ctx *cx, struct settlement *work)
{
    if (!has_unsettled(work->payment) || refunding_hear(cx, work))
        return;
    for (size_t i = 0; i < work->payment->refund_count; i++) {
        const struct refund *refund = &work->payment->refunds[i];

        if (refund->state == REFUND_SUBMITTED ||
            refund->state == REFUND_UNKNOWN)
            (void)submit(cx, work, refund->number);
    }
}

static bool
begin_return(struct payment *payment, const void *arg)
{
    const struct listing *nothing = arg;
    struct refund *refund;

    return refund_is_owed(payment) &&
           !refund_begin(nothing->cx, payment, refund_left(payment), NULL,
                         &refund);
}

/*
 * Begins to return what came in too late, but for what was refunded in
 * Stripe's dashboard already.
 */
static enum err
return_all(struct ctx *cx, struct settlement *work)
{
    struct listing nothing = { .cx = cx };
    enum err err;

    if (!refund_is_owed(work->payment))
        return OK;
    if ((err = refunding_hear(cx, work)))
        return err;
    return settlement_change(cx, work, begin_return, &nothing);
}

void
refunding_carry_out(struct ctx *cx, struct settlement *work)
{
    struct ctx before = *cx;

    if (work->payment->state != PAYMENT_SUCCEEDED)
        return;
    if (!return_all(cx, work))
        settle(cx, work);
    refunding_tell(cx, work);
    before.retry_at = cx->retry_at;
    *cx = before; /* what the request has to say stays */
}

/* The refund of this request, kept but not sent yet; or the one it made. */
static enum err
begin(struct ctx *cx, struct settlement *work, const struct refund_wish *wish,
      int64_t *ret_number, bool *ret_is_new)
{
    struct payment *payment = work->payment;
    struct refund *refund = refund_of_request(payment, cx->request_key);
    struct money amount;
    enum err err;

    *ret_is_new = !refund;
    if (refund) {
        *ret_number = refund->number;
        return OK;
    }
    amount = money_of(refund_left(payment), payment->amount.currency);
    if (wish->amount && (err = money_parse(cx, "/amount", wish->amount,
                                           payment->amount.currency, &amount)))
        return err;
    if (payment->state == PAYMENT_SUCCEEDED && refund_left(payment) <= 0)
        return fail(cx, ERR_CONFLICT, "all of it has been refunded");
    if ((err =
             refund_begin(cx, payment, amount.minor, cx->request_key, &refund)))
        return err;
    *ret_number = refund->number;
    return settlement_save(cx, work);
}

/* Sends what begin() has kept. It will be settled: that is an answer, too. */
static enum err
submit_kept(struct ctx *cx, struct settlement *work, int64_t number)
{
    enum err err = submit(cx, work, number);

    if (err != ERR_UNKNOWN_OUTCOME)
        return err;
    log_event(cx, "error", "a refund's outcome isn't known yet");
    ctx_forgive(cx);
    return OK;
}

enum err
refunding_ask(struct ctx *cx, struct payment_store *store,
              const struct refund_wish *wish,
              const struct payment **ret_payment,
              const struct refund **ret_refund)
{
    struct settlement work = { .store = store };
    int64_t number = 0;
    bool is_new;
    enum err err;

    if ((err = settlement_begin(cx, &work, wish->order_id, NULL)))
        return err;
    err = begin(cx, &work, wish, &number, &is_new);
    if (!err && is_new)
        err = submit_kept(cx, &work, number);
    if (!err) {
        (void)settlement_carry_out(cx, &work);
        ctx_forgive(cx);
        refunding_carry_out(cx, &work);
    }
    settlement_end(cx, &work);
    if (err)
        return err;
    *ret_payment = work.payment;
    *ret_refund = refund_numbered(work.payment, number);
    return OK;
}
