#include "stripe_event.h"

#include "store.h"
#include "stripe.h"
#include "stripe_object.h"
#include "tree.h"
#include "webhook.h"

/* Guarded by the store's lock, since they are of the transaction. */
static const char *cause_request, *cause_key;

void
event_cause(const char *request_id, const char *key)
{
    cause_request = request_id;
    cause_key = key;
}

void
event_emit(struct pool *pool, const char *type, const cJSON *object,
           cJSON *previous)
{
    cJSON *event = pool_tree(pool, cJSON_CreateObject()),
          *data = cJSON_CreateObject(), *request = cJSON_CreateObject();

    tree_set(data, "object", cJSON_Duplicate(object, 1));
    if (previous)
        tree_set(data, "previous_attributes", previous);
    tree_set_text(request, "id", cause_request);
    tree_set_text(request, "idempotency_key", cause_key);
    tree_set_text(event, "id", object_id(pool, "evt_1"));
    tree_set_text(event, "object", "event");
    tree_set_text(event, "api_version", STRIPE_VERSION);
    tree_set_number(event, "created", store_now());
    tree_set(event, "data", data);
    tree_set_bool(event, "livemode", 0);
    tree_set_number(event, "pending_webhooks", webhook_is_set(pool));
    tree_set(event, "request", request);
    tree_set_text(event, "type", type);
    object_insert(pool, event, NULL);
    webhook_plan(pool, tree_text(event, "id"));
}

void
event_delivered(const char *id)
{
    store_run("UPDATE object SET body = json_set(body, '$.pending_webhooks', 0)"
              " WHERE id = ?",
              "s", id);
}

bool
event_retrieve(struct stripe_call *call)
{
    call->status = 200;
    call->body = object_get(call->pool, "event", call->id, NULL);
    if (call->body &&
        tree_number(call->body, "created") + EVENT_KEPT_SECONDS > store_now())
        return true;
    return stripe_missing(call, 404, "event", "id", call->id);
}
