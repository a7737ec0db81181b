#include <string.h>

#include "storm.h"

static const struct currency {
    const char *name;
    int decimals;
} currencies[] = { { "usd", 2 }, { "usd", 2 }, { "eur", 2 }, { "jpy", 0 } };

/* What is wished for has a name of its own, so that it can be counted. */
static cJSON *
wish(struct person *me, struct order *order)
{
    const struct currency *currency = &currencies[dice_roll(&me->dice, 4)];
    int quantity = 1 + dice_roll(&me->dice, 5),
        price = 500 + dice_roll(&me->dice, 20000);
    cJSON *body = cJSON_CreateObject();
    char text[64];

    snprintf(text, sizeof(text), "Wish %d of %d", ++me->wishes, me->number);
    cJSON_AddStringToObject(body, "product_name", text);
    cJSON_AddNumberToObject(body, "quantity", quantity);
    if (currency->decimals)
        snprintf(text, sizeof(text), "%d.%02d", price / 100, price % 100);
    else
        snprintf(text, sizeof(text), "%d", price);
    cJSON_AddStringToObject(body, "price", text);
    if (strcmp(currency->name, "usd") != 0 || dice_chance(&me->dice, 50))
        cJSON_AddStringToObject(body, "currency", currency->name);
    *order = (struct order){ .decimals = currency->decimals,
                             .total = (long long)price * quantity };
    snprintf(order->currency, sizeof(order->currency), "%s", currency->name);
    return body;
}

/* Whichever of the calls had an answer: that order is the one to go on with. */
static bool
take_order(const struct call *calls, int count, struct order *order)
{
    int i;

    for (i = 0; i < count; i++)
        if (calls[i].status == 201) {
            snprintf(order->id, sizeof(order->id), "%s",
                     answer_text(&calls[i], "id"));
            snprintf(order->user_id, sizeof(order->user_id), "%s",
                     answer_text(&calls[i], "user_id"));
        }
    return order->id[0];
}

bool
order_place(struct person *me, struct order *ret_order)
{
    struct call calls[3];
    int count = dice_chance(&me->dice, 15) ? 2 + dice_roll(&me->dice, 2) : 1,
        tries = 4, i;

    calls[0] = call_shop(me, "order", "POST", "/api/order");
    calls[0].body = wish(me, ret_order);
    if (dice_chance(&me->dice, 60))
        snprintf(calls[0].key, sizeof(calls[0].key), "order-%d-%d", me->number,
                 me->wishes);
    for (i = 1; i < count; i++)
        calls[i] = call_copy(&calls[0]);
    do {
        calls_send(me, calls, count);
        if (take_order(calls, count, ret_order))
            break;
        person_rest(me, 700);
        /* without a key it would be another order: only some dare */
    } while (--tries > 0 && (calls[0].key[0] || dice_chance(&me->dice, 30)));
    calls_free(calls, count);
    return ret_order->id[0];
}

struct call
order_cancel(struct person *me, const struct order *order)
{
    char path[160];
    struct call call;

    snprintf(path, sizeof(path), "/api/order/%s", order->id);
    call = call_shop(me, "cancel", "PATCH", path);
    call.order_id = order->id;
    call.body = cJSON_CreateObject();
    cJSON_AddStringToObject(call.body, "status", "Cancelled");
    return call;
}
