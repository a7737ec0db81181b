/*
 * Somebody at Stripe's dashboard, who refunds now and then by hand; and the
 * cards' holders, who dispute.
 */
#include <string.h>

#include "storm.h"

static struct call
sandbox_call(struct person *me, const char *what, const char *path)
{
    struct call call = call_shop(me, what, "POST", path);

    call.base = storm.sandbox;
    call.token = NULL;
    return call;
}

static const char *
text_of(const cJSON *object, const char *name)
{
    const char *text = cJSON_GetStringValue(cJSON_GetObjectItem(object, name));

    return text ? text : "";
}

static void
dispute(struct person *me, const cJSON *intent, const char *order_id)
{
    struct call open = sandbox_call(me, "dispute", "/sandbox/disputes"), close;
    char path[160];

    open.order_id = order_id;
    open.body = cJSON_CreateObject();
    cJSON_AddStringToObject(open.body, "payment_intent", text_of(intent, "id"));
    calls_send(me, &open, 1);
    if (open.status == 200 && dice_chance(&me->dice, 60)) {
        snprintf(path, sizeof(path), "/sandbox/disputes/%s/%s",
                 answer_text(&open, "id"),
                 dice_chance(&me->dice, 50) ? "win" : "lose");
        close = sandbox_call(me, "dispute-end", path);
        close.order_id = order_id;
        person_rest(me, 1000);
        calls_send(me, &close, 1);
        calls_free(&close, 1);
    }
    calls_free(&open, 1);
}

/* Even amounts, each another one; sometimes all of it. */
static void
refund(struct person *me, const cJSON *intent, const char *order_id)
{
    struct call call = sandbox_call(me, "dashboard", "/sandbox/refunds");

    call.order_id = order_id;
    call.body = cJSON_CreateObject();
    cJSON_AddStringToObject(call.body, "payment_intent", text_of(intent, "id"));
    if (dice_chance(&me->dice, 80))
        cJSON_AddNumberToObject(call.body, "amount", 50 + 2 * ++me->wishes);
    calls_send(me, &call, 1);
    calls_free(&call, 1);
}

void
dashboard_live(struct person *me)
{
    struct call list = sandbox_call(me, NULL, "/v1/payment_intents?limit=20");
    const cJSON *intents, *intent;
    const char *order_id;

    list.method = "GET";
    list.user = "sk_test_sandbox";
    while (!storm_is_over()) {
        person_rest(me, 2000);
        calls_send(me, &list, 1);
        intents = cJSON_GetObjectItem(list.answer, "data");
        intent = cJSON_GetArrayItem(intents, dice_roll(&me->dice, 20));
        order_id = text_of(cJSON_GetObjectItem(intent, "metadata"), "order_id");
        if (strcmp(text_of(intent, "status"), "succeeded") != 0)
            continue;
        if (dice_chance(&me->dice, 25))
            dispute(me, intent, order_id);
        else
            refund(me, intent, order_id);
    }
    calls_free(&list, 1);
}
