#include "stripe_method.h"

#include <string.h>

#include "store.h"
#include "stripe_object.h"
#include "tree.h"

#define PAID(name, brand, last4)                                               \
    {                                                                          \
        name, "card", brand, last4, OUTCOME_PAID, NULL, NULL, NULL,            \
            AFTERMATH_NONE                                                     \
    }
#define PAID_BUT(name, last4, aftermath)                                       \
    {                                                                          \
        name, "card", "visa", last4, OUTCOME_PAID, NULL, NULL, NULL, aftermath \
    }
#define DECLINED(name, last4, code, decline, message)                          \
    {                                                                          \
        name, "card", "visa", last4, OUTCOME_DECLINED, code, decline, message, \
            AFTERMATH_NONE                                                     \
    }
#define ACTION(name, last4)                                                    \
    {                                                                          \
        name, "card", "visa", last4, OUTCOME_ACTION, NULL, NULL, NULL,         \
            AFTERMATH_NONE                                                     \
    }
#define BANK(name, last4)                                                      \
    {                                                                          \
        name, "us_bank_account", NULL, last4, OUTCOME_PROCESSING, NULL, NULL,  \
            NULL, AFTERMATH_NONE                                               \
    }

enum { USED = '!' };

static const struct instrument instruments[] = {
    PAID("pm_card_visa", "visa", "4242"),
    PAID("pm_card_visa_debit", "visa", "5556"),
    PAID("pm_card_mastercard", "mastercard", "4444"),
    PAID("pm_card_amex", "amex", "8431"),
    PAID("pm_card_discover", "discover", "1117"),
    PAID_BUT("pm_card_createDispute", "0259", AFTERMATH_DISPUTE),
    PAID_BUT("pm_card_pendingRefund", "7726", AFTERMATH_REFUND_PENDING),
    PAID_BUT("pm_card_refundFail", "5126", AFTERMATH_REFUND_FAILS),
    DECLINED("pm_card_visa_chargeDeclined", "0002", "card_declined",
             "generic_decline", "Your card was declined."),
    DECLINED("pm_card_visa_chargeDeclinedInsufficientFunds", "9995",
             "card_declined", "insufficient_funds",
             "Your card has insufficient funds."),
    DECLINED("pm_card_visa_chargeDeclinedLostCard", "9987", "card_declined",
             "lost_card", "Your card was declined."),
    DECLINED("pm_card_visa_chargeDeclinedStolenCard", "9979", "card_declined",
             "stolen_card", "Your card was declined."),
    DECLINED("pm_card_visa_chargeDeclinedVelocityLimitExceeded", "6975",
             "card_declined", "card_velocity_exceeded",
             "Your card was declined for making repeated attempts too "
             "frequently or exceeding its amount limit."),
    DECLINED("pm_card_chargeDeclinedExpiredCard", "0069", "expired_card",
             "expired_card", "Your card has expired."),
    DECLINED("pm_card_chargeDeclinedIncorrectCvc", "0127", "incorrect_cvc",
             "incorrect_cvc", "Your card's security code is incorrect."),
    DECLINED("pm_card_chargeDeclinedProcessingError", "0119",
             "processing_error", "processing_error",
             "An error occurred while processing your card. Try again in a "
             "little bit."),
    DECLINED("pm_card_chargeCustomerFail", "0341", "card_declined",
             "generic_decline", "Your card was declined."),
    DECLINED("pm_card_radarBlock", "0019", "card_declined", "fraudulent",
             "Your card was declined."),
    ACTION("pm_card_authenticationRequired", "3184"),
    ACTION("pm_card_authenticationRequiredOnSetup", "3155"),
    ACTION("pm_card_threeDSecure2Required", "3220"),
    BANK("pm_usBankAccount_success", "6789"),
    BANK("pm_usBankAccount_processing", "0009"),
};

static const struct instrument *
instrument_find(const char *name)
{
    size_t i;

    for (i = 0; i < sizeof(instruments) / sizeof(*instruments); i++)
        if (!strcmp(instruments[i].name, name))
            return &instruments[i];
    return NULL;
}

static cJSON *
details_new(const struct instrument *instrument)
{
    cJSON *details = cJSON_CreateObject();

    if (!strcmp(instrument->type, "card")) {
        tree_set_text(details, "brand", instrument->brand);
        tree_set_text(details, "country", "US");
        tree_set_number(details, "exp_month", 12);
        tree_set_number(details, "exp_year", 2034);
        tree_set_text(details, "funding", "credit");
    } else {
        tree_set_text(details, "account_type", "checking");
        tree_set_text(details, "bank_name", "STRIPE TEST BANK");
    }
    tree_set_text(details, "last4", instrument->last4);
    return details;
}

static cJSON *
method_new(struct pool *pool, const struct instrument *instrument)
{
    cJSON *method = pool_tree(pool, cJSON_CreateObject());

    tree_set_text(method, "id", object_id(pool, "pm_1"));
    tree_set_text(method, "object", "payment_method");
    tree_set(method, "billing_details", cJSON_CreateObject());
    tree_set(method, instrument->type, details_new(instrument));
    tree_set_number(method, "created", store_now());
    tree_set_null(method, "customer");
    tree_set_bool(method, "livemode", 0);
    tree_set(method, "metadata", cJSON_CreateObject());
    tree_set_text(method, "type", instrument->type);
    object_insert(pool, method, instrument->name);
    return method;
}

/* A used one's name stands behind a USED. */
cJSON *
method_get(struct pool *pool, const char *id,
           const struct instrument **ret_instrument)
{
    char *name;
    cJSON *method = object_get(pool, "payment_method", id, &name);

    if (method)
        *ret_instrument = instrument_find(name + (*name == USED));
    return method;
}

static bool
is_used(struct pool *pool, const char *id)
{
    char *name;

    return object_get(pool, "payment_method", id, &name) && *name == USED;
}

void
method_use(struct pool *pool, const char *id)
{
    char *name;

    if (!object_get(pool, "payment_method", id, &name) || *name == USED)
        return;
    object_keep_secret(id, pool_printf(pool, "%c%s", USED, name));
}

cJSON *
method_resolve(struct stripe_call *call, const char *id,
               const struct instrument **ret_instrument)
{
    const struct instrument *instrument = instrument_find(id);
    cJSON *method;

    if (instrument) {
        *ret_instrument = instrument;
        return method_new(call->pool, instrument);
    }
    method = method_get(call->pool, id, ret_instrument);
    if (!method) {
        stripe_missing(call, 400, "PaymentMethod", "payment_method", id);
        return NULL;
    }
    if (!is_used(call->pool, id))
        return method;
    stripe_refuse(call, 400, NULL, NULL,
                  "The provided PaymentMethod was previously used with a "
                  "PaymentIntent without Customer attachment, shared with a "
                  "connected account without Customer attachment, or was "
                  "detached from a Customer. It may not be used again. To "
                  "use a PaymentMethod multiple times, you must attach it to "
                  "a Customer first.");
    return NULL;
}

bool
method_retrieve(struct stripe_call *call)
{
    const struct instrument *instrument;

    call->status = 200;
    call->body = method_get(call->pool, call->id, &instrument);
    return call->body || stripe_missing(call, 404, "PaymentMethod",
                                        "payment_method", call->id);
}
