#include "storm.h"

#define PASSWORD "correct horse battery"

static void
log_in(struct person *me)
{
    struct call call = call_shop(me, "login", "POST", "/api/login");

    me->token[0] = '\0';
    call.token = NULL;
    call.body = cJSON_CreateObject();
    cJSON_AddStringToObject(call.body, "email", me->email);
    cJSON_AddStringToObject(call.body, "password", PASSWORD);
    while (!storm_is_over() && call.status != 200) {
        calls_send(me, &call, 1);
        person_rest(me, 300);
    }
    snprintf(me->token, sizeof(me->token), "%s", answer_text(&call, "token"));
    calls_free(&call, 1);
}

/* 409: the answer to an earlier call was lost, the account is there. */
static void
sign_up(struct person *me)
{
    struct call call = call_shop(me, "register", "POST", "/api/user");

    snprintf(me->email, sizeof(me->email), "customer-%d-%d@shop.example",
             me->number, me->wishes);
    call.token = NULL;
    call.body = cJSON_CreateObject();
    cJSON_AddStringToObject(call.body, "username", "Customer");
    cJSON_AddStringToObject(call.body, "email", me->email);
    cJSON_AddStringToObject(call.body, "password", PASSWORD);
    while (!storm_is_over() && call.status != 201 && call.status != 409) {
        calls_send(me, &call, 1);
        person_rest(me, 300);
    }
    calls_free(&call, 1);
    log_in(me);
}

static void
look(struct person *me, const struct order *order)
{
    static const char *const paths[] = { "/api/order/", "/api/payment/",
                                         "/api/notification/receipt_" };
    char path[160];
    struct call call;

    snprintf(path, sizeof(path), "%s%s", paths[dice_roll(&me->dice, 3)],
             order->id);
    call = call_shop(me, "look", "GET", path);
    call.order_id = order->id;
    calls_send(me, &call, 1);
    calls_free(&call, 1);
}

static void
cancel(struct person *me, struct order *order)
{
    struct call call = order_cancel(me, order);

    call_insist(me, &call, dice_roll(&me->dice, 3));
    order->is_cancelled |= call.status == 200;
    calls_free(&call, 1);
}

/* The receipt, please; it comes once all the same. */
static void
ask_for_mail(struct person *me, const struct order *order)
{
    struct call calls[2];
    int count = 1 + dice_roll(&me->dice, 2);

    calls[0] = call_shop(me, "notify", "POST", "/api/notify");
    calls[0].order_id = order->id;
    calls[0].body = cJSON_CreateObject();
    cJSON_AddStringToObject(calls[0].body, "order_id", order->id);
    cJSON_AddStringToObject(calls[0].body, "user_id", order->user_id);
    calls[1] = call_copy(&calls[0]);
    calls_send(me, calls, count);
    calls_free(calls, 2);
}

static void
step(struct person *me, struct order *order)
{
    int wish = dice_roll(&me->dice, 100);

    if (wish < 55)
        payment_try(me, order);
    else if (wish < 62)
        cancel(me, order);
    else if (wish < 80 && (order->is_paid || dice_chance(&me->dice, 10)))
        refund_ask(me, order);
    else if (wish < 86)
        bank_visit(me, order);
    else if (wish < 90)
        ask_for_mail(me, order);
    else
        look(me, order);
    person_rest(me, 400);
}

void
customer_live(struct person *me)
{
    struct order order;
    int steps;

    person_rest(me, 1000);
    sign_up(me);
    while (!storm_is_over()) {
        if (order_place(me, &order))
            for (steps = 2 + dice_roll(&me->dice, 5);
                 steps > 0 && !storm_is_over(); steps--) {
                step(me, &order);
                /* only some try what can't be */
                if (order.is_cancelled && dice_chance(&me->dice, 80))
                    break;
            }
        person_rest(me, 1000);
        if (dice_chance(&me->dice, 3))
            sign_up(me);
        else if (dice_chance(&me->dice, 3))
            log_in(me);
    }
}
