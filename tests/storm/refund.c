#include "storm.h"

/*
 * Each wish for a part is of another amount, and odd, so that it can be told
 * from all others; those of the dashboard are even.
 */
static void
add_amount(cJSON *body, struct order *order)
{
    long long amount = order->total / 8 / 2 * 2 + 2 * order->refunds++ + 1;
    char text[32];

    if (order->decimals)
        snprintf(text, sizeof(text), "%lld.%02lld", amount / 100, amount % 100);
    else
        snprintf(text, sizeof(text), "%lld", amount);
    cJSON_AddStringToObject(body, "amount", text);
}

/* An admin gives it back, a part or all, sometimes twice at once. */
void
refund_ask(struct person *me, struct order *order)
{
    struct call calls[3];
    int count = dice_chance(&me->dice, 30) ? 2 + dice_roll(&me->dice, 2) : 1,
        tries = 5, i;

    calls[0] = call_shop(me, "refund", "POST", "/api/refund");
    calls[0].token = storm.admin_token;
    calls[0].order_id = order->id;
    calls[0].body = cJSON_CreateObject();
    cJSON_AddStringToObject(calls[0].body, "order_id", order->id);
    if (dice_chance(&me->dice, 65))
        add_amount(calls[0].body, order);
    if (dice_chance(&me->dice, 70))
        snprintf(calls[0].key, sizeof(calls[0].key), "refund-%d-%d-%d",
                 me->number, me->wishes, dice_roll(&me->dice, 1000000));
    for (i = 1; i < count; i++)
        calls[i] = call_copy(&calls[0]);
    for (;;) {
        calls_send(me, calls, count);
        if (!call_is_doubtful(&calls[0]) || --tries == 0 ||
            (!calls[0].key[0] && dice_chance(&me->dice, 70)))
            break;
        person_rest(me, 1000);
    }
    calls_free(calls, count);
}
