/*
 * Paying, where the order and what is known of its payment don't go together:
 * money that nobody owes is neither taken nor kept, and where the shop's other
 * services refuse what has to follow, a person is told.
 */
#include "shop_model.h"

#include "base/config.h"
#include "base/id.h"
#include "io/migration.h"
#include "io/secret.h"
#include "payment/cancellation.h"
#include "payment/checkout.h"
#include "payment/refunding.h"
#include "payment/review.h"
#include "payment/stripe.h"

static char folder[] = "/tmp/till-checkout-XXXXXX";
static char path[64];
static struct payment_store store;

static enum model_fault
no_fault(void)
{
    return MODEL_PASS;
}

static void
nobody(void)
{
}

/* A world with one order, which nobody has tried to pay. */
static void
begin(struct ctx *cx)
{
    memset(&model, 0, sizeof model);
    model.arena = cx->arena;
    model.fault = no_fault;
    model.meanwhile = nobody;
    shop = (struct shop){ .now = INT64_C(1800000000000) };
    cx->deadline = shop.now + 60000;
    shop_wipe(cx, store.db);
    shop.order = (struct remote_order){
        .id = id_new(cx->arena),
        .user_id = id_new(cx->arena),
        .status = "Pending",
        .total = money_of(3998, "usd"),
    };
    cx->caller = (struct caller){ CUSTOMER, shop.order.user_id };
}

static enum err
pay(struct ctx *cx, const char *method)
{
    struct checkout checkout = { .order_id = shop.order.id,
                                 .payment_method = method,
                                 .is_confirmed = 1 };
    struct checkout_result result;

    return checkout_pay(cx, &store, &checkout, &result);
}

static struct payment *
kept(struct ctx *cx)
{
    struct payment *payment;

    assert_int_equal(store.get(cx, &store, shop.order.id, &payment), OK);
    return payment;
}

/* Nothing but the passing of time, for an hour, and a worker. */
static void
wait_an_hour(struct ctx *cx)
{
    for (int64_t end = shop.now + 3600 * 1000; shop.now < end;
         shop.now += 60 * 1000) {
        bool is_idle = false;

        cx->deadline = shop.now + 60000;
        while (!is_idle)
            assert_int_equal(checkout_resume(cx, &store, &is_idle), OK);
    }
    cx->deadline = shop.now + 60000;
}

static void
an_order_that_is_paid_by_what_is_not_known_here_is_not_charged(void **state)
{
    begin(*state);
    shop.order.status = "Paid";
    assert_int_equal(pay(*state, "pm_good"), ERR_CONFLICT);
    assert_int_equal(model.intent_count, 0);
}

/* A payment of an order that was cancelled meanwhile. */
static void
succeed_too_late(struct ctx *cx)
{
    begin(cx);
    assert_int_equal(pay(cx, "pm_slow"), OK);
    shop.order.status = "Cancelled";
    model_finish(&model.intents[0], true, NULL);
}

static void
money_for_a_cancelled_order_goes_back_whoever_finds_it(void **state)
{
    struct ctx *cx = *state;

    succeed_too_late(cx);
    /* not the customer's call, nor a worker: another one that cancels */
    assert_int_equal(cancellation_prepare(cx, &store, shop.order.id),
                     ERR_CONFLICT);
    ctx_forgive(cx);
    wait_an_hour(cx);
    assert_int_equal(model.refund_count, 1);
    assert_int_equal(model.refunds[0].amount, 3998);
    assert_int_equal(shop.mails[1], 3998);
}

/* Somebody cancels as soon as there is an intent. */
static void
cancel_meanwhile(void)
{
    if (model.intent_count > 0)
        shop.order.status = "Cancelled";
}

static void
what_is_cancelled_meanwhile_is_not_handed_out(void **state)
{
    struct ctx *cx = *state;

    begin(cx);
    model.meanwhile = cancel_meanwhile;
    assert_int_equal(pay(cx, NULL), ERR_CONFLICT);
    assert_string_equal(model.intents[0].status, "canceled");
}

/* As where the order service was slow: it had asked before there was any. */
static void
no_intent_of_an_order_that_is_over_stays_open(void **state)
{
    static const struct {
        const char *method;
        enum err err;
    } rows[] = {
        { NULL, OK },
        { "pm_3ds", OK },
        { "pm_declined", ERR_DECLINED },
        { "pm_missing", ERR_INVALID },
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        begin(cx);
        assert_int_equal(pay(cx, rows[i].method), rows[i].err);
        ctx_forgive(cx);
        shop.order.status = i % 2 ? "Cancelled" : "Expired";
        wait_an_hour(cx);
        assert_string_equal(model.intents[0].status, "canceled");
    }
}

static void
what_a_browser_may_confirm_is_looked_at_ever_more_rarely(void **state)
{
    struct ctx *cx = *state;
    int looks = 0;

    begin(cx);
    assert_int_equal(pay(cx, NULL), OK);
    for (int i = 0; i < 7 * 24 * 60; i++) {
        bool is_idle;

        shop.now += 60 * 1000;
        cx->deadline = shop.now + 60000;
        assert_int_equal(checkout_resume(cx, &store, &is_idle), OK);
        looks += !is_idle;
    }
    assert_in_range(looks, 10, 30);
    assert_string_equal(model.intents[0].status, "requires_payment_method");
}

/* All the money has gone back once, in so many refunds; nobody is needed. */
static void
expect_returned_once(struct ctx *cx, size_t refunds)
{
    const struct payment *payment;

    wait_an_hour(cx);
    payment = kept(cx);
    assert_int_equal(model.refund_count, refunds);
    assert_int_equal(refund_done(payment), 3998);
    assert_int_equal(payment->review_count, 0);
    assert_int_equal(payment->due_at, 0);
}

static void
what_was_returned_in_the_dashboard_is_not_returned_again(void **state)
{
    struct ctx *cx = *state;

    succeed_too_late(cx);
    model_refund(&model.intents[0], 3998, NULL);
    expect_returned_once(cx, 1);
    assert_int_equal(shop.mails[1], 3998);
}

static void
only_what_the_dashboard_left_is_returned(void **state)
{
    struct ctx *cx = *state;

    succeed_too_late(cx);
    model_refund(&model.intents[0], 1000, NULL);
    expect_returned_once(cx, 2);
}

/* Somebody is faster, in the dashboard, once Till has looked there twice. */
static void
refund_meanwhile(void)
{
    if (model.list_count >= 2 && model.refund_count == 0)
        model_refund(&model.intents[0], 3998, NULL);
}

static void
what_is_returned_in_the_dashboard_at_the_same_time_needs_nobody(void **state)
{
    struct ctx *cx = *state;

    succeed_too_late(cx);
    model.meanwhile = refund_meanwhile;
    expect_returned_once(cx, 1);
}

/* By an admin, who is told that it was done. */
static void
refund(struct ctx *cx, const char *amount)
{
    struct refund_wish wish = { shop.order.id, amount };
    const struct payment *payment;
    const struct refund *made;
    struct ctx admin = *cx;

    admin.caller = (struct caller){ ADMIN, id_new(cx->arena) };
    admin.deadline = shop.now + 60000;
    assert_int_equal(refunding_ask(&admin, &store, &wish, &payment, &made), OK);
    assert_int_equal(made->state, REFUND_SUCCEEDED);
}

/* The one flag that was ever raised is about this, and open or closed so. */
static void
expect_flag(struct ctx *cx, const char *subject, const char *closed_by)
{
    const struct payment *payment = kept(cx);

    assert_int_equal(payment->review_count, 1);
    assert_int_equal(payment->reviews[0].kind, REVIEW_REFUSED);
    assert_string_equal(payment->reviews[0].subject, subject);
    assert_contains(payment->reviews[0].text, "the service refuses");
    assert_int_equal(payment->reviews[0].closed_at != 0, closed_by != NULL);
    if (closed_by)
        assert_string_equal(payment->reviews[0].closed_by, closed_by);
}

static void
what_follows_is_flagged_while_the_shop_refuses_itself(void **state)
{
    struct ctx *cx = *state;
    int64_t raised_at;

    begin(cx);
    shop.refusal = ERR_UPSTREAM; /* as with another SERVICE_SECRET */
    assert_int_equal(pay(cx, "pm_good"), OK);
    expect_flag(cx, "MarkPaid", NULL);
    raised_at = kept(cx)->reviews[0].raised_at;
    wait_an_hour(cx);
    expect_flag(cx, "MarkPaid", NULL);
    assert_int_equal(kept(cx)->reviews[0].raised_at, raised_at);
    assert_string_equal(shop.order.status, "Pending");
    shop.refusal = OK;
    wait_an_hour(cx);
    assert_string_equal(shop.order.status, "Paid");
    assert_int_equal(shop.mails[0], 3998);
    expect_flag(cx, "MarkPaid", "Till");
}

static void
a_flag_that_a_person_has_closed_is_not_raised_by_the_next_try(void **state)
{
    struct ctx *cx = *state;
    struct payment *payment;

    begin(cx);
    shop.refusal = ERR_UPSTREAM;
    assert_int_equal(pay(cx, "pm_good"), OK);
    payment = kept(cx);
    assert_true(review_close_all(payment, "Ann", "the secret is mended"));
    assert_int_equal(store.save(cx, &store, payment), OK);
    wait_an_hour(cx);
    expect_flag(cx, "MarkPaid", "Ann");
    shop.refusal = OK;
    wait_an_hour(cx);
    assert_string_equal(shop.order.status, "Paid");
    expect_flag(cx, "MarkPaid", "Ann");
}

static void
a_refund_that_cant_be_told_yet_is_flagged_until_it_is(void **state)
{
    struct ctx *cx = *state;

    begin(cx);
    assert_int_equal(pay(cx, "pm_good"), OK);
    shop.refusal = ERR_UPSTREAM;
    refund(cx, "10.00");
    assert_int_equal(kept(cx)->review_count, 2);
    assert_true(review_is_open(kept(cx)));
    shop.refusal = OK;
    wait_an_hour(cx);
    assert_string_equal(shop.order.status, "PartiallyRefunded");
    assert_int_equal(shop.mails[1], 1000);
    assert_int_equal(kept(cx)->review_count, 2);
    assert_false(review_is_open(kept(cx)));
}

static void
a_refund_that_an_order_refuses_for_good_is_flagged(void **state)
{
    struct ctx *cx = *state;

    begin(cx);
    assert_int_equal(pay(cx, "pm_good"), OK);
    shop.order.status = "Pending"; /* as after a restored backup */
    refund(cx, NULL);
    assert_int_equal(kept(cx)->review_count, 1);
    assert_int_equal(kept(cx)->reviews[0].kind, REVIEW_REFUSED);
    assert_string_equal(kept(cx)->reviews[0].subject, "MarkRefund 1");
    assert_true(review_is_open(kept(cx)));
    assert_int_equal(shop.mails[1], 3998);
}

static void
a_part_of_what_is_refunded_already_needs_nobody(void **state)
{
    struct ctx *cx = *state;

    begin(cx);
    assert_int_equal(pay(cx, "pm_good"), OK);
    shop.order.status = "Refunded"; /* by another process, a moment ago */
    refund(cx, "10.00");
    assert_int_equal(kept(cx)->refunds[0].effects[REFUND_MARK], EFFECT_DONE);
    assert_int_equal(kept(cx)->review_count, 0);
}

static void
what_is_returned_of_an_order_that_never_was_paid_needs_nobody(void **state)
{
    struct ctx *cx = *state;

    succeed_too_late(cx);
    shop.refusal = ERR_UNAVAILABLE; /* the order can't be marked Paid yet */
    wait_an_hour(cx);
    refund(cx, "10.00");
    shop.refusal = OK;
    model.are_refunds_slow = true; /* the rest is on its way for days */
    wait_an_hour(cx);
    assert_int_equal(kept(cx)->refund_count, 2);
    assert_int_equal(kept(cx)->refunds[0].effects[REFUND_MARK], EFFECT_DONE);
    assert_int_equal(kept(cx)->review_count, 0);
}

static enum err
expire(struct ctx *cx)
{
    enum err err = cancellation_prepare_expiry(cx, &store, shop.order.id);

    ctx_forgive(cx);
    return err;
}

/* No fault of the model's own: an answer that never comes. */
static enum model_fault
no_answer(void)
{
    return model.intent_count > 0 && model.key_count > 0 ? MODEL_UNHEARD
                                                         : MODEL_PASS;
}

static void
what_somebody_pays_right_now_does_not_expire(void **state)
{
    static const struct {
        const char *method;
        enum model_fault (*fault)(void);
        enum payment_state state;
    } rows[] = {
        { "pm_3ds", no_fault, PAYMENT_REQUIRES_ACTION },
        { "pm_slow", no_fault, PAYMENT_PROCESSING },
        { "pm_3ds", no_answer, PAYMENT_UNKNOWN },
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t due_at;

        begin(cx);
        model.fault = rows[i].fault;
        (void)pay(cx, rows[i].method);
        ctx_forgive(cx);
        model.fault = no_fault;
        assert_int_equal(kept(cx)->state, rows[i].state);
        due_at = kept(cx)->due_at;
        shop.now += 59 * 60 * 1000;
        cx->deadline = shop.now + 60000;
        assert_int_equal(expire(cx), ERR_CONFLICT);
        assert_string_not_equal(model.intents[0].status, "canceled");
        assert_int_equal(kept(cx)->lease_until, 0);
        if (rows[i].state != PAYMENT_PROCESSING)
            assert_int_equal(kept(cx)->due_at, due_at);
    }
}

static void
what_nobody_has_gone_on_with_for_an_hour_expires(void **state)
{
    static const char *const methods[] = { "pm_3ds", "pm_declined", NULL };
    struct ctx *cx = *state;

    begin(cx);
    assert_int_equal(expire(cx), OK); /* nobody has tried to pay it */
    for (size_t i = 0; i < COUNT(methods); i++) {
        begin(cx);
        (void)pay(cx, methods[i]);
        ctx_forgive(cx);
        shop.now += 3600 * 1000;
        cx->deadline = shop.now + 60000;
        assert_int_equal(expire(cx), OK);
        assert_string_equal(model.intents[0].status, "canceled");
    }
}

/* Somebody begins to pay once the timer has read that nobody does. */
static void
what_somebody_works_on_does_not_expire(void **state)
{
    struct ctx *cx = *state;
    struct settlement other = { .store = &store };

    begin(cx);
    assert_int_equal(pay(cx, NULL), OK);
    assert_int_equal(settlement_begin(cx, &other, shop.order.id, NULL), OK);
    assert_int_equal(expire(cx), ERR_CONFLICT);
    settlement_end(cx, &other);
    assert_string_equal(model.intents[0].status, "requires_payment_method");
}

static void
a_customer_may_cancel_also_at_the_bank(void **state)
{
    struct ctx *cx = *state;

    begin(cx);
    assert_int_equal(pay(cx, "pm_3ds"), OK);
    assert_int_equal(cancellation_prepare(cx, &store, shop.order.id), OK);
    assert_string_equal(model.intents[0].status, "canceled");
}

/* The intent is made, and nothing comes through after it. */
static enum model_fault
no_connection(void)
{
    return model.key_count > 0 ? MODEL_LOST : MODEL_PASS;
}

/* A confirmation that went wrong so; some hours later all is well again. */
static void
lose_confirmation(struct ctx *cx, enum model_fault (*how)(void),
                  const char *method, int64_t hours)
{
    begin(cx);
    model.fault = how;
    assert_int_equal(pay(cx, method), ERR_UNKNOWN_OUTCOME);
    ctx_forgive(cx);
    model.fault = no_fault;
    shop.now += hours * 3600 * 1000;
    cx->deadline = shop.now + 60000;
}

static void
expect_second_attempt(struct ctx *cx)
{
    assert_int_equal(pay(cx, "pm_good"), OK);
    assert_int_equal(kept(cx)->state, PAYMENT_SUCCEEDED);
    assert_int_equal(kept(cx)->attempt_count, 2);
    assert_int_equal(model.intent_count, 1);
    assert_string_equal(shop.order.status, "Paid");
}

static void
where_no_card_was_asked_the_next_call_asks_it(void **state)
{
    struct ctx *cx = *state;

    lose_confirmation(cx, no_connection, "pm_good", 25);
    expect_second_attempt(cx);
    /* a 500 that is kept, of a request that did nothing */
    lose_confirmation(cx, no_connection, "pm_good", 0);
    model_keep(kept(cx)->attempts[0].key, 500,
               "{\"error\":{\"message\":\"oh\"}}");
    expect_second_attempt(cx);
}

static void
where_a_card_was_declined_unheard_the_next_call_tells(void **state)
{
    struct ctx *cx = *state;

    lose_confirmation(cx, no_answer, "pm_declined", 25);
    assert_int_equal(pay(cx, "pm_declined"), ERR_DECLINED);
    assert_contains(cx->fault, "insufficient funds");
    assert_int_equal(kept(cx)->attempt_count, 1);
}

/* While the order service marks it, nobody begins anew to pay the order. */
static void
nobody_pays_between_the_cancelling_of_the_intent_and_of_the_order(void **state)
{
    enum err (*const ways[])(struct ctx *, struct payment_store *,
                             const char *) = { cancellation_prepare,
                                               cancellation_prepare_expiry };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(ways); i++) {
        begin(cx);
        assert_int_equal(pay(cx, NULL), OK);
        assert_int_equal(ways[i](cx, &store, shop.order.id), OK);
        cx->deadline = shop.now + 1900;
        assert_int_equal(pay(cx, "pm_good"), ERR_CONFLICT);
        ctx_forgive(cx);
        assert_int_equal(model.intent_count, 1);
        assert_string_equal(model.intents[0].status, "canceled");
    }
}

/* By the key's age alone: the same request would ask the card again. */
static void
a_confirmation_is_not_sent_again_once_its_key_may_be_forgotten(void **state)
{
    struct ctx *cx = *state;

    lose_confirmation(cx, no_answer, "pm_declined", 25);
    wait_an_hour(cx);
    assert_int_equal(kept(cx)->state, PAYMENT_FAILED);
    assert_string_equal(kept(cx)->attempts[0].code, "insufficient_funds");
    assert_int_equal(model.key_count, 2); /* to make it, to confirm it */
}

static void
a_refund_that_was_made_is_not_made_again_once_its_key_is_forgotten(void **state)
{
    struct ctx *cx = *state;
    struct refund_wish wish = { .amount = "10.00" };
    const struct payment *payment;
    const struct refund *made;

    begin(cx);
    wish.order_id = shop.order.id;
    assert_int_equal(pay(cx, "pm_good"), OK);
    model.fault = no_answer;
    assert_int_equal(refunding_ask(cx, &store, &wish, &payment, &made), OK);
    assert_int_equal(made->state, REFUND_UNKNOWN);
    ctx_forgive(cx);
    model.fault = no_fault;
    shop.now += 25 * 3600 * 1000;
    wait_an_hour(cx);
    assert_int_equal(model.refund_count, 1);
    assert_int_equal(kept(cx)->refunds[0].state, REFUND_SUCCEEDED);
    assert_string_equal(shop.order.status, "PartiallyRefunded");
}

/* How an order may stand when another key is set. */
static const struct standing {
    const char *method;
    enum model_fault (*fault)(void);
    enum payment_state state;
} standings[] = {
    { NULL, no_fault, PAYMENT_CREATED },
    { "pm_3ds", no_fault, PAYMENT_REQUIRES_ACTION },
    { "pm_slow", no_fault, PAYMENT_PROCESSING },
    { "pm_declined", no_fault, PAYMENT_FAILED },
    { "pm_missing", no_fault, PAYMENT_REJECTED },
    { "pm_good", no_connection, PAYMENT_UNKNOWN },
};

/* The key is of another account, or of the other mode; and the right one. */
static void
set_other_key(void)
{
    model.intents[0].id = "pi_elsewhere";
}

static void
set_right_key(void)
{
    model.intents[0].id = "pi_1";
}

static void
begin_standing(struct ctx *cx, const struct standing *standing)
{
    begin(cx);
    model.fault = standing->fault;
    (void)pay(cx, standing->method);
    ctx_forgive(cx);
    model.fault = no_fault;
    assert_int_equal(kept(cx)->state, standing->state);
}

static enum err
cancel(struct ctx *cx)
{
    enum err err = cancellation_prepare(cx, &store, shop.order.id);

    ctx_forgive(cx);
    shop.now += 3000; /* nobody gets the payment meanwhile */
    cx->deadline = shop.now + 60000;
    return err;
}

static void
expect_unknown_intent(struct ctx *cx)
{
    const struct payment *payment = kept(cx);

    assert_int_equal(payment->review_count, 1);
    assert_int_equal(payment->reviews[0].kind, REVIEW_MISMATCH);
    assert_string_equal(payment->reviews[0].subject, "pi_1");
    assert_contains(payment->reviews[0].text,
                    "Stripe doesn't know this intent");
}

/* A person closes what is open. */
static void
look_into(struct ctx *cx)
{
    struct payment *payment = kept(cx);

    assert_true(review_close_all(payment, "Ann", "never charged"));
    assert_int_equal(store.save(cx, &store, payment), OK);
}

static void
what_stripe_does_not_know_is_over_when_a_person_says_so(void **state)
{
    struct ctx *cx = *state;

    for (size_t i = 0; i < 2 * COUNT(standings); i++) {
        const struct standing *standing = &standings[i / 2];

        begin_standing(cx, standing);
        set_other_key();
        assert_int_equal(pay(cx, "pm_good"), ERR_CONFLICT);
        assert_int_equal(cancel(cx), ERR_CONFLICT);
        wait_an_hour(cx);
        assert_int_equal(expire(cx), ERR_CONFLICT);
        expect_unknown_intent(cx);
        assert_true(review_is_open(kept(cx)));
        look_into(cx);
        assert_int_equal(pay(cx, "pm_good"), ERR_CONFLICT);
        ctx_forgive(cx);
        assert_int_equal(i % 2 ? expire(cx) : cancel(cx), OK);
        wait_an_hour(cx);
        expect_unknown_intent(cx);
        assert_false(review_is_open(kept(cx)));
        /* that it isn't known says nothing of what became of it */
        assert_int_equal(kept(cx)->state, standing->state);
        assert_int_equal(kept(cx)->due_at, 0);
        assert_int_equal(model.intent_count, 1);
    }
}

/* Another key, of which the customer hears; and the right one again. */
static void
change_key_for_a_while(struct ctx *cx)
{
    set_other_key();
    assert_int_equal(pay(cx, "pm_good"), ERR_CONFLICT);
    ctx_forgive(cx);
    expect_unknown_intent(cx);
    assert_true(review_is_open(kept(cx)));
    set_right_key();
}

static void
what_stripe_knows_again_is_paid_as_if_nothing_had_been(void **state)
{
    struct ctx *cx = *state;

    for (size_t i = 0; i < 2 * COUNT(standings); i++) {
        const struct standing *standing = &standings[i / 2];

        begin_standing(cx, standing);
        change_key_for_a_while(cx);
        if (i % 2)
            wait_an_hour(cx); /* a worker finds out, or who asks first */
        (void)pay(cx, "pm_good");
        assert_int_equal(kept(cx)->review_count, 0);
        if (standing->state == PAYMENT_PROCESSING)
            model_finish(&model.intents[0], true, NULL);
        wait_an_hour(cx);
        assert_string_equal(shop.order.status, "Paid");
        assert_int_equal(shop.mails[0], 3998);
        assert_int_equal(model.intent_count, 1);
    }
}

static void
what_stripe_knows_again_can_be_cancelled(void **state)
{
    struct ctx *cx = *state;

    begin_standing(cx, &standings[1]);
    change_key_for_a_while(cx);
    assert_int_equal(cancel(cx), OK);
    assert_string_equal(model.intents[0].status, "canceled");
    assert_int_equal(kept(cx)->review_count, 0);
}

static void
what_stripe_does_not_know_a_second_time_is_told_a_second_time(void **state)
{
    struct ctx *cx = *state;

    begin_standing(cx, &standings[1]);
    for (int times = 0; times < 2; times++) {
        change_key_for_a_while(cx);
        wait_an_hour(cx);
        assert_int_equal(kept(cx)->review_count, 0);
    }
}

static void
what_was_charged_while_another_key_was_set_pays_its_order(void **state)
{
    struct ctx *cx = *state;

    begin_standing(cx, &standings[1]);
    set_other_key();
    wait_an_hour(cx);
    expect_unknown_intent(cx);
    set_right_key();
    model_finish(&model.intents[0], true, NULL);
    wait_an_hour(cx);
    assert_string_equal(shop.order.status, "Paid");
    assert_int_equal(shop.mails[0], 3998);
    assert_int_equal(kept(cx)->review_count, 0);
}

static int
open_all(void **state)
{
    struct arena *arena = arena_create();
    int64_t applied;
    struct ctx cx;

    (void)state;
    setenv("TILL_ENV", "/dev/null", 1);
    setenv("STRIPE_SECRET_KEY", "sk_test_model", 1);
    config_load();
    secret_init();
    stripe_init();
    ctx_init(&cx, arena, "unit-test");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/payment.db", folder);
    assert_int_equal(migrate(&cx, "payment", path, &applied), OK);
    assert_int_equal(payment_store_sqlite_open(&cx, path, &store), OK);
    db_set_mode(store.db, DB_THREADS);
    arena_free(arena);
    return 0;
}

static int
close_all(void **state)
{
    static const char *const names[] = { "", ".lock", "-wal", "-shm" };

    (void)state;
    db_close(store.db);
    for (size_t i = 0; i < COUNT(names); i++) {
        char name[96];

        snprintf(name, sizeof name, "%s%s", path, names[i]);
        unlink(name);
    }
    return rmdir(folder);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_order_that_is_paid_by_what_is_not_known_here_is_not_charged),
        TEST(money_for_a_cancelled_order_goes_back_whoever_finds_it),
        TEST(what_is_cancelled_meanwhile_is_not_handed_out),
        TEST(no_intent_of_an_order_that_is_over_stays_open),
        TEST(what_a_browser_may_confirm_is_looked_at_ever_more_rarely),
        TEST(what_was_returned_in_the_dashboard_is_not_returned_again),
        TEST(only_what_the_dashboard_left_is_returned),
        TEST(what_is_returned_in_the_dashboard_at_the_same_time_needs_nobody),
        TEST(what_follows_is_flagged_while_the_shop_refuses_itself),
        TEST(a_flag_that_a_person_has_closed_is_not_raised_by_the_next_try),
        TEST(a_refund_that_cant_be_told_yet_is_flagged_until_it_is),
        TEST(a_refund_that_an_order_refuses_for_good_is_flagged),
        TEST(a_part_of_what_is_refunded_already_needs_nobody),
        TEST(what_is_returned_of_an_order_that_never_was_paid_needs_nobody),
        TEST(what_somebody_pays_right_now_does_not_expire),
        TEST(what_nobody_has_gone_on_with_for_an_hour_expires),
        TEST(what_somebody_works_on_does_not_expire),
        TEST(a_customer_may_cancel_also_at_the_bank),
        TEST(where_no_card_was_asked_the_next_call_asks_it),
        TEST(where_a_card_was_declined_unheard_the_next_call_tells),
        TEST(nobody_pays_between_the_cancelling_of_the_intent_and_of_the_order),
        TEST(a_confirmation_is_not_sent_again_once_its_key_may_be_forgotten),
        TEST(
            a_refund_that_was_made_is_not_made_again_once_its_key_is_forgotten),
        TEST(what_stripe_does_not_know_is_over_when_a_person_says_so),
        TEST(what_stripe_knows_again_is_paid_as_if_nothing_had_been),
        TEST(what_stripe_knows_again_can_be_cancelled),
        TEST(what_stripe_does_not_know_a_second_time_is_told_a_second_time),
        TEST(what_was_charged_while_another_key_was_set_pays_its_order),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
