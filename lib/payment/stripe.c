#include "payment/stripe.h"

#include <string.h>

#include "base/config.h"
#include "base/stop.h"
#include "base/text.h"
#include "io/doc.h"
#include "io/http.h"

#define API_VERSION "2026-07-29.dahlia"

/* A confirmation waits for the customer's bank. */
enum { CREATE_TIMEOUT = 8000, CONFIRM_TIMEOUT = 14000, GET_TIMEOUT = 5000 };
enum { FORM_MAX = 8 * KIB };

static struct {
    const char *key, *base, *default_method;
    bool is_live;
} settings;

void
stripe_init(void)
{
    settings.key = config_required(SETTING_STRIPE_SECRET_KEY);
    settings.base = config_required(SETTING_STRIPE_API_BASE);
    settings.default_method = config_text(SETTING_STRIPE_DEFAULT_PAYMENT_METHOD);
    settings.is_live = strstr(settings.key, "_live_") != NULL;
    if (!http_is_base(settings.base))
        die("STRIPE_API_BASE must be https://..., or http:// to loopback");
    if (settings.is_live && settings.default_method)
        die("STRIPE_DEFAULT_PAYMENT_METHOD is for tests: with a live key it "
            "would charge one card for everybody");
}

bool
stripe_is_live(void)
{
    return settings.is_live;
}

const char *
stripe_default_method(void)
{
    return settings.default_method;
}

/* application/x-www-form-urlencoded, with Stripe's bracketed names. */
static void
form_add(struct text *form, const char *name, const char *value)
{
    if (form->size > 0)
        text_add_char(form, '&');
    text_add(form, name);
    text_add_char(form, '=');
    text_add_percent(form, value);
}

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

/* What isn't understood may hide a charge: ERR_UNKNOWN_OUTCOME. */
static enum err
read_intent(struct ctx *cx, const struct doc *doc, struct intent *ret_intent)
{
    const char *currency = doc_text(doc_at(doc, "currency"));
    struct intent intent = {
        .id = doc_text(doc_at(doc, "id")),
        .order_id = doc_text(doc_at(doc, "metadata.order_id")),
        .client_secret = doc_text(doc_at(doc, "client_secret")),
        .is_live = doc_is_true(doc_at(doc, "livemode")),
        .is_replay = ret_intent->is_replay,
        .code = doc_text(doc_at(doc, "last_payment_error.code")),
        .message = doc_text(doc_at(doc, "last_payment_error.message")),
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

static bool
is_text(const struct doc *doc, const char *path, const char *wanted)
{
    const char *text = doc_text(doc_at(doc, path));

    return text && strcmp(text, wanted) == 0;
}

/* A payment method that doesn't exist, or that this intent can't take. */
static bool
is_about_method(const struct doc *doc)
{
    return is_text(doc, "error.param", "payment_method") ||
           is_text(doc, "error.code", "payment_method_unactivated") ||
           is_text(doc, "error.code", "payment_method_invalid_parameter");
}

/* Says what Stripe said, with the name of the case in Stripe's own log. */
static enum err
fail_as(struct ctx *cx, enum err err, const struct http_answer *answer,
        const char *message)
{
    const char *id = http_header(answer, "Request-Id");

    return fail(cx, err, "Stripe: status %d, %s (%s)", answer->status, message,
                id ? id : "no request id");
}

/* What a status other than 2xx means (docs.stripe.com/api/errors). */
static enum err
read_error(struct ctx *cx, const struct http_answer *answer,
           const struct doc *doc, struct intent *intent)
{
    const struct doc *inside = doc_at(doc, "error.payment_intent");
    const char *message = doc_text(doc_at(doc, "error.message"));
    const char *code = doc_text(doc_at(doc, "error.code"));
    const char *decline = doc_text(doc_at(doc, "error.decline_code"));

    if (!message)
        message = "no message";
    if (answer->status == 402) {
        if (inside && read_intent(cx, inside, intent))
            return ERR_UNKNOWN_OUTCOME;
        intent->code = decline ? decline : code;
        intent->message = message;
        return fail(cx, ERR_DECLINED, "%s", message);
    }
    /* confirmed already, after its key was pruned: the intent tells */
    if (code && !strcmp(code, "payment_intent_unexpected_state") && inside)
        return read_intent(cx, inside, intent);
    if (answer->status == 409 || answer->status == 424 ||
        answer->status == 429 || answer->status >= 500) {
        cx->retry_after = (unsigned)answer->retry_after;
        return fail_as(cx, ERR_UNKNOWN_OUTCOME, answer, message);
    }
    intent->code = code;
    intent->message = message;
    if (code && !strncmp(code, "amount_too_", 11))
        return fail(cx, ERR_CONFLICT, "this order can't be charged: %s",
                    message);
    if (is_about_method(doc))
        return fail_field(cx, "/payment_method", "can't be used: %s", message);
    return fail_as(cx, ERR_UPSTREAM, answer, message);
}

static enum err
call_stripe(struct ctx *cx, struct http_call *call, const char *key,
            struct intent *ret_intent)
{
    const struct doc *doc = NULL;
    struct http_answer answer;
    enum err err;

    call->base = settings.base;
    call->user = settings.key;
    call->content_type = "application/x-www-form-urlencoded";
    call->headers[0] = "Stripe-Version: " API_VERSION;
    if (key)
        call->headers[1] = arena_printf(cx->arena, "Idempotency-Key: %s", key);
    /* a request that never left is asked again with the same key, too */
    if ((err = http_send(cx, call, &answer)))
        return ERR_UNKNOWN_OUTCOME;
    ret_intent->is_replay = http_header(&answer, "Idempotent-Replayed");
    if (doc_parse(cx, answer.body, answer.size, &doc)) {
        ctx_forgive(cx);
        return fail(cx, ERR_UNKNOWN_OUTCOME, "Stripe: status %d without JSON",
                    answer.status);
    }
    if (answer.status < 200 || answer.status > 299)
        return read_error(cx, &answer, doc, ret_intent);
    return read_intent(cx, doc, ret_intent);
}

enum err
stripe_create(struct ctx *cx, const struct payment *payment,
              struct intent *ret_intent)
{
    struct http_call call = {
        .method = "POST",
        .path = "/v1/payment_intents",
        .timeout = CREATE_TIMEOUT,
    };
    struct text form;

    text_init(&form, cx->arena, FORM_MAX);
    form_add(&form, "amount",
             arena_printf(cx->arena, "%lld", (long long)payment->amount.minor));
    form_add(&form, "currency", payment->amount.currency);
    /* no redirects: a confirmation by the server then needs no return_url */
    form_add(&form, "automatic_payment_methods[enabled]", "true");
    form_add(&form, "automatic_payment_methods[allow_redirects]", "never");
    form_add(&form, "description",
             arena_printf(cx->arena, "Order %s", payment->order_id));
    form_add(&form, "metadata[order_id]", payment->order_id);
    form_add(&form, "metadata[payment_id]", payment->id);
    form_add(&form, "metadata[user_id]", payment->user_id);
    call.body = form.bytes;
    call.body_size = form.size;
    return call_stripe(cx, &call, payment_create_key(cx, payment), ret_intent);
}

enum err
stripe_confirm(struct ctx *cx, const struct payment *payment,
               const struct attempt *attempt, struct intent *ret_intent)
{
    struct http_call call = {
        .method = "POST",
        .path = arena_printf(cx->arena, "/v1/payment_intents/%s/confirm",
                             payment->intent_id),
        .timeout = CONFIRM_TIMEOUT,
    };
    struct text form;

    text_init(&form, cx->arena, FORM_MAX);
    form_add(&form, "payment_method", attempt->payment_method);
    call.body = form.bytes;
    call.body_size = form.size;
    return call_stripe(cx, &call, attempt->key, ret_intent);
}

enum err
stripe_get(struct ctx *cx, const char *intent_id, struct intent *ret_intent)
{
    struct http_call call = {
        .method = "GET",
        .path = arena_printf(cx->arena, "/v1/payment_intents/%s", intent_id),
        .timeout = GET_TIMEOUT,
    };

    return call_stripe(cx, &call, NULL, ret_intent);
}

const char *
stripe_objection(struct ctx *cx, const struct payment *payment,
                 const struct intent *intent)
{
    if (!money_is_equal(intent->received, payment->amount))
        return arena_printf(cx->arena,
                            "%s received %lld %s, the order costs %lld %s",
                            intent->id, (long long)intent->received.minor,
                            intent->received.currency,
                            (long long)payment->amount.minor,
                            payment->amount.currency);
    if (!intent->order_id || strcmp(intent->order_id, payment->order_id) != 0)
        return arena_printf(cx->arena, "%s is of another order", intent->id);
    if (intent->is_live != settings.is_live)
        return arena_printf(cx->arena, "%s is of the other mode", intent->id);
    return NULL;
}
