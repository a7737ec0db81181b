#include "payment/stripe_call.h"

#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/stop.h"
#include "io/http.h"
#include "payment/stripe.h"

#define API_VERSION "2026-07-29.dahlia"

enum { FORM_MAX = 8 * KIB, LIST_TIMEOUT = 8000 };

/* Seconds: a shop doesn't wait for longer, whatever it is told. */
enum { RETRY_AFTER_MOST = 3600 };

static struct {
    const char *key, *base, *default_method;
    bool is_live;
} settings;

void
stripe_init(void)
{
    settings.key = config_required(SETTING_STRIPE_SECRET_KEY);
    settings.base = config_required(SETTING_STRIPE_API_BASE);
    settings.default_method =
        config_text(SETTING_STRIPE_DEFAULT_PAYMENT_METHOD);
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

void
stripe_form(struct ctx *cx, struct stripe_call *call)
{
    text_init(&call->form, cx->arena, FORM_MAX);
}

void
stripe_form_add(struct stripe_call *call, const char *name, const char *value)
{
    if (call->form.size > 0)
        text_add_char(&call->form, '&');
    text_add(&call->form, name);
    text_add_char(&call->form, '=');
    text_add_percent(&call->form, value);
}

void
stripe_form_add_int(struct ctx *cx, struct stripe_call *call, const char *name,
                    int64_t value)
{
    stripe_form_add(call, name,
                    arena_printf(cx->arena, "%lld", (long long)value));
}

/*
 * Whether an answer says what became of the request with this key. One at the
 * door (401, 403: no such key, or not for this) doesn't: the same request may
 * have come in before, when the key was good. 429 is no different, nor is
 * whatever Stripe wants to be asked again. That it doesn't want to be decides
 * nothing: sent again, the request shows by its replay that it has ended.
 */
static bool
is_decisive(const struct http_answer *http)
{
    const char *should_retry = http_header(http, "Stripe-Should-Retry");
    int status = http->status;

    if (should_retry && !strcmp(should_retry, "true"))
        return false;
    return status != 401 && status != 403 && status != 409 && status != 424 &&
           status != 429 && status < 500;
}

/* Who asks to be left alone is: a customer is told, a worker comes later. */
static void
heed_retry_after(struct ctx *cx, const struct http_answer *http)
{
    unsigned seconds = http->retry_after < RETRY_AFTER_MOST ? http->retry_after
                                                            : RETRY_AFTER_MOST;
    int64_t until = clock_now() + (int64_t)seconds * 1000;

    cx->retry_after = seconds;
    if (seconds > 0 && cx->retry_at < until)
        cx->retry_at = until;
}

/* What a status other than 2xx means. */
static enum err
read_error(struct ctx *cx, const struct http_answer *http,
           struct stripe_answer *answer)
{
    const char *id = http_header(http, "Request-Id");
    const char *code = doc_text(doc_at(answer->doc, "error.code"));
    const char *decline = doc_text(doc_at(answer->doc, "error.decline_code"));
    enum err err = ERR_UPSTREAM;

    answer->message = doc_text(doc_at(answer->doc, "error.message"));
    if (!answer->message)
        answer->message = "no message";
    answer->code = decline ? decline : code;
    answer->doc = doc_at(answer->doc, "error");
    if (http->status == 402 && is_decisive(http))
        return fail(cx, ERR_DECLINED, "%s", answer->message);
    if (!is_decisive(http)) {
        heed_retry_after(cx, http);
        err = ERR_UNKNOWN_OUTCOME;
    }
    return fail(cx, err, "Stripe: status %d, %s (%s)", http->status,
                answer->message, id ? id : "no request id");
}

enum err
stripe_send(struct ctx *cx, const struct stripe_call *call,
            struct stripe_answer *ret_answer)
{
    struct http_call http_call = {
        .peer = METRIC_STRIPE,
        .method = call->method,
        .base = settings.base,
        .path = call->path,
        .headers = { "Stripe-Version: " API_VERSION },
        .content_type = "application/x-www-form-urlencoded",
        .body = call->form.bytes,
        .body_size = call->form.size,
        .user = settings.key,
        .timeout = call->timeout,
    };
    struct http_answer http;

    *ret_answer = (struct stripe_answer){ .message = "no answer" };
    if (call->form.has_overflowed)
        return fail(cx, ERR_INTERNAL, "the form for Stripe is too large");
    if (call->key)
        http_call.headers[1] =
            arena_printf(cx->arena, "Idempotency-Key: %s", call->key);
    if (http_send(cx, &http_call, &http))
        return ERR_UNKNOWN_OUTCOME;
    ret_answer->status = http.status;
    ret_answer->is_replay = http_header(&http, "Idempotent-Replayed");
    if (doc_parse(cx, http.body, http.size, &ret_answer->doc)) {
        ctx_forgive(cx);
        return fail(cx, ERR_UNKNOWN_OUTCOME, "Stripe: status %d without JSON",
                    http.status);
    }
    if (http.status < 200 || http.status > 299)
        return read_error(cx, &http, ret_answer);
    return OK;
}

enum err
stripe_list(struct ctx *cx, const char *path, const char *intent_id,
            const struct doc **ret_first)
{
    struct stripe_call call = {
        .method = "GET",
        .path = arena_printf(cx->arena, "%s?payment_intent=%s&limit=%d", path,
                             intent_id, STRIPE_LIST_MAX),
        .timeout = LIST_TIMEOUT,
    };
    struct stripe_answer answer;
    enum err err = stripe_send(cx, &call, &answer);

    if (!err)
        *ret_first = doc_first(doc_at(answer.doc, "data"));
    return err;
}
