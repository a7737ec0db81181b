#include <string.h>

#include "payment/stripe.h"
#include "payment/stripe_call.h"

enum { TIMEOUT = 8000 };

static enum refund_state
read_state(const struct doc *doc)
{
    const char *status = doc_text(doc_at(doc, "status"));

    if (status && !strcmp(status, "succeeded"))
        return REFUND_SUCCEEDED;
    if (status && (!strcmp(status, "failed") || !strcmp(status, "canceled")))
        return REFUND_FAILED;
    return REFUND_PENDING; /* also requires_action: Stripe has it */
}

static enum err
read_refund(struct ctx *cx, const struct doc *doc,
            struct stripe_refund *ret_refund)
{
    const char *number = doc_text(doc_at(doc, "metadata.refund"));

    ret_refund->news.stripe_id = doc_text(doc_at(doc, "id"));
    ret_refund->news.state = read_state(doc);
    ret_refund->news.message = doc_text(doc_at(doc, "failure_reason"));
    if (!ret_refund->news.stripe_id ||
        !doc_int(doc_at(doc, "amount"), &ret_refund->amount))
        return fail(cx, ERR_UNKNOWN_OUTCOME, "Stripe's answer isn't a refund");
    if (!number || !text_to_int64(number, &ret_refund->number))
        ret_refund->number = 0;
    return OK;
}

enum err
stripe_refund(struct ctx *cx, const struct payment *payment,
              const struct refund *refund, struct stripe_refund *ret_refund)
{
    struct stripe_call call = {
        .method = "POST",
        .path = "/v1/refunds",
        .key = refund->key,
        .timeout = TIMEOUT,
    };
    struct stripe_answer answer;
    enum err err;

    stripe_form(cx, &call);
    stripe_form_add(&call, "payment_intent", payment->intent_id);
    stripe_form_add_int(cx, &call, "amount", refund->amount);
    stripe_form_add(&call, "reason", "requested_by_customer");
    stripe_form_add(&call, "metadata[order_id]", payment->order_id);
    stripe_form_add_int(cx, &call, "metadata[refund]", refund->number);
    err = stripe_send(cx, &call, &answer);
    ret_refund->is_replay = answer.is_replay;
    if (err == ERR_UPSTREAM || err == ERR_DECLINED) {
        ctx_forgive(cx);
        ret_refund->news.state = REFUND_FAILED;
        ret_refund->news.message = answer.message;
        return fail(cx, ERR_CONFLICT, "Stripe refused the refund: %s",
                    answer.message);
    }
    return err ? err : read_refund(cx, answer.doc, ret_refund);
}

enum err
stripe_list_refunds(struct ctx *cx, const char *intent_id,
                    struct stripe_refund **ret_refunds, size_t *ret_count)
{
    struct stripe_refund *refunds =
        arena_array(cx->arena, struct stripe_refund, STRIPE_LIST_MAX);
    const struct doc *doc;
    size_t count = 0;
    enum err err;

    if ((err = stripe_list(cx, "/v1/refunds", intent_id, &doc)))
        return err;
    for (; doc && count < STRIPE_LIST_MAX; doc = doc_next(doc)) {
        if ((err = read_refund(cx, doc, &refunds[count++])))
            return err;
    }
    *ret_refunds = refunds;
    *ret_count = count;
    return OK;
}
