#include "payment/disputing.h"

#include <string.h>

#include "payment/review.h"
#include "payment/stripe.h"

struct listing {
    struct ctx *cx;
    const struct stripe_dispute *disputes;
    size_t count;
};

/* The shop has kept the money, or got it back. */
static bool
is_well(const struct stripe_dispute *dispute)
{
    return !strcmp(dispute->status, "won") ||
           !strcmp(dispute->status, "warning_closed") ||
           !strcmp(dispute->status, "prevented");
}

static bool
learn(struct payment *payment, const void *arg)
{
    const struct listing *listing = arg;
    bool is_new = false;

    for (size_t i = 0; i < listing->count; i++) {
        const struct stripe_dispute *dispute = &listing->disputes[i];
        struct review review = { .kind = REVIEW_DISPUTE,
                                 .subject = dispute->id };
        char amount[MONEY_TEXT];

        money_format(dispute->amount, amount);
        review.text = arena_printf(
            listing->cx->arena, "a dispute over %s %s (%s) is %s", amount,
            dispute->amount.currency, dispute->reason, dispute->status);
        is_new |= review_raise(payment, &review);
        if (is_well(dispute))
            is_new |= review_close(payment, REVIEW_DISPUTE, dispute->id,
                                   "Stripe", dispute->status);
    }
    return is_new;
}

enum err
disputing_hear(struct ctx *cx, struct settlement *work)
{
    struct listing listing = { .cx = cx };
    struct stripe_dispute *disputes;
    enum err err;

    if (!work->payment->intent_id)
        return OK;
    if ((err = stripe_list_disputes(cx, work->payment->intent_id, &disputes,
                                    &listing.count)))
        return err;
    listing.disputes = disputes;
    return settlement_change(cx, work, learn, &listing);
}
