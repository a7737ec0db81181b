/*
 * Stripe's API v1, as far as Till speaks it. Sources: docs.stripe.com/api,
 * its pages on errors, idempotent requests and testing.
 */
#ifndef SANDBOX_STRIPE_H
#define SANDBOX_STRIPE_H

#include <stdbool.h>

#include "faults.h"
#include "http.h"

/* The account's own version: what answers and events are rendered in. */
#define STRIPE_VERSION "2026-07-29.dahlia"

/* One call on its way through; what is answered is status and body. */
struct stripe_call {
    struct request *request;
    struct pool *pool;
    struct form form;
    const char *id; /* the object of the path, NULL for a collection */
    unsigned status;
    cJSON *body;
    const char *should_retry; /* Stripe-Should-Retry, NULL: not sent */
};

/*
 * Carries a call out inside a transaction. true: it was executed, whatever
 * came of it, so the idempotency layer keeps the answer. false: it failed
 * validation, nothing is kept and nothing has changed.
 */
typedef bool stripe_handler(struct stripe_call *call);

stripe_handler intent_create, intent_retrieve, intent_list, intent_confirm,
    intent_cancel, intent_capture, charge_retrieve, method_retrieve,
    refund_create, refund_retrieve, refund_list, dispute_retrieve, dispute_list,
    event_retrieve, event_list;

void stripe_serve(struct request *request, const struct fault *fault,
                  struct answer *answer);

/* Answers with the fault's status, and its body or Stripe's own for it. */
void stripe_fault(struct request *request, const struct fault *fault,
                  struct answer *answer);

/* Stripe's error object; code and param may be NULL. */
cJSON *stripe_error(struct pool *pool, const char *type, const char *code,
                    const char *param, const char *message);

/* Makes an invalid_request_error the call's answer; always false. */
bool stripe_refuse(struct stripe_call *call, unsigned status, const char *code,
                   const char *param, const char *format, ...)
    __attribute__((format(printf, 5, 6)));

/* 404, or 400 when `param` is a parameter of the call; always false. */
bool stripe_missing(struct stripe_call *call, unsigned status, const char *kind,
                    const char *param, const char *id);

#endif
