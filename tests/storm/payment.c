#include <string.h>

#include "storm.h"

static const struct card {
    const char *name; /* NULL: the shop's default one */
    int weight;
} cards[] = {
    { "pm_card_visa", 42 },
    { NULL, 8 },
    { "pm_card_visa_chargeDeclined", 12 },
    { "pm_card_visa_chargeDeclinedInsufficientFunds", 8 },
    { "pm_card_authenticationRequired", 18 },
    { "pm_card_threeDSecure2Required", 9 },
    { "pm_card_pendingRefund", 3 },
};

static const char *
choose_card(struct person *me)
{
    int roll = dice_roll(&me->dice, 100), i = 0;

    while ((roll -= cards[i].weight) >= 0)
        i++;
    return cards[i].name;
}

static struct call
pay(struct person *me, const struct order *order, const char *card)
{
    struct call call = call_shop(me, "pay", "POST", "/api/pay-order");

    call.order_id = order->id;
    call.body = cJSON_CreateObject();
    cJSON_AddStringToObject(call.body, "order_id", order->id);
    if (card)
        cJSON_AddStringToObject(call.body, "payment_method", card);
    if (dice_chance(&me->dice, 50))
        snprintf(call.key, sizeof(call.key), "pay-%d-%d-%d", me->number,
                 me->wishes, dice_roll(&me->dice, 1000000));
    return call;
}

/* "pi_..._secret_..." is the intent's id first. */
static void
take_intent(const char *secret, struct order *order)
{
    const char *end = strstr(secret, "_secret_");

    if (end)
        snprintf(order->intent, sizeof(order->intent), "%.*s",
                 (int)(end - secret), secret);
}

/* What the customer learns from the answers; true: nobody knows. */
static bool
take_answers(const struct call *calls, int count, struct order *order)
{
    bool is_doubtful = false;
    int i;

    for (i = 0; i < count; i++) {
        take_intent(answer_text(&calls[i], "client_secret"), order);
        if (calls[i].status == 200 && !strcmp(calls[i].what, "pay"))
            order->is_paid = true;
        if (calls[i].status == 200 && !strcmp(calls[i].what, "cancel"))
            order->is_cancelled = true;
        if (!strcmp(answer_text(&calls[i], "status"), "RequiresAction"))
            order->waits = true;
        is_doubtful |= call_is_doubtful(&calls[i]);
    }
    return is_doubtful && !order->is_paid && !order->is_cancelled;
}

/*
 * Once, or several times at once: with the same key and card as who presses
 * the button twice, or with another card in another window; and maybe thinks
 * better of it in a third one.
 */
void
payment_try(struct person *me, struct order *order)
{
    struct call calls[AT_ONCE];
    int count = 1, tries = 5, i;

    calls[0] = pay(me, order, choose_card(me));
    if (dice_chance(&me->dice, 25))
        for (i = 1 + dice_roll(&me->dice, 3); i > 0; i--, count++)
            calls[count] = dice_chance(&me->dice, 75)
                               ? call_copy(&calls[0])
                               : pay(me, order, choose_card(me));
    if (dice_chance(&me->dice, 6))
        calls[count++] = order_cancel(me, order);
    for (;;) {
        calls_send(me, calls, count);
        if (!take_answers(calls, count, order) || --tries == 0 ||
            dice_chance(&me->dice, 15))
            break;
        person_rest(me, 1500);
    }
    calls_free(calls, count);
    if (order->waits && dice_chance(&me->dice, 80))
        bank_visit(me, order);
}
