#include "stripe_charge.h"

#include <string.h>

#include "store.h"
#include "stripe_event.h"
#include "stripe_object.h"
#include "tree.h"

static void
status_set(cJSON *charge, const char *status, bool is_captured)
{
    bool is_paid = !strcmp(status, "succeeded");

    tree_set_text(charge, "status", status);
    tree_set_bool(charge, "paid", is_paid);
    tree_set_bool(charge, "captured", is_paid && is_captured);
    tree_set_number(charge, "amount_captured",
                    is_paid && is_captured ? tree_number(charge, "amount") : 0);
}

/* charge.succeeded, charge.pending, charge.failed */
static void
charge_tell(struct pool *pool, const cJSON *charge)
{
    event_emit(pool,
               pool_printf(pool, "charge.%s", tree_text(charge, "status")),
               charge, NULL);
}

static cJSON *
outcome_new(const struct instrument *declined)
{
    cJSON *outcome = cJSON_CreateObject();

    tree_set_text(outcome, "network_status",
                  declined ? "declined_by_network" : "approved_by_network");
    tree_set_text(outcome, "reason", declined ? declined->decline_code : NULL);
    tree_set_text(outcome, "risk_level", "normal");
    tree_set_text(outcome, "seller_message",
                  declined ? "The bank did not return any further details "
                             "with this decline."
                           : "Payment complete.");
    tree_set_text(outcome, "type", declined ? "issuer_declined" : "authorized");
    return outcome;
}

const char *
charge_new(struct pool *pool, cJSON *intent, const char *method,
           const char *status, const struct instrument *declined)
{
    static const char *const copied[] = { "amount",   "currency",
                                          "customer", "description",
                                          "metadata", "receipt_email" };
    cJSON *charge = pool_tree(pool, cJSON_CreateObject());
    bool is_manual = !strcmp(tree_text(intent, "capture_method"), "manual");
    size_t i;

    tree_set_text(charge, "id", object_id(pool, "ch_3"));
    tree_set_text(charge, "object", "charge");
    for (i = 0; i < sizeof(copied) / sizeof(*copied); i++)
        tree_set(charge, copied[i],
                 cJSON_Duplicate(tree_get(intent, copied[i]), 1));
    tree_set_number(charge, "amount_refunded", 0);
    tree_set_number(charge, "created", store_now());
    tree_set_bool(charge, "disputed", 0);
    tree_set_text(charge, "failure_code", declined ? declined->code : NULL);
    tree_set_text(charge, "failure_message",
                  declined ? declined->message : NULL);
    tree_set_bool(charge, "livemode", 0);
    tree_set(charge, "outcome", outcome_new(declined));
    tree_set_text(charge, "payment_intent", tree_text(intent, "id"));
    tree_set_text(charge, "payment_method", method);
    tree_set_bool(charge, "refunded", 0);
    status_set(charge, status, !is_manual);
    object_insert(pool, charge, NULL);
    charge_tell(pool, charge);
    method_use(pool, method);
    tree_set_text(intent, "latest_charge", tree_text(charge, "id"));
    return tree_text(charge, "id");
}

void
charge_settle(struct pool *pool, const char *id, const char *status)
{
    cJSON *charge = object_get(pool, "charge", id, NULL);

    status_set(charge, status, true);
    object_update(pool, charge);
    charge_tell(pool, charge);
}

void
charge_capture(struct pool *pool, const char *id, long long amount)
{
    cJSON *charge = object_get(pool, "charge", id, NULL);

    tree_set_bool(charge, "captured", 1);
    tree_set_number(charge, "amount_captured", amount);
    object_update(pool, charge);
    event_emit(pool, "charge.captured", charge, NULL);
}

bool
charge_retrieve(struct stripe_call *call)
{
    call->status = 200;
    call->body = object_get(call->pool, "charge", call->id, NULL);
    return call->body || stripe_missing(call, 404, "charge", "id", call->id);
}
