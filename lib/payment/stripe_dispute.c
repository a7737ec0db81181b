#include "payment/stripe.h"
#include "payment/stripe_call.h"

static enum err
read_dispute(struct ctx *cx, const struct doc *doc,
             struct stripe_dispute *ret_dispute)
{
    const char *currency = doc_text(doc_at(doc, "currency"));
    const char *reason = doc_text(doc_at(doc, "reason"));
    int64_t amount;

    ret_dispute->id = doc_text(doc_at(doc, "id"));
    ret_dispute->status = doc_text(doc_at(doc, "status"));
    ret_dispute->reason = reason ? reason : "no reason given";
    if (!ret_dispute->id || !ret_dispute->status || !currency ||
        !doc_int(doc_at(doc, "amount"), &amount))
        return fail(cx, ERR_UNKNOWN_OUTCOME, "Stripe's answer isn't a dispute");
    ret_dispute->amount = money_of(amount, currency);
    return OK;
}

enum err
stripe_list_disputes(struct ctx *cx, const char *intent_id,
                     struct stripe_dispute **ret_disputes, size_t *ret_count)
{
    struct stripe_dispute *disputes =
        arena_array(cx->arena, struct stripe_dispute, STRIPE_LIST_MAX);
    const struct doc *doc;
    size_t count = 0;
    enum err err;

    if ((err = stripe_list(cx, "/v1/disputes", intent_id, &doc)))
        return err;
    for (; doc && count < STRIPE_LIST_MAX; doc = doc_next(doc)) {
        if ((err = read_dispute(cx, doc, &disputes[count++])))
            return err;
    }
    *ret_disputes = disputes;
    *ret_count = count;
    return OK;
}
