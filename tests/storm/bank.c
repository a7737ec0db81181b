#include "storm.h"

static struct call
bank_call(struct person *me, const struct order *order, const char *verb)
{
    char path[160];
    struct call call;

    snprintf(path, sizeof(path), "/sandbox/bank/%s/%s", order->intent, verb);
    call = call_shop(me, verb, "POST", path);
    call.base = storm.sandbox;
    call.token = NULL;
    call.order_id = order->id;
    return call;
}

/*
 * The customer says yes or no at the bank, or just goes away; sometimes while
 * cancelling the order in another window, or twice.
 */
void
bank_visit(struct person *me, struct order *order)
{
    int mood = dice_roll(&me->dice, 100), count = 1;
    struct call calls[3];

    if (!order->intent[0] || mood >= 80)
        return;
    person_rest(me, 800);
    calls[0] = bank_call(me, order, mood < 58 ? "approve" : "refuse");
    if (dice_chance(&me->dice, 10))
        calls[count++] = call_copy(&calls[0]);
    if (dice_chance(&me->dice, 12))
        calls[count++] = order_cancel(me, order);
    calls_send(me, calls, count);
    if (calls[0].status == 0)
        call_insist(me, &calls[0], 3);
    if (calls[0].status)
        order->waits = false;
    if (calls[0].status && calls[0].status < 400 && mood < 58)
        order->is_paid = true;
    calls_free(calls, count);
}
