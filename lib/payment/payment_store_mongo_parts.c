#include "payment/payment_store_mongo.h"
#include "payment/refund.h"
#include "payment/review.h"

const struct mongo_doc *
payment_mongo_attempts(struct ctx *cx, const struct payment *payment)
{
    const struct mongo_doc *docs[ATTEMPTS_MAX];

    for (size_t i = 0; i < payment->attempt_count; i++) {
        const struct attempt *attempt = &payment->attempts[i];

        docs[i] = mongo_doc(
            cx, "ittttttm", "number", attempt->number, "key", attempt->key,
            "payment_method", attempt->payment_method, "state",
            payment_state_name(attempt->state), "code", attempt->code,
            "message", attempt->message, "return_url", attempt->return_url,
            "submitted_at", attempt->submitted_at);
    }
    return mongo_doc_list(cx, docs, payment->attempt_count);
}

bool
payment_mongo_read_attempts(struct ctx *cx, const struct mongo_doc *doc,
                            struct payment *payment)
{
    const struct mongo_doc **docs;
    size_t count = mongo_docs(cx, doc, "attempts", &docs);

    if (count > ATTEMPTS_MAX)
        return false;
    payment->attempts = arena_array(cx->arena, struct attempt, ATTEMPTS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct attempt *attempt = &payment->attempts[i];
        const char *state = mongo_text(cx, docs[i], "state");

        attempt->number = mongo_int(docs[i], "number");
        attempt->key = mongo_text(cx, docs[i], "key");
        attempt->payment_method = mongo_text(cx, docs[i], "payment_method");
        attempt->code = mongo_text(cx, docs[i], "code");
        attempt->message = mongo_text(cx, docs[i], "message");
        attempt->return_url = mongo_text(cx, docs[i], "return_url");
        attempt->submitted_at = mongo_int(docs[i], "submitted_at");
        if (!state || !payment_state_named(state, &attempt->state) ||
            !attempt->key || !attempt->payment_method)
            return false;
    }
    payment->attempt_count = count;
    return true;
}

const struct mongo_doc *
payment_mongo_refunds(struct ctx *cx, const struct payment *payment)
{
    const struct mongo_doc *docs[REFUNDS_MAX];

    for (size_t i = 0; i < payment->refund_count; i++) {
        const struct refund *refund = &payment->refunds[i];

        docs[i] = mongo_doc(
            cx, "ittitttttm", "number", refund->number, "key", refund->key,
            "request_key", refund->request_key, "amount", refund->amount,
            "state", refund_state_name(refund->state), "stripe_id",
            refund->stripe_id, "message", refund->message, "mark",
            effect_state_name(refund->effects[REFUND_MARK]), "notify",
            effect_state_name(refund->effects[REFUND_NOTIFY]), "submitted_at",
            refund->submitted_at);
    }
    return mongo_doc_list(cx, docs, payment->refund_count);
}

static bool
read_effect(struct ctx *cx, const struct mongo_doc *doc, const char *name,
            enum effect_state *ret_state)
{
    const char *state = mongo_text(cx, doc, name);

    return state && effect_state_named(state, ret_state);
}

bool
payment_mongo_read_refunds(struct ctx *cx, const struct mongo_doc *doc,
                           struct payment *payment)
{
    const struct mongo_doc **docs;
    size_t count = mongo_docs(cx, doc, "refunds", &docs);

    if (count > REFUNDS_MAX)
        return false;
    payment->refunds = arena_array(cx->arena, struct refund, REFUNDS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct refund *refund = &payment->refunds[i];
        const char *state = mongo_text(cx, docs[i], "state");

        refund->number = mongo_int(docs[i], "number");
        refund->key = mongo_text(cx, docs[i], "key");
        refund->request_key = mongo_text(cx, docs[i], "request_key");
        refund->amount = mongo_int(docs[i], "amount");
        refund->stripe_id = mongo_text(cx, docs[i], "stripe_id");
        refund->message = mongo_text(cx, docs[i], "message");
        refund->submitted_at = mongo_int(docs[i], "submitted_at");
        if (!refund->key || !state ||
            !refund_state_named(state, &refund->state) ||
            !read_effect(cx, docs[i], "mark", &refund->effects[REFUND_MARK]) ||
            !read_effect(cx, docs[i], "notify",
                         &refund->effects[REFUND_NOTIFY]))
            return false;
    }
    payment->refund_count = count;
    return true;
}

const struct mongo_doc *
payment_mongo_reviews(struct ctx *cx, const struct payment *payment)
{
    const struct mongo_doc *docs[REVIEWS_MAX];

    for (size_t i = 0; i < payment->review_count; i++) {
        const struct review *review = &payment->reviews[i];

        docs[i] = mongo_doc(
            cx, "tttmmtt", "kind", review_kind_name(review->kind), "subject",
            review->subject, "text", review->text, "raised_at",
            review->raised_at, "closed_at", review->closed_at, "closed_by",
            review->closed_by, "note", review->note);
    }
    return mongo_doc_list(cx, docs, payment->review_count);
}

bool
payment_mongo_read_reviews(struct ctx *cx, const struct mongo_doc *doc,
                           struct payment *payment)
{
    const struct mongo_doc **docs;
    size_t count = mongo_docs(cx, doc, "reviews", &docs);

    if (count > REVIEWS_MAX)
        return false;
    payment->reviews = arena_array(cx->arena, struct review, REVIEWS_MAX);
    for (size_t i = 0; i < count; i++) {
        struct review *review = &payment->reviews[i];
        const char *kind = mongo_text(cx, docs[i], "kind");

        review->subject = mongo_text(cx, docs[i], "subject");
        review->text = mongo_text(cx, docs[i], "text");
        review->raised_at = mongo_int(docs[i], "raised_at");
        review->closed_at = mongo_int(docs[i], "closed_at");
        review->closed_by = mongo_text(cx, docs[i], "closed_by");
        review->note = mongo_text(cx, docs[i], "note");
        if (!kind || !review_kind_named(kind, &review->kind) ||
            !review->subject || !review->text)
            return false;
    }
    payment->review_count = count;
    return true;
}
