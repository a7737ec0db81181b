#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "stripe.h"
#include "tree.h"

/* doc_url names the code with dashes. */
static char *
doc_url(struct pool *pool, const char *code)
{
    char *url =
             pool_printf(pool, "https://stripe.com/docs/error-codes/%s", code),
         *at;

    for (at = url; (at = strchr(at, '_')); at++)
        *at = '-';
    return url;
}

cJSON *
stripe_error(struct pool *pool, const char *type, const char *code,
             const char *param, const char *message)
{
    cJSON *error = cJSON_CreateObject();

    if (code) {
        tree_set_text(error, "code", code);
        tree_set_text(error, "doc_url", doc_url(pool, code));
    }
    tree_set_text(error, "message", message);
    if (param)
        tree_set_text(error, "param", param);
    tree_set_text(error, "type", type);
    return error;
}

bool
stripe_refuse(struct stripe_call *call, unsigned status, const char *code,
              const char *param, const char *format, ...)
{
    char message[1000];
    va_list list;

    va_start(list, format);
    vsnprintf(message, sizeof(message), format, list);
    va_end(list);
    call->status = status;
    call->body = pool_tree(call->pool, cJSON_CreateObject());
    tree_set(call->body, "error",
             stripe_error(call->pool, "invalid_request_error", code, param,
                          message));
    return false;
}

bool
stripe_missing(struct stripe_call *call, unsigned status, const char *kind,
               const char *param, const char *id)
{
    return stripe_refuse(call, status, "resource_missing", param,
                         "No such %s: '%s'", kind, id);
}

/* What Stripe says of itself for a status that a fault asks for. */
static cJSON *
fault_error(struct pool *pool, unsigned status)
{
    switch (status) {
    case 401:
        return stripe_error(pool, "invalid_request_error", NULL, NULL,
                            "Invalid API Key provided");
    case 402:
        return stripe_error(pool, "card_error", "card_declined", NULL,
                            "Your card was declined.");
    case 409:
        return stripe_error(pool, "invalid_request_error",
                            "idempotency_key_in_use", NULL,
                            "There is currently another in-progress request "
                            "using this Idempotent Key. Please try again "
                            "later.");
    case 429:
        return stripe_error(pool, "invalid_request_error", "rate_limit", NULL,
                            "Request rate limit exceeded. Learn more about "
                            "rate limits here "
                            "https://stripe.com/docs/rate-limits.");
    default:
        return stripe_error(
            pool, status < 500 ? "invalid_request_error" : "api_error", NULL,
            NULL, "An unknown error occurred (made on demand).");
    }
}

void
stripe_fault(struct request *request, const struct fault *fault,
             struct answer *answer)
{
    cJSON *body, *error;

    answer->status = fault->status;
    answer->content_type = "application/json";
    if (fault->body) {
        answer->body = fault->body;
        answer->body_size = strlen(fault->body);
        return;
    }
    body = pool_tree(request->pool, cJSON_CreateObject());
    error = fault_error(request->pool, fault->status);
    if (fault->reason)
        tree_set_text(error, fault->status == 402 ? "decline_code" : "code",
                      fault->reason);
    tree_set(body, "error", error);
    answer_tree(request, answer, fault->status, body);
}
