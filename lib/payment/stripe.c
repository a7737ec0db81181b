#include "payment/stripe.h"

#include <string.h>

#include "payment/stripe_call.h"

/* Milliseconds. A confirmation waits for the customer's bank. */
enum { CREATE_TIMEOUT = 8000, CONFIRM_TIMEOUT = 14000, SHORT_TIMEOUT = 5000 };

static bool
read_status(const struct doc *doc, enum intent_status *ret_status)
{
    static const char *const names[] = {
        [INTENT_REQUIRES_PAYMENT_METHOD] = "requires_payment_method",
        [INTENT_REQUIRES_CONFIRMATION] = "requires_confirmation",
        [INTENT_REQUIRES_ACTION] = "requires_action",
        [INTENT_PROCESSING] = "processing",
        [INTENT_REQUIRES_CAPTURE] = "requires_capture",
        [INTENT_SUCCEEDED] = "succeeded",
        [INTENT_CANCELED] = "canceled",
    };
    const char *name = doc_text(doc_at(doc, "status"));

    for (size_t i = 0; name && i < sizeof names / sizeof *names; i++) {
        if (!strcmp(names[i], name)) {
            *ret_status = (enum intent_status)i;
            return true;
        }
    }
    return false;
}

/*
 * Why the last attempt failed, for the customer; NULL: it hasn't. Only what
 * Stripe says of a card is meant for them (docs.stripe.com/error-handling), the
 * rest speaks to programmers.
 */
static const char *
customers_message(const struct doc *error)
{
    const char *type = doc_text(doc_at(error, "type"));
    const char *code = doc_text(doc_at(error, "code"));

    if (doc_type(error) != DOC_OBJECT)
        return NULL;
    if (type && !strcmp(type, "card_error"))
        return doc_text(doc_at(error, "message"));
    if (code && !strcmp(code, "payment_intent_authentication_failure"))
        return "Your bank has not confirmed this payment. Try again, or use "
               "another card.";
    return "This payment has failed. Try again, or pay in another way.";
}

/* What isn't understood may hide a charge: ERR_UNKNOWN_OUTCOME. */
static enum err
read_intent(struct ctx *cx, const struct doc *doc, struct intent *ret_intent)
{
    const char *currency = doc_text(doc_at(doc, "currency"));
    const struct doc *error = doc_at(doc, "last_payment_error");
    const char *decline = doc_text(doc_at(error, "decline_code"));
    struct intent intent = {
        .id = doc_text(doc_at(doc, "id")),
        .order_id = doc_text(doc_at(doc, "metadata.order_id")),
        .client_secret = doc_text(doc_at(doc, "client_secret")),
        .redirect_url =
            doc_text(doc_at(doc, "next_action.redirect_to_url.url")),
        .is_live = doc_is_true(doc_at(doc, "livemode")),
        .is_replay = ret_intent->is_replay,
        .code = decline ? decline : doc_text(doc_at(error, "code")),
        .message = customers_message(error),
    };
    int64_t amount, received;

    if (!intent.id || !currency || !read_status(doc, &intent.status) ||
        !doc_int(doc_at(doc, "amount"), &amount) ||
        !doc_int(doc_at(doc, "amount_received"), &received))
        return fail(cx, ERR_UNKNOWN_OUTCOME, "Stripe's answer isn't an intent");
    intent.amount = money_of(amount, currency);
    intent.received = money_of(received, currency);
    *ret_intent = intent;
    return OK;
}

/* A payment method that doesn't exist, or that this intent can't take. */
static bool
is_about_method(const struct stripe_answer *answer)
{
    const char *param = doc_text(doc_at(answer->doc, "param"));

    return (param && !strcmp(param, "payment_method")) ||
           (answer->code && !strncmp(answer->code, "payment_method_", 15));
}

/* Stripe's own word for it, not the 404 of something in between. */
static bool
is_about_unknown(const struct stripe_answer *answer)
{
    return answer->status == 404 && answer->code &&
           !strcmp(answer->code, "resource_missing");
}

/* What Stripe's refusal means for an intent. */
static enum err
read_refusal(struct ctx *cx, enum err err, const struct stripe_answer *answer,
             struct intent *intent)
{
    const struct doc *inside = doc_at(answer->doc, "payment_intent");
    const char *code = answer->code;

    /* confirmed already, after its key was pruned: the intent tells */
    if (code && !strcmp(code, "payment_intent_unexpected_state") && inside) {
        ctx_forgive(cx);
        return read_intent(cx, inside, intent);
    }
    intent->code = code;
    intent->message = answer->message;
    if (err != ERR_UPSTREAM)
        return err;
    if (code && !strncmp(code, "amount_too_", 11)) {
        ctx_forgive(cx);
        return fail(cx, ERR_CONFLICT, "this order can't be charged: %s",
                    answer->message);
    }
    if (is_about_method(answer)) {
        ctx_forgive(cx);
        return fail_field(cx, "/payment_method", "can't be used: %s",
                          answer->message);
    }
    return is_about_unknown(answer) ? ERR_NOT_FOUND : err;
}

static enum err
send(struct ctx *cx, const struct stripe_call *call, struct intent *ret_intent)
{
    struct stripe_answer answer;
    enum err err = stripe_send(cx, call, &answer);

    ret_intent->is_replay = answer.is_replay;
    if (err)
        return read_refusal(cx, err, &answer, ret_intent);
    return read_intent(cx, answer.doc, ret_intent);
}

enum err
stripe_create(struct ctx *cx, const struct payment *payment,
              struct intent *ret_intent)
{
    struct stripe_call call = {
        .method = "POST",
        .path = "/v1/payment_intents",
        .key = payment_create_key(cx, payment),
        .timeout = CREATE_TIMEOUT,
    };

    stripe_form(cx, &call);
    stripe_form_add_int(cx, &call, "amount", payment->amount.minor);
    stripe_form_add(&call, "currency", payment->amount.currency);
    /* no redirects: a confirmation by the server then needs no return_url */
    stripe_form_add(&call, "automatic_payment_methods[enabled]", "true");
    stripe_form_add(&call, "automatic_payment_methods[allow_redirects]",
                    "never");
    stripe_form_add(&call, "description",
                    arena_printf(cx->arena, "Order %s", payment->order_id));
    stripe_form_add(&call, "metadata[order_id]", payment->order_id);
    stripe_form_add(&call, "metadata[payment_id]", payment->id);
    stripe_form_add(&call, "metadata[user_id]", payment->user_id);
    return send(cx, &call, ret_intent);
}

/* The path of an intent, or of what is done to it. */
static const char *
path_of(struct ctx *cx, const char *intent_id, const char *action)
{
    return arena_printf(cx->arena, "/v1/payment_intents/%s%s", intent_id,
                        action);
}

enum err
stripe_confirm(struct ctx *cx, const struct payment *payment,
               const struct attempt *attempt, struct intent *ret_intent)
{
    struct stripe_call call = {
        .method = "POST",
        .path = path_of(cx, payment->intent_id, "/confirm"),
        .key = attempt->key,
        .timeout = CONFIRM_TIMEOUT,
    };

    stripe_form(cx, &call);
    stripe_form_add(&call, "payment_method", attempt->payment_method);
    if (attempt->return_url)
        stripe_form_add(&call, "return_url", attempt->return_url);
    return send(cx, &call, ret_intent);
}

enum err
stripe_get(struct ctx *cx, const char *intent_id, struct intent *ret_intent)
{
    struct stripe_call call = {
        .method = "GET",
        .path = path_of(cx, intent_id, ""),
        .timeout = SHORT_TIMEOUT,
    };

    return send(cx, &call, ret_intent);
}

enum err
stripe_cancel(struct ctx *cx, const char *intent_id, struct intent *ret_intent)
{
    struct stripe_call call = {
        .method = "POST",
        .path = path_of(cx, intent_id, "/cancel"),
        /* no key: twice is harmless, and "too late" must not be repeated
           for a day to an intent that has failed since */
        .timeout = SHORT_TIMEOUT,
    };

    stripe_form(cx, &call);
    stripe_form_add(&call, "cancellation_reason", "requested_by_customer");
    return send(cx, &call, ret_intent);
}

const char *
stripe_objection(struct ctx *cx, const struct payment *payment,
                 const struct intent *intent)
{
    if (!money_is_equal(intent->received, payment->amount))
        return arena_printf(
            cx->arena, "%s received %lld %s, the order costs %lld %s",
            intent->id, (long long)intent->received.minor,
            intent->received.currency, (long long)payment->amount.minor,
            payment->amount.currency);
    if (!intent->order_id || strcmp(intent->order_id, payment->order_id) != 0)
        return arena_printf(cx->arena, "%s is of another order", intent->id);
    if (intent->is_live != stripe_is_live())
        return arena_printf(cx->arena, "%s is of the other mode", intent->id);
    return NULL;
}
