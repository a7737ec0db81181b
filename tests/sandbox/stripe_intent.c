#include "stripe_intent.h"

#include <string.h>

#include "store.h"
#include "stripe_currency.h"
#include "stripe_event.h"
#include "stripe_method.h"
#include "stripe_object.h"
#include "stripe_params.h"
#include "tree.h"

#define METHOD_TYPES "card|link|us_bank_account"
#define CAPTURE_METHODS "automatic|automatic_async|manual"

static const struct param create_params[] = {
    { "amount", PARAM_INTEGER, PARAM_REQUIRED, NULL },
    { "currency", PARAM_TEXT, PARAM_REQUIRED, NULL },
    { "automatic_payment_methods", PARAM_GROUP, 0, NULL },
    { "automatic_payment_methods[enabled]", PARAM_BOOLEAN, 0, NULL },
    { "automatic_payment_methods[allow_redirects]", PARAM_CHOICE, 0,
      "always|never" },
    { "capture_method", PARAM_CHOICE, 0, CAPTURE_METHODS },
    { "confirm", PARAM_BOOLEAN, 0, NULL },
    { "confirmation_method", PARAM_CHOICE, 0, "automatic" },
    { "description", PARAM_TEXT, PARAM_MAY_BE_EMPTY, NULL },
    { "error_on_requires_action", PARAM_BOOLEAN, PARAM_WITH_CONFIRM, NULL },
    { "metadata", PARAM_MAP, 0, NULL },
    { "off_session", PARAM_CHOICE, PARAM_WITH_CONFIRM,
      "true|false|one_off|recurring" },
    { "payment_method", PARAM_TEXT, 0, NULL },
    { "payment_method_types", PARAM_LIST, 0, METHOD_TYPES },
    { "receipt_email", PARAM_TEXT, PARAM_MAY_BE_EMPTY, NULL },
    { "return_url", PARAM_TEXT, PARAM_WITH_CONFIRM, NULL },
    { "statement_descriptor_suffix", PARAM_TEXT, 0, NULL },
    { "use_stripe_sdk", PARAM_BOOLEAN, 0, NULL },
    { "amount_details", PARAM_ABSENT, 0, NULL },
    { "application_fee_amount", PARAM_ABSENT, 0, NULL },
    { "confirmation_token", PARAM_ABSENT, PARAM_WITH_CONFIRM, NULL },
    { "customer", PARAM_ABSENT, 0, NULL },
    { "customer_account", PARAM_ABSENT, 0, NULL },
    { "excluded_payment_method_types", PARAM_ABSENT, 0, NULL },
    { "expand", PARAM_ABSENT, 0, NULL },
    { "hooks", PARAM_ABSENT, 0, NULL },
    { "mandate", PARAM_ABSENT, PARAM_WITH_CONFIRM, NULL },
    { "mandate_data", PARAM_ABSENT, PARAM_WITH_CONFIRM, NULL },
    { "on_behalf_of", PARAM_ABSENT, 0, NULL },
    { "payment_details", PARAM_ABSENT, 0, NULL },
    { "payment_method_configuration", PARAM_ABSENT, 0, NULL },
    { "payment_method_data", PARAM_ABSENT, 0, NULL },
    { "payment_method_options", PARAM_ABSENT, 0, NULL },
    { "radar_options", PARAM_ABSENT, 0, NULL },
    { "setup_future_usage", PARAM_ABSENT, 0, NULL },
    { "shipping", PARAM_ABSENT, 0, NULL },
    { "statement_descriptor", PARAM_ABSENT, 0, NULL },
    { "transfer_data", PARAM_ABSENT, 0, NULL },
    { "transfer_group", PARAM_ABSENT, 0, NULL },
    { NULL, PARAM_TEXT, 0, NULL }
};

static const struct param no_params[] = { { NULL, PARAM_TEXT, 0, NULL } };

cJSON *
intent_get(struct stripe_call *call)
{
    cJSON *intent = object_get(call->pool, "payment_intent", call->id, NULL);

    if (!intent)
        stripe_missing(call, 404, "payment_intent", "intent", call->id);
    return intent;
}

bool
intent_refuse(struct stripe_call *call, const cJSON *intent,
              const char *message)
{
    stripe_refuse(call, 400, "payment_intent_unexpected_state", NULL, "%s",
                  message);
    tree_set(tree_get(call->body, "error"), "payment_intent",
             cJSON_Duplicate(intent, 1));
    return true;
}

void
intent_keep(struct pool *pool, const cJSON *intent)
{
    static const struct {
        const char *status, *type;
    } moves[] = {
        { "succeeded", "payment_intent.succeeded" },
        { "processing", "payment_intent.processing" },
        { "requires_action", "payment_intent.requires_action" },
        { "requires_capture", "payment_intent.amount_capturable_updated" },
        { "requires_payment_method", "payment_intent.payment_failed" },
        { "canceled", "payment_intent.canceled" },
    };
    size_t i;

    object_update(pool, intent);
    for (i = 0; i < sizeof(moves) / sizeof(*moves); i++)
        if (!strcmp(moves[i].status, tree_text(intent, "status")))
            event_emit(pool, moves[i].type, intent, NULL);
}

static cJSON *
types_read(struct stripe_call *call)
{
    cJSON *types = cJSON_CreateArray();
    const struct form_pair *pair;
    size_t i;

    for (i = 0; i < call->form.count; i++) {
        pair = &call->form.pairs[i];
        if (param_member(call->pool, pair, "payment_method_types"))
            cJSON_AddItemToArray(types, cJSON_CreateString(pair->value));
    }
    return types;
}

/*
 * Without payment_method_types Stripe takes what the Dashboard enables, which
 * here is cards, and bank accounts for dollars.
 */
static bool
types_set(struct stripe_call *call, cJSON *intent)
{
    const char *enabled =
                   param_text(call, "automatic_payment_methods[enabled]"),
               *redirects = param_text(
                   call, "automatic_payment_methods[allow_redirects]");
    cJSON *types = types_read(call), *automatic;

    tree_set_null(intent, "automatic_payment_methods");
    tree_set(intent, "payment_method_types", types);
    if (redirects && !enabled)
        return stripe_refuse(call, 400, "parameter_missing",
                             "automatic_payment_methods[enabled]",
                             "Missing required param: "
                             "automatic_payment_methods[enabled].");
    if (cJSON_GetArraySize(types) && enabled && !strcmp(enabled, "true"))
        return stripe_refuse(call, 400, NULL, NULL,
                             "You may only specify one of these parameters: "
                             "automatic_payment_methods, "
                             "payment_method_types.");
    if (cJSON_GetArraySize(types))
        return true;
    cJSON_AddItemToArray(types, cJSON_CreateString("card"));
    if (enabled && !strcmp(enabled, "false"))
        return true;
    if (!strcmp(param_text(call, "currency"), "usd"))
        cJSON_AddItemToArray(types, cJSON_CreateString("us_bank_account"));
    automatic = cJSON_CreateObject();
    tree_set_text(automatic, "allow_redirects",
                  redirects ? redirects : "always");
    tree_set_bool(automatic, "enabled", 1);
    tree_set(intent, "automatic_payment_methods", automatic);
    return true;
}

/* The members of the object that nothing here ever changes. */
static void
constants_set(cJSON *intent)
{
    static const char *const nulls[] = { "application",
                                         "application_fee_amount",
                                         "canceled_at",
                                         "customer",
                                         "cancellation_reason",
                                         "last_payment_error",
                                         "latest_charge",
                                         "next_action",
                                         "on_behalf_of",
                                         "processing",
                                         "payment_method",
                                         "review",
                                         "source",
                                         "setup_future_usage",
                                         "shipping",
                                         "transfer_data",
                                         "statement_descriptor",
                                         "transfer_group" };
    size_t i;

    for (i = 0; i < sizeof(nulls) / sizeof(*nulls); i++)
        tree_set_null(intent, nulls[i]);
    tree_set_number(intent, "amount_capturable", 0);
    tree_set(intent, "amount_details", cJSON_Parse("{\"tip\":{}}"));
    tree_set_number(intent, "amount_received", 0);
    tree_set_text(intent, "confirmation_method", "automatic");
    tree_set_bool(intent, "livemode", 0);
    tree_set(intent, "payment_method_options", cJSON_CreateObject());
}

static cJSON *
intent_new(struct stripe_call *call)
{
    cJSON *intent = pool_tree(call->pool, cJSON_CreateObject());
    const char *id = object_id(call->pool, "pi_3"),
               *capture = param_text(call, "capture_method");

    tree_set_text(intent, "id", id);
    tree_set_text(intent, "object", "payment_intent");
    tree_set_number(intent, "amount", param_integer(call, "amount", 0));
    constants_set(intent);
    tree_set_text(intent, "capture_method",
                  capture ? capture : "automatic_async");
    tree_set_text(
        intent, "client_secret",
        object_id(call->pool, pool_printf(call->pool, "%s_secret_", id)));
    tree_set_number(intent, "created", store_now());
    tree_set_text(intent, "currency", param_text(call, "currency"));
    tree_set_text(intent, "description", param_text(call, "description"));
    tree_set(intent, "metadata", param_metadata(call));
    tree_set_text(intent, "receipt_email", param_text(call, "receipt_email"));
    tree_set_text(intent, "statement_descriptor_suffix",
                  param_text(call, "statement_descriptor_suffix"));
    tree_set_text(intent, "status", "requires_payment_method");
    return types_set(call, intent) ? intent : NULL;
}

static void
intent_insert(struct pool *pool, const cJSON *intent)
{
    object_insert(pool, intent, NULL);
    event_emit(pool, "payment_intent.created", intent, NULL);
}

bool
intent_create(struct stripe_call *call)
{
    const struct instrument *instrument;
    const char *method;
    cJSON *intent, *found;

    if (!params_check(call, create_params) || !currency_check(call) ||
        !(intent = intent_new(call)))
        return false;
    if (param_is_true(call, "confirm")) {
        intent_insert(call->pool, intent);
        return intent_attempt(call, intent);
    }
    if ((method = param_text(call, "payment_method"))) {
        if (!(found = method_resolve(call, method, &instrument)))
            return false;
        tree_set_text(intent, "payment_method", tree_text(found, "id"));
        tree_set_text(intent, "status", "requires_confirmation");
    }
    intent_insert(call->pool, intent);
    call->status = 200;
    call->body = intent;
    return true;
}

bool
intent_retrieve(struct stripe_call *call)
{
    cJSON *intent;

    if (!params_check(call, no_params) || !(intent = intent_get(call)))
        return false;
    call->status = 200;
    call->body = intent;
    return true;
}

bool
intent_cancel(struct stripe_call *call)
{
    static const struct param params[] = {
        { "cancellation_reason", PARAM_CHOICE, 0,
          "abandoned|duplicate|fraudulent|requested_by_customer" },
        { "expand", PARAM_ABSENT, 0, NULL },
        { NULL, PARAM_TEXT, 0, NULL }
    };
    cJSON *intent = intent_get(call);
    const char *status;

    if (!intent || !params_check(call, params))
        return false;
    status = tree_text(intent, "status");
    if (!strcmp(status, "succeeded") || !strcmp(status, "canceled") ||
        !strcmp(status, "processing"))
        return intent_refuse(
            call, intent,
            pool_printf(call->pool,
                        "You cannot cancel this PaymentIntent because it has "
                        "a status of %s. Only a PaymentIntent with one of "
                        "the following statuses may be canceled: "
                        "requires_payment_method, requires_capture, "
                        "requires_confirmation, requires_action.",
                        status));
    tree_set_text(intent, "status", "canceled");
    tree_set_number(intent, "canceled_at", store_now());
    tree_set_text(intent, "cancellation_reason",
                  param_text(call, "cancellation_reason"));
    tree_set_number(intent, "amount_capturable", 0);
    tree_set_null(intent, "next_action");
    intent_keep(call->pool, intent);
    call->status = 200;
    call->body = intent;
    return true;
}
