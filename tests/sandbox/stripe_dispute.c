#include "stripe_dispute.h"

#include <string.h>

#include "store.h"
#include "stripe.h"
#include "stripe_event.h"
#include "stripe_object.h"
#include "tree.h"

static cJSON *
dispute_new(struct pool *pool, const cJSON *charge, const char *reason)
{
    cJSON *dispute = pool_tree(pool, cJSON_CreateObject());

    tree_set_text(dispute, "id", object_id(pool, "du_1"));
    tree_set_text(dispute, "object", "dispute");
    tree_set_number(dispute, "amount", tree_number(charge, "amount_captured"));
    tree_set(dispute, "balance_transactions", cJSON_CreateArray());
    tree_set_text(dispute, "charge", tree_text(charge, "id"));
    tree_set_number(dispute, "created", store_now());
    tree_set_text(dispute, "currency", tree_text(charge, "currency"));
    tree_set(dispute, "evidence", cJSON_CreateObject());
    tree_set_bool(dispute, "is_charge_refundable", 0);
    tree_set_bool(dispute, "livemode", 0);
    tree_set(dispute, "metadata", cJSON_CreateObject());
    tree_set_text(dispute, "payment_intent",
                  tree_text(charge, "payment_intent"));
    tree_set_text(dispute, "reason", reason);
    tree_set_text(dispute, "status", "needs_response");
    return dispute;
}

cJSON *
dispute_open(struct pool *pool, const char *charge_id, const char *reason)
{
    cJSON *charge = object_get(pool, "charge", charge_id, NULL), *dispute,
          *previous;

    if (cJSON_IsTrue(tree_get(charge, "disputed")))
        return NULL;
    previous = cJSON_CreateObject();
    tree_set_bool(previous, "disputed", 0);
    tree_set_bool(charge, "disputed", 1);
    object_update(pool, charge);
    dispute = dispute_new(pool, charge, reason);
    object_insert(pool, dispute, NULL);
    event_emit(pool, "charge.dispute.created", dispute, NULL);
    event_emit(pool, "charge.updated", charge, previous);
    event_emit(pool, "charge.dispute.funds_withdrawn", dispute, NULL);
    return dispute;
}

const char *
dispute_close(struct pool *pool, cJSON *dispute, bool is_won)
{
    const char *status = tree_text(dispute, "status");
    cJSON *previous;

    if (strcmp(status, "needs_response"))
        return pool_printf(pool, "the dispute is %s, so it is over", status);
    previous = cJSON_CreateObject();
    tree_set_text(previous, "status", status);
    tree_set_text(dispute, "status", is_won ? "won" : "lost");
    object_update(pool, dispute);
    event_emit(pool, "charge.dispute.closed", dispute, previous);
    if (is_won)
        event_emit(pool, "charge.dispute.funds_reinstated", dispute, NULL);
    return NULL;
}

bool
dispute_retrieve(struct stripe_call *call)
{
    call->status = 200;
    call->body = object_get(call->pool, "dispute", call->id, NULL);
    return call->body || stripe_missing(call, 404, "dispute", "id", call->id);
}
