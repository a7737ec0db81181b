#include "stripe.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base64.h"
#include "idempotency.h"
#include "store.h"
#include "stripe_event.h"

static const struct route {
    const char *method, *head, *tail; /* the id stands between the two */
    stripe_handler *handler;
} routes[] = {
    { "POST", "/v1/payment_intents", NULL, intent_create },
    { "GET", "/v1/payment_intents", NULL, intent_list },
    { "GET", "/v1/payment_intents/", "", intent_retrieve },
    { "POST", "/v1/payment_intents/", "/confirm", intent_confirm },
    { "POST", "/v1/payment_intents/", "/cancel", intent_cancel },
    { "POST", "/v1/payment_intents/", "/capture", intent_capture },
    { "GET", "/v1/charges/", "", charge_retrieve },
    { "GET", "/v1/payment_methods/", "", method_retrieve },
    { "POST", "/v1/refunds", NULL, refund_create },
    { "GET", "/v1/refunds", NULL, refund_list },
    { "GET", "/v1/refunds/", "", refund_retrieve },
    { "GET", "/v1/disputes", NULL, dispute_list },
    { "GET", "/v1/disputes/", "", dispute_retrieve },
    { "GET", "/v1/events", NULL, event_list },
    { "GET", "/v1/events/", "", event_retrieve },
};

static bool
route_fits(struct stripe_call *call, const struct route *route)
{
    const char *path = call->request->path;
    size_t size = strlen(path), head = strlen(route->head), tail;

    if (strcmp(call->request->method, route->method))
        return false;
    if (!route->tail)
        return !strcmp(path, route->head);
    tail = strlen(route->tail);
    if (size <= head + tail || strncmp(path, route->head, head) ||
        strcmp(path + size - tail, route->tail) ||
        memchr(path + head, '/', size - head - tail))
        return false;
    call->id = pool_copy(call->pool, path + head, size - head - tail);
    return true;
}

static stripe_handler *
route_find(struct stripe_call *call)
{
    size_t i;

    for (i = 0; i < sizeof(routes) / sizeof(*routes); i++)
        if (route_fits(call, &routes[i]))
            return routes[i].handler;
    stripe_refuse(call, 404, NULL, NULL,
                  "Unrecognized request URL (%s: %s). Please see "
                  "https://stripe.com/docs or we can help at "
                  "https://support.stripe.com/. (Or Stripe knows it, and "
                  "this sandbox doesn't.)",
                  call->request->method, call->request->path);
    return NULL;
}

/* The key of Bearer, or the user name of Basic; NULL: neither. */
static const char *
secret_key(struct stripe_call *call)
{
    const char *value = request_header(call->request, "Authorization");
    char *pair;
    size_t size;

    if (!value)
        return NULL;
    if (!strncasecmp(value, "Bearer ", 7))
        return value + 7;
    if (strncasecmp(value, "Basic ", 6))
        return NULL;
    pair = base64_decode(call->pool, BASE64_PLAIN, value + 6, &size);
    if (!pair)
        return NULL;
    pair[strcspn(pair, ":")] = '\0';
    return pair;
}

static bool
is_live(const char *key)
{
    return !strncmp(key, "sk_live_", 8) || !strncmp(key, "rk_live_", 8) ||
           !strncmp(key, "pk_live_", 8);
}

static bool
key_is_good(struct stripe_call *call)
{
    const char *key = secret_key(call);

    if (!key || !*key)
        return stripe_refuse(
            call, 401, NULL, NULL,
            "You did not provide an API key. You need to provide your API "
            "key in the Authorization header, using Bearer auth (e.g. "
            "'Authorization: Bearer YOUR_SECRET_KEY'). See "
            "https://stripe.com/docs/api#authentication for details.");
    if (is_live(key)) {
        fputs("till-sandbox: REFUSED A LIVE STRIPE KEY. Live keys belong to "
              "Stripe alone; roll this one if others can read this.\n",
              stderr);
        return stripe_refuse(call, 401, NULL, NULL,
                             "This is Till's local sandbox, and a LIVE key "
                             "was sent to it. It is refused.");
    }
    if (!strncmp(key, "pk_test_", 8))
        return stripe_refuse(
            call, 403, "secret_key_required", NULL,
            "This API call cannot be made with a publishable API key. "
            "Please use a secret API key.");
    if ((strncmp(key, "sk_test_", 8) && strncmp(key, "rk_test_", 8)) || !key[8])
        return stripe_refuse(call, 401, NULL, NULL,
                             "Invalid API Key provided: %.7s***", key);
    return true;
}

/* YYYY-MM-DD, from 2022 on with a name behind a dot. */
static bool
version_is_good(struct stripe_call *call)
{
    const char *version = request_header(call->request, "Stripe-Version");
    static const char shape[] = "dddd-dd-dd";
    size_t i;

    if (!version)
        return true;
    for (i = 0; shape[i]; i++)
        if (shape[i] == 'd' ? !isdigit((unsigned char)version[i])
                            : version[i] != shape[i])
            break;
    if (!shape[i] && (!version[i] || version[i] == '.'))
        return true;
    return stripe_refuse(call, 400, NULL, NULL,
                         "Invalid Stripe API version: %.60s", version);
}

static bool
form_is_good(struct stripe_call *call)
{
    const char *type = request_header(call->request, "Content-Type");
    static const char wanted[] = "application/x-www-form-urlencoded";

    if (strcmp(call->request->method, "POST")) {
        call->form = call->request->query;
        return true;
    }
    if (type && strncasecmp(type, wanted, sizeof(wanted) - 1))
        return stripe_refuse(call, 400, NULL, NULL,
                             "Invalid request (check that your POST content "
                             "type is application/x-www-form-urlencoded). "
                             "If you have any questions, we can help at "
                             "https://support.stripe.com/.");
    if (!form_parse(call->pool, call->request->body, call->request->body_size,
                    &call->form))
        return stripe_refuse(call, 400, NULL, NULL,
                             "Invalid request: the body is not well-formed "
                             "UTF-8 in form encoding.");
    return true;
}

/* Everything that comes before the idempotency layer. */
static stripe_handler *
call_admit(struct stripe_call *call)
{
    if (!key_is_good(call) || !version_is_good(call))
        return NULL;
    return form_is_good(call) ? route_find(call) : NULL;
}

static void
call_answer(struct stripe_call *call, const struct fault *fault,
            struct answer *answer)
{
    if (!fault->status) {
        answer_tree(call->request, answer, call->status, call->body);
        return;
    }
    stripe_fault(call->request, fault, answer);
    call->status = fault->status;
    if (call->status >= 500)
        call->should_retry = "false"; /* the same would be replayed */
}

static void
call_execute(struct stripe_call *call, stripe_handler *handler,
             const struct fault *fault, const char *key, const char *id,
             struct answer *answer)
{
    store_begin();
    event_cause(id, key);
    if (!handler(call)) {
        event_cause(NULL, NULL);
        store_rollback();
        call_answer(call, fault, answer);
        return;
    }
    call_answer(call, fault, answer);
    if (key)
        idempotency_keep(call, key, id, answer->body);
    event_cause(NULL, NULL);
    store_commit();
}

static void
call_carry_out(struct stripe_call *call, stripe_handler *handler,
               const struct fault *fault, const char *id, struct answer *answer)
{
    const char *key = request_header(call->request, "Idempotency-Key"),
               *original = id;
    enum key_state state = KEY_FREE;

    if (strcmp(call->request->method, "POST"))
        key = NULL;
    if (key) {
        store_begin();
        state = idempotency_claim(call, key, &original);
        store_commit();
        answer_header(answer, "Idempotency-Key", key);
        answer_header(answer, "Original-Request", original);
    }
    if (state != KEY_REFUSED)
        http_pause(fault->delay_ms);
    if (state == KEY_FREE)
        call_execute(call, handler, fault, key, id, answer);
    else
        call_answer(call, fault, answer);
    if (state == KEY_REPLAY)
        answer_header(answer, "Idempotent-Replayed", "true");
    if (state == KEY_FREE && key)
        idempotency_release(key);
}

void
stripe_serve(struct request *request, const struct fault *fault,
             struct answer *answer)
{
    struct stripe_call call = { .request = request, .pool = request->pool };
    stripe_handler *handler = call_admit(&call);
    const char *version = request_header(request, "Stripe-Version");
    char *id = pool_alloc(request->pool, sizeof("req_") + 14);

    memcpy(id, "req_", 4);
    random_text(id + 4, 14);
    if (handler)
        call_carry_out(&call, handler, fault, id, answer);
    else
        call_answer(&call, fault, answer);
    answer_header(answer, "Request-Id", id);
    answer_header(answer, "Stripe-Version", version ? version : STRIPE_VERSION);
    if (call.should_retry)
        answer_header(answer, "Stripe-Should-Retry", call.should_retry);
    if (answer->status == 401)
        answer_header(answer, "WWW-Authenticate", "Bearer realm=\"Stripe\"");
}
