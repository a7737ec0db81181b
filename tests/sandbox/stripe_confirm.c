#include <string.h>

#include "http.h"
#include "stripe_charge.h"
#include "stripe_dispute.h"
#include "stripe_intent.h"
#include "stripe_params.h"
#include "tree.h"

#define AUTHENTICATION_FAILURE "payment_intent_authentication_failure"
#define ATTEMPT_FAILURE "payment_intent_payment_attempt_failed"

static const struct param confirm_params[] = {
    { "capture_method", PARAM_CHOICE, 0, "automatic|automatic_async|manual" },
    { "error_on_requires_action", PARAM_BOOLEAN, 0, NULL },
    { "off_session", PARAM_CHOICE, 0, "true|false|one_off|recurring" },
    { "payment_method", PARAM_TEXT, 0, NULL },
    { "receipt_email", PARAM_TEXT, PARAM_MAY_BE_EMPTY, NULL },
    { "return_url", PARAM_TEXT, 0, NULL },
    { "use_stripe_sdk", PARAM_BOOLEAN, 0, NULL },
    { "amount_details", PARAM_ABSENT, 0, NULL },
    { "confirmation_token", PARAM_ABSENT, 0, NULL },
    { "excluded_payment_method_types", PARAM_ABSENT, 0, NULL },
    { "expand", PARAM_ABSENT, 0, NULL },
    { "hooks", PARAM_ABSENT, 0, NULL },
    { "mandate", PARAM_ABSENT, 0, NULL },
    { "mandate_data", PARAM_ABSENT, 0, NULL },
    { "payment_details", PARAM_ABSENT, 0, NULL },
    { "payment_method_data", PARAM_ABSENT, 0, NULL },
    { "payment_method_options", PARAM_ABSENT, 0, NULL },
    { "payment_method_types", PARAM_ABSENT, 0, NULL },
    { "radar_options", PARAM_ABSENT, 0, NULL },
    { "setup_future_usage", PARAM_ABSENT, 0, NULL },
    { "shipping", PARAM_ABSENT, 0, NULL },
    { NULL, PARAM_TEXT, 0, NULL }
};

static const struct instrument authentication_required = {
    .code = "authentication_required",
    .decline_code = "authentication_required",
    .message = "Your card was declined. This transaction requires "
               "authentication.",
};

static bool
intent_done(struct stripe_call *call, cJSON *intent)
{
    intent_keep(call->pool, intent);
    call->status = 200;
    call->body = intent;
    return true;
}

/* The money is there, or, for a manual capture, held. */
static void
intent_pay(cJSON *intent)
{
    long long amount = tree_number(intent, "amount");
    bool is_manual = !strcmp(tree_text(intent, "capture_method"), "manual");

    tree_set_text(intent, "status",
                  is_manual ? "requires_capture" : "succeeded");
    tree_set_number(intent, is_manual ? "amount_capturable" : "amount_received",
                    amount);
    tree_set_null(intent, "next_action");
    tree_set_null(intent, "last_payment_error");
}

/* The attempt is over; the intent waits for another payment method. */
static void
intent_unpay(cJSON *intent, cJSON *error)
{
    tree_set_text(intent, "status", "requires_payment_method");
    tree_set_null(intent, "payment_method");
    tree_set_null(intent, "next_action");
    tree_set(intent, "last_payment_error", error);
}

static bool
intent_decline(struct stripe_call *call, cJSON *intent, const cJSON *method,
               const struct instrument *declined)
{
    const char *charge = charge_new(call->pool, intent, tree_text(method, "id"),
                                    "failed", declined);
    cJSON *error = stripe_error(call->pool, "card_error", declined->code, NULL,
                                declined->message);

    tree_set_text(error, "charge", charge);
    tree_set_text(error, "decline_code", declined->decline_code);
    tree_set(error, "payment_method", cJSON_Duplicate(method, 1));
    intent_unpay(intent, cJSON_Duplicate(error, 1));
    intent_keep(call->pool, intent);
    tree_set(error, "payment_intent", cJSON_Duplicate(intent, 1));
    call->status = 402;
    call->body = pool_tree(call->pool, cJSON_CreateObject());
    tree_set(call->body, "error", error);
    return true;
}

static cJSON *
next_action_new(struct stripe_call *call, const cJSON *intent)
{
    const char *url = param_text(call, "return_url");
    const char *bank =
        pool_printf(call->pool, "http://127.0.0.1:%u/sandbox/bank/%s",
                    http_port(), tree_text(intent, "id"));
    cJSON *action = cJSON_CreateObject(), *details = cJSON_CreateObject();

    if (!url || param_is_true(call, "use_stripe_sdk")) {
        tree_set_text(action, "type", "use_stripe_sdk");
        tree_set_text(details, "type", "three_d_secure_redirect");
        tree_set_text(details, "stripe_js", bank);
        tree_set(action, "use_stripe_sdk", details);
        return action;
    }
    tree_set_text(action, "type", "redirect_to_url");
    tree_set_text(details, "return_url", url);
    tree_set_text(details, "url", bank);
    tree_set(action, "redirect_to_url", details);
    return action;
}

static bool
intent_ask(struct stripe_call *call, cJSON *intent, const cJSON *method)
{
    const char *off_session = param_text(call, "off_session");

    if ((off_session && strcmp(off_session, "false")) ||
        param_is_true(call, "error_on_requires_action"))
        return intent_decline(call, intent, method, &authentication_required);
    tree_set_text(intent, "status", "requires_action");
    tree_set(intent, "next_action", next_action_new(call, intent));
    tree_set_null(intent, "last_payment_error");
    return intent_done(call, intent);
}

static bool
redirects_check(struct stripe_call *call, const cJSON *intent)
{
    const cJSON *automatic = tree_get(intent, "automatic_payment_methods");
    const char *redirects = tree_text(automatic, "allow_redirects");

    if (!redirects || !strcmp(redirects, "never") ||
        param_text(call, "return_url") || param_is_true(call, "use_stripe_sdk"))
        return true;
    return stripe_refuse(
        call, 400, NULL, NULL,
        "This PaymentIntent is configured to accept payment methods enabled "
        "in your Dashboard. Because some of these payment methods might "
        "redirect your customer off of your page, you must provide a "
        "`return_url`. If you don't want to accept redirect-based payment "
        "methods, set `automatic_payment_methods[enabled]` to `true` and "
        "`automatic_payment_methods[allow_redirects]` to `never` when "
        "creating Setup Intents and Payment Intents.");
}

static bool
type_check(struct stripe_call *call, const cJSON *intent,
           const struct instrument *instrument)
{
    const cJSON *type;

    cJSON_ArrayForEach(type, tree_get(intent, "payment_method_types"))
    {
        if (!strcmp(type->valuestring, instrument->type))
            return true;
    }
    return stripe_refuse(call, 400, NULL, "payment_method",
                         "The PaymentMethod provided (%s) is not allowed for "
                         "this PaymentIntent.",
                         instrument->type);
}

bool
intent_attempt(struct stripe_call *call, cJSON *intent)
{
    const char *id = param_text(call, "payment_method");
    const struct instrument *instrument;
    cJSON *method;

    if (!redirects_check(call, intent))
        return false;
    if (!id && !(id = tree_text(intent, "payment_method")))
        return intent_refuse(
            call, intent,
            "You cannot confirm this PaymentIntent because it's missing a "
            "payment method. You can either update the PaymentIntent with a "
            "payment method and then confirm it again, or confirm it again "
            "directly with a payment method or ConfirmationToken.");
    if (!(method = method_resolve(call, id, &instrument)) ||
        !type_check(call, intent, instrument))
        return false;
    id = tree_text(method, "id");
    tree_set_text(intent, "payment_method", id);
    switch (instrument->outcome) {
    case OUTCOME_DECLINED:
        return intent_decline(call, intent, method, instrument);
    case OUTCOME_ACTION:
        return intent_ask(call, intent, method);
    case OUTCOME_PROCESSING:
        charge_new(call->pool, intent, id, "pending", NULL);
        tree_set_text(intent, "status", "processing");
        tree_set_null(intent, "next_action");
        tree_set_null(intent, "last_payment_error");
        break;
    default:
        charge_new(call->pool, intent, id, "succeeded", NULL);
        intent_pay(intent);
    }
    intent_done(call, intent);
    if (instrument->aftermath == AFTERMATH_DISPUTE)
        dispute_open(call->pool, tree_text(intent, "latest_charge"),
                     "fraudulent");
    return true;
}

static bool
is_confirmable(struct stripe_call *call, const cJSON *intent)
{
    const char *status = tree_text(intent, "status");

    if (!strncmp(status, "requires_", 9) && strcmp(status, "requires_capture"))
        return true;
    if (!strcmp(status, "succeeded"))
        intent_refuse(call, intent,
                      "You cannot confirm this PaymentIntent because it has "
                      "already succeeded after being previously confirmed.");
    else
        intent_refuse(
            call, intent,
            pool_printf(call->pool,
                        "You cannot confirm this PaymentIntent because it "
                        "has a status of %s. Only a PaymentIntent with one "
                        "of the following statuses may be confirmed: "
                        "requires_confirmation, requires_action.",
                        status));
    return false;
}

bool
intent_confirm(struct stripe_call *call)
{
    cJSON *intent = intent_get(call);
    const char *capture, *email;

    if (!intent || !params_check(call, confirm_params))
        return false;
    if (!is_confirmable(call, intent))
        return true;
    if ((capture = param_text(call, "capture_method")))
        tree_set_text(intent, "capture_method", capture);
    if ((email = param_text(call, "receipt_email")))
        tree_set_text(intent, "receipt_email", email);
    return intent_attempt(call, intent);
}

bool
intent_capture(struct stripe_call *call)
{
    static const struct param params[] = { { "amount_to_capture", PARAM_INTEGER,
                                             0, NULL },
                                           { NULL, PARAM_TEXT, 0, NULL } };
    cJSON *intent = intent_get(call);
    long long held, amount;

    if (!intent || !params_check(call, params))
        return false;
    if (strcmp(tree_text(intent, "status"), "requires_capture"))
        return intent_refuse(
            call, intent,
            pool_printf(call->pool,
                        "This PaymentIntent could not be captured because it "
                        "has a status of %s. Only a PaymentIntent with one "
                        "of the following statuses may be captured: "
                        "requires_capture.",
                        tree_text(intent, "status")));
    held = tree_number(intent, "amount_capturable");
    amount = param_integer(call, "amount_to_capture", held);
    if (amount < 1 || amount > held)
        return stripe_refuse(call, 400, NULL, "amount_to_capture",
                             "The amount to capture must be 1 to %lld.", held);
    charge_capture(call->pool, tree_text(intent, "latest_charge"), amount);
    tree_set_text(intent, "status", "succeeded");
    tree_set_number(intent, "amount_capturable", 0);
    tree_set_number(intent, "amount_received", amount);
    return intent_done(call, intent);
}

static cJSON *
failure_new(struct pool *pool, const cJSON *intent, bool is_action)
{
    cJSON *error =
        is_action
            ? stripe_error(pool, "invalid_request_error",
                           AUTHENTICATION_FAILURE, NULL,
                           "The provided PaymentMethod has failed "
                           "authentication. You can provide "
                           "payment_method_data or a new PaymentMethod to "
                           "attempt to fulfill this PaymentIntent again.")
            : stripe_error(pool, "invalid_request_error", ATTEMPT_FAILURE, NULL,
                           "The payment attempt failed.");
    const struct instrument *instrument;
    cJSON *method =
        method_get(pool, tree_text(intent, "payment_method"), &instrument);

    tree_set(error, "payment_method", cJSON_Duplicate(method, 1));
    return error;
}

const char *
intent_finish(struct pool *pool, cJSON *intent, bool is_successful)
{
    const char *status = tree_text(intent, "status"),
               *charge = tree_text(intent, "latest_charge");
    bool is_action = !strcmp(status, "requires_action");

    if (!is_action && strcmp(status, "processing"))
        return pool_printf(pool, "the intent is %s, so nothing is awaited",
                           status);
    if (!is_action)
        charge_settle(pool, charge, is_successful ? "succeeded" : "failed");
    else if (is_successful)
        charge_new(pool, intent, tree_text(intent, "payment_method"),
                   "succeeded", NULL);
    if (is_successful)
        intent_pay(intent);
    else
        intent_unpay(intent, failure_new(pool, intent, is_action));
    intent_keep(pool, intent);
    return NULL;
}
