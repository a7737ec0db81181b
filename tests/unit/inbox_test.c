/*
 * Which webhooks are believed, and what each type of event means: it alone is
 * told, nothing is due, and what Stripe has is known afterwards.
 */
#include "scratch.h"
#include "shop_model.h"

#include "base/config.h"
#include "base/id.h"
#include "io/secret.h"
#include "payment/catch_up.h"
#include "payment/checkout.h"
#include "payment/inbox.h"
#include "payment/refund.h"
#include "payment/review.h"
#include "payment/stripe.h"

static struct payment_store store;
static struct model_intent *intent; /* of this test's payment */

static enum model_fault
no_fault(void)
{
    return MODEL_PASS;
}

static void
nobody(void)
{
}

/* A world with one order, and a payment of it that was tried with method. */
static void
begin(struct ctx *cx, const char *method)
{
    struct checkout checkout = { .payment_method = method,
                                 .is_confirmed = method != NULL };
    struct checkout_result result;

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
    checkout.order_id = shop.order.id;
    assert_int_equal(checkout_pay(cx, &store, &checkout, &result), OK);
    intent = &model.intents[0];
}

static enum err
receive(struct ctx *cx, const char *body, const char *signature,
        bool *ret_is_ours)
{
    return inbox_receive(cx, &store, signature, body, strlen(body),
                         ret_is_ours);
}

/* What is kept of the payment when this event was told and dealt with. */
static const struct payment *
told(struct ctx *cx, const char *type, const char *object)
{
    const char *body = model_event_json(id_new(cx->arena), type, false, object);
    struct payment *payment;
    bool is_ours, is_idle = false;

    assert_int_equal(
        receive(cx, body, model_sign(MODEL_SECRET, body, shop.now), &is_ours),
        OK);
    assert_true(is_ours);
    while (!is_idle)
        assert_int_equal(inbox_turn(cx, &store, &is_idle), OK);
    assert_int_equal(store.get(cx, &store, shop.order.id, &payment), OK);
    return payment;
}

static void
each_event_of_an_intent_makes_its_state_known(void **state)
{
    static const struct {
        const char *type, *method, *status;
        enum payment_state known;
    } rows[] = {
        { "payment_intent.succeeded", "pm_3ds", "succeeded",
          PAYMENT_SUCCEEDED },
        { "payment_intent.payment_failed", "pm_slow", "requires_payment_method",
          PAYMENT_FAILED },
        { "payment_intent.processing", NULL, "processing", PAYMENT_PROCESSING },
        { "payment_intent.canceled", "pm_3ds", "canceled", PAYMENT_CANCELED },
        { "payment_intent.requires_action", NULL, "requires_action",
          PAYMENT_REQUIRES_ACTION },
        { "payment_intent.amount_capturable_updated", "pm_3ds",
          "requires_capture", PAYMENT_PROCESSING },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        begin(*state, rows[i].method);
        intent->status = rows[i].status;
        if (rows[i].known == PAYMENT_SUCCEEDED)
            intent->received = intent->amount;
        assert_int_equal(
            told(*state, rows[i].type, model_intent_json(intent))->state,
            rows[i].known);
        assert_string_equal(shop.order.status,
                            rows[i].known == PAYMENT_SUCCEEDED ? "Paid"
                                                               : "Pending");
    }
}

static void
each_event_of_a_refund_makes_it_known(void **state)
{
    static const char *const types[] = { "refund.created", "refund.updated",
                                         "charge.refund.updated",
                                         "charge.refunded" };

    for (size_t i = 0; i < COUNT(types); i++) {
        const struct payment *payment;

        begin(*state, "pm_good");
        payment = told(*state, types[i],
                       model_refund_json(model_refund(intent, 500, NULL)));
        assert_int_equal(payment->refund_count, 1);
        assert_int_equal(payment->refunds[0].state, REFUND_SUCCEEDED);
        assert_string_equal(shop.order.status, "PartiallyRefunded");
        assert_int_equal(shop.mails[1], 500);
    }
}

static void
a_refund_that_fails_is_heard_of_and_needs_a_person(void **state)
{
    struct model_refund *refund;
    const struct payment *payment;

    begin(*state, "pm_good");
    refund = model_refund(intent, 500, NULL);
    told(*state, "refund.created", model_refund_json(refund));
    refund->status = "failed";
    payment = told(*state, "refund.failed", model_refund_json(refund));
    assert_int_equal(payment->refunds[0].state, REFUND_FAILED);
    assert_int_equal(payment->reviews[0].kind, REVIEW_REFUND);
    assert_true(review_is_open(payment));
}

static void
each_event_of_a_dispute_makes_its_state_known(void **state)
{
    static const struct {
        const char *type, *status;
        bool is_open;
    } rows[] = {
        { "charge.dispute.created", "needs_response", true },
        { "charge.dispute.funds_withdrawn", "needs_response", true },
        { "charge.dispute.updated", "under_review", true },
        { "charge.dispute.closed", "lost", true },
        { "charge.dispute.funds_reinstated", "won", false },
    };

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct model_dispute *dispute;
        const struct payment *payment;

        begin(*state, "pm_good");
        dispute = model_dispute(intent);
        dispute->status = rows[i].status;
        payment = told(*state, rows[i].type, model_dispute_json(dispute));
        assert_int_equal(payment->review_count, 1);
        assert_contains(payment->reviews[0].text, rows[i].status);
        assert_int_equal(review_is_open(payment), rows[i].is_open);
    }
}

static void
what_is_told_of_a_payment_that_is_done_takes_no_lease(void **state)
{
    struct payment *before;

    begin(*state, "pm_good");
    assert_int_equal(store.get(*state, &store, shop.order.id, &before), OK);
    assert_int_equal(before->state, PAYMENT_SUCCEEDED);
    assert_int_equal(
        told(*state, "payment_intent.succeeded", model_intent_json(intent))
            ->version,
        before->version);
}

static void
what_a_charge_tells_besides_its_intent_takes_no_lease(void **state)
{
    const struct payment *before;

    begin(*state, "pm_3ds");
    before = told(*state, "customer.created", model_intent_json(intent));
    assert_int_equal(
        told(*state, "charge.succeeded", model_intent_json(intent))->version,
        before->version);
}

static void
an_event_that_means_nothing_to_us_is_kept_and_asks_nobody(void **state)
{
    bool is_ours;
    const char *body;

    begin(*state, "pm_3ds");
    intent->status = "succeeded";
    intent->received = intent->amount;
    assert_int_equal(
        told(*state, "customer.created", model_intent_json(intent))->state,
        PAYMENT_REQUIRES_ACTION);
    body = model_event_json("evt_strange", "of.the.future", false, "{}");
    assert_int_equal(receive(*state, body,
                             model_sign(MODEL_SECRET, body, shop.now),
                             &is_ours),
                     OK);
    assert_true(is_ours);
}

static void
an_event_of_the_other_mode_is_not_kept(void **state)
{
    bool is_ours = true, is_idle = false;
    const char *body;

    begin(*state, "pm_3ds");
    intent->status = "succeeded";
    intent->received = intent->amount;
    body = model_event_json("evt_live", "payment_intent.succeeded", true,
                            model_intent_json(intent));
    assert_int_equal(receive(*state, body,
                             model_sign(MODEL_SECRET, body, shop.now),
                             &is_ours),
                     OK);
    assert_false(is_ours);
    assert_int_equal(inbox_turn(*state, &store, &is_idle), OK);
    assert_true(is_idle);
}

static void
a_signature_is_good_for_300_seconds_and_no_more(void **state)
{
    const char *body;
    bool is_ours;

    begin(*state, "pm_good");
    body = model_event_json("evt_old", "customer.created", false, "{}");
    assert_int_equal(receive(*state, body,
                             model_sign(MODEL_SECRET, body, shop.now - 301000),
                             &is_ours),
                     ERR_MALFORMED);
    assert_int_equal(receive(*state, body,
                             model_sign(MODEL_SECRET, body, shop.now - 300000),
                             &is_ours),
                     OK);
    /* Stripe's clock may be before ours; its own libraries allow it */
    assert_int_equal(receive(*state, body,
                             model_sign(MODEL_SECRET, body, shop.now + 60000),
                             &is_ours),
                     OK);
}

/* STRIPE_WEBHOOK_SECRET=secrets, as at a program's start. */
static void
set_secrets(const char *secrets)
{
    setenv("STRIPE_WEBHOOK_SECRET", secrets, 1);
    config_load();
    stripe_event_init();
}

static void
while_a_secret_is_replaced_either_is_good_and_no_third(void **state)
{
    static const struct {
        const char *secrets, *signer;
        enum err err;
    } rows[] = {
        { "whsec_new," MODEL_SECRET, "whsec_new", OK },
        { "whsec_new," MODEL_SECRET, MODEL_SECRET, OK },
        { "whsec_new," MODEL_SECRET, "whsec_third", ERR_MALFORMED },
        { "whsec_new," MODEL_SECRET, "", ERR_MALFORMED },
        { "whsec_new", MODEL_SECRET, ERR_MALFORMED },
        { "whsec_new", "", ERR_MALFORMED },
        { "whsec_new,", "", ERR_MALFORMED },
        { "", "", ERR_UNAVAILABLE },
    };
    const char *body;
    bool is_ours;

    begin(*state, "pm_good");
    body = model_event_json("evt_any", "customer.created", false, "{}");
    for (size_t i = 0; i < COUNT(rows); i++) {
        set_secrets(rows[i].secrets);
        assert_int_equal(receive(*state, body,
                                 model_sign(rows[i].signer, body, shop.now),
                                 &is_ours),
                         rows[i].err);
    }
    set_secrets(MODEL_SECRET);
}

/* During a roll Stripe signs with both: "t=...,v1=...,v1=...". */
static void
one_of_several_signatures_is_enough(void **state)
{
    const char *body, *header;
    bool is_ours;

    begin(*state, "pm_good");
    body = model_event_json("evt_both", "customer.created", false, "{}");
    header = arena_printf(
        model.arena, "%s,%s,v0=00", model_sign(MODEL_SECRET, body, shop.now),
        strstr(model_sign("whsec_new", body, shop.now), "v1="));
    assert_int_equal(receive(*state, body, header, &is_ours), OK);
}

/* Dealt with, forty days ago. */
static enum err
insert_old_work(struct ctx *cx, struct db *db, void *arg)
{
    return db_run(cx, db, NULL,
                  "WITH RECURSIVE numbers (n) AS (SELECT 1 UNION ALL "
                  "SELECT n + 1 FROM numbers WHERE n < 3000) "
                  "INSERT INTO events (id, type, created, received_at, "
                  "due_at, tries) SELECT 'evt_old_' || n, 't', 0, ?, 0, 0 "
                  "FROM numbers",
                  "i", *(int64_t *)arg);
}

static void
read_count(struct ctx *cx, const struct row *row, void *into)
{
    (void)cx;
    *(int64_t *)into = row_int(row, 0);
}

static void
old_events_are_forgotten_as_fast_as_new_ones_come(void **state)
{
    int64_t then, count = -1;
    struct ctx *cx = *state;
    bool is_idle;

    begin(cx, NULL);
    then = shop.now - INT64_C(40) * 24 * 3600 * 1000;
    assert_int_equal(db_write(cx, store.db, insert_old_work, &then), OK);
    assert_int_equal(catch_up_turn(cx, &store, &is_idle), OK);
    assert_int_equal(db_get(cx, store.db, read_count, &count,
                            "SELECT count(*) FROM events", ""),
                     OK);
    assert_int_equal(count, 0);
}

/* Everything since `moment` is gone, as with a backup of then. */
static void
restore_backup(struct ctx *cx, int64_t moment)
{
    int64_t known;

    shop_wipe(cx, store.db);
    assert_int_equal(
        store.claim_turn(cx, &store, "events", shop.now, shop.now, &known), OK);
    assert_int_equal(store.finish_turn(cx, &store, "events", moment, shop.now),
                     OK);
}

/* A worker, until nothing is due any more at this moment. */
static void
work_off(struct ctx *cx)
{
    bool is_idle = false;

    cx->deadline = shop.now + 60000;
    while (!is_idle) {
        assert_int_equal(catch_up_turn(cx, &store, &is_idle), OK);
        for (bool is_done = false; !is_done;)
            assert_int_equal(inbox_turn(cx, &store, &is_done), OK);
        for (bool is_done = false; !is_done;)
            assert_int_equal(checkout_resume(cx, &store, &is_done), OK);
    }
}

/* The order is paid by its one charge, whoever asks for another. */
static void
expect_paid_once(struct ctx *cx)
{
    struct checkout checkout = { .order_id = shop.order.id,
                                 .payment_method = "pm_good",
                                 .is_confirmed = 1 };
    struct checkout_result result = { 0 };

    assert_int_equal(checkout_pay(cx, &store, &checkout, &result), OK);
    assert_int_equal(result.payment->state, PAYMENT_SUCCEEDED);
    assert_false(review_is_open(result.payment));
    assert_int_equal(model.intent_count, 1);
    assert_int_equal(shop.mails[0], 3998);
}

#define HOURS INT64_C(3600000)

static void
a_charge_that_a_restored_backup_lacks_is_learnt_from_stripe(void **state)
{
    static const char *const orders[] = { "Pending", "Paid" };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(orders); i++) {
        int64_t moment;

        begin(cx, "pm_good");
        moment = shop.now - HOURS;
        shop.now += 50 * HOURS;
        model.key_count = 0; /* Stripe has forgotten the keys */
        restore_backup(cx, moment);
        shop.order.status = orders[i]; /* Pending: restored with it */
        shop.mails[0] = 0;
        work_off(cx);
        assert_string_equal(shop.order.status, "Paid");
        expect_paid_once(cx);
        assert_int_equal(model.refund_count, 0);
    }
}

static void
what_was_refunded_since_the_backup_is_not_refunded_again(void **state)
{
    struct ctx *cx = *state;
    struct payment *payment;

    begin(cx, "pm_good");
    model_refund(intent, 300, NULL); /* and heard of later than this one: */
    model_refund(intent, 500, "1");
    model_refund(intent, 700, "3");
    shop.order.status = "PartiallyRefunded";
    shop.now += 50 * HOURS;
    restore_backup(cx, shop.now - 60 * HOURS);
    work_off(cx);
    assert_string_equal(shop.order.status, "PartiallyRefunded");
    assert_int_equal(store.get(cx, &store, shop.order.id, &payment), OK);
    assert_int_equal(payment->state, PAYMENT_SUCCEEDED);
    assert_int_equal(payment->refund_count, 3);
    assert_int_equal(payment->refunds[0].amount, 300);
    assert_int_equal(payment->refunds[1].amount, 500);
    assert_int_equal(payment->refunds[2].amount, 700);
    assert_int_equal(refund_left(payment), 3998 - 1500);
    assert_false(review_is_open(payment));
    assert_int_equal(model.refund_count, 3);
}

static void
all_that_stripe_has_of_a_forgotten_payment_is_learnt_at_once(void **state)
{
    const struct payment *payment;

    begin(*state, "pm_good");
    model_refund(intent, 300, NULL);
    model_dispute(intent);
    shop.order.status = "PartiallyRefunded";
    restore_backup(*state, shop.now);
    /* what was told of the others came first, and named no order */
    payment =
        told(*state, "payment_intent.succeeded", model_intent_json(intent));
    assert_int_equal(payment->state, PAYMENT_SUCCEEDED);
    assert_int_equal(payment->refund_count, 1);
    assert_int_equal(payment->review_count, 1);
    assert_int_equal(payment->reviews[0].kind, REVIEW_DISPUTE);
}

/* How many more calls pass until one is lost; then all pass again. */
static int passes;

static enum model_fault
one_is_lost(void)
{
    return passes-- == 0 ? MODEL_LOST : MODEL_PASS;
}

static void
whichever_call_is_lost_meanwhile_all_that_stripe_has_is_learnt(void **state)
{
    struct ctx *cx = *state;

    passes = 0;
    for (int lost = 1; passes < 0 || lost == 1; lost++) {
        struct payment *payment;
        bool is_idle = false;

        begin(cx, "pm_good");
        model_refund(intent, 300, NULL);
        model_dispute(intent);
        shop.order.status = "PartiallyRefunded";
        restore_backup(cx, shop.now);
        passes = lost;
        model.fault = one_is_lost;
        told(cx, "payment_intent.succeeded", model_intent_json(intent));
        shop.now += HOURS;
        cx->deadline = shop.now + 60000;
        while (!is_idle)
            assert_int_equal(inbox_turn(cx, &store, &is_idle), OK);
        assert_int_equal(store.get(cx, &store, shop.order.id, &payment), OK);
        assert_int_equal(payment->refund_count, 1);
        assert_int_equal(payment->review_count, 1);
        assert_int_equal(payment->reviews[0].kind, REVIEW_DISPUTE);
    }
}

static void
a_late_success_that_a_restored_backup_lacks_is_returned(void **state)
{
    struct ctx *cx = *state;

    begin(cx, "pm_slow");
    restore_backup(cx, shop.now - HOURS);
    shop.order.status = "Expired";
    model_finish(intent, true, NULL);
    work_off(cx);
    assert_int_equal(model.refund_count, 1);
    assert_int_equal(model.refunds[0].amount, 3998);
    assert_int_equal(shop.mails[0], 0);
}

static void
an_open_intent_that_a_restored_backup_lacks_is_the_orders_own(void **state)
{
    struct ctx *cx = *state;

    begin(cx, NULL);
    shop.now += 50 * HOURS;
    model.key_count = 0;
    restore_backup(cx, shop.now - 60 * HOURS);
    work_off(cx);
    expect_paid_once(cx);
}

static void
a_success_that_does_not_fit_its_order_makes_none_paid(void **state)
{
    struct payment *payment;

    begin(*state, "pm_3ds");
    restore_backup(*state, shop.now - HOURS);
    intent->amount = 1;
    model_finish(intent, true, NULL);
    work_off(*state);
    assert_string_equal(shop.order.status, "Pending");
    assert_int_equal(store.get(*state, &store, shop.order.id, &payment), OK);
    assert_int_not_equal(payment->state, PAYMENT_SUCCEEDED);
    assert_true(review_is_open(payment));
    assert_true(review_stops(payment));
}

static void
what_replaced_an_intent_that_was_cancelled_pays_the_order(void **state)
{
    const struct payment *payment;
    struct model_intent *second;

    begin(*state, "pm_3ds");
    /* all of this since the backup */
    intent->status = "canceled";
    second = model_intent(shop.order.id, 3998, "usd");
    model_finish(second, true, NULL);
    payment =
        told(*state, "payment_intent.succeeded", model_intent_json(second));
    assert_int_equal(payment->state, PAYMENT_SUCCEEDED);
    assert_string_equal(payment->intent_id, second->id);
    assert_false(review_is_open(payment));
    assert_string_equal(shop.order.status, "Paid");
}

static void
what_is_under_way_is_not_given_up_for_a_stray(void **state)
{
    struct model_intent *second;
    struct payment *payment;

    begin(*state, "pm_3ds");
    assert_int_equal(store.get(*state, &store, shop.order.id, &payment), OK);
    payment->state = payment->attempts[0].state = PAYMENT_UNKNOWN;
    assert_int_equal(store.save(*state, &store, payment), OK);
    intent->status = "requires_payment_method";
    second = model_intent(shop.order.id, 3998, "usd");
    model_finish(second, true, NULL);
    told(*state, "payment_intent.succeeded", model_intent_json(second));
    assert_int_equal(store.get(*state, &store, shop.order.id, &payment), OK);
    assert_int_equal(payment->state, PAYMENT_UNKNOWN);
    assert_int_equal(payment->reviews[0].kind, REVIEW_STRAY);
}

/* Another account's key was set meanwhile; by now it is the right one again. */
static void
what_a_person_has_closed_pays_its_order_should_it_succeed(void **state)
{
    struct review review = { .kind = REVIEW_MISMATCH,
                             .text = "Stripe doesn't know it" };
    const struct payment *payment;
    struct payment *closed;

    begin(*state, "pm_3ds");
    assert_int_equal(store.get(*state, &store, shop.order.id, &closed), OK);
    review.subject = closed->intent_id;
    assert_true(review_raise(closed, &review));
    assert_true(review_close_all(closed, "Ann", "never charged"));
    assert_int_equal(store.save(*state, &store, closed), OK);
    model_finish(intent, true, NULL);
    payment =
        told(*state, "payment_intent.succeeded", model_intent_json(intent));
    assert_int_equal(payment->state, PAYMENT_SUCCEEDED);
    assert_string_equal(shop.order.status, "Paid");
    assert_string_equal(payment->reviews[0].note, "never charged");
}

static void
a_stray_is_told_of_also_where_stripe_does_not_know_the_payments_own(
    void **state)
{
    struct model_intent *second;
    const struct payment *payment;

    begin(*state, "pm_3ds");
    intent->id = "pi_elsewhere"; /* another account's key is set by now */
    second = model_intent(shop.order.id, 3998, "usd");
    model_finish(second, true, NULL);
    payment =
        told(*state, "payment_intent.succeeded", model_intent_json(second));
    assert_int_equal(payment->review_count, 2);
    assert_int_equal(payment->reviews[0].kind, REVIEW_MISMATCH);
    assert_string_equal(payment->reviews[0].subject, payment->intent_id);
    assert_int_equal(payment->reviews[1].kind, REVIEW_STRAY);
    assert_string_equal(payment->reviews[1].subject, second->id);
    assert_string_equal(shop.order.status, "Pending");
}

static void
what_pays_an_order_that_is_not_ours_makes_no_payment(void **state)
{
    static const char *const others[] = {
        "01890a5d-ac96-774b-bcce-b302099a8057", "no id"
    };

    for (size_t i = 0; i < COUNT(others); i++) {
        struct model_intent *other;
        struct payment *payment;

        begin(*state, NULL);
        other = model_intent(others[i], 3998, "usd");
        model_finish(other, true, NULL);
        told(*state, "payment_intent.succeeded", model_intent_json(other));
        assert_int_equal(store.get(*state, &store, others[i], &payment),
                         ERR_NOT_FOUND);
        assert_string_equal(shop.order.status, "Pending");
    }
}

/* Found nowhere else: a webhook that is lost, and an intent nobody looks at. */
static void
an_event_that_is_listed_late_is_not_missed(void **state)
{
    struct ctx *cx = *state;
    struct payment *payment;
    bool is_idle = false;

    begin(cx, "pm_3ds");
    shop.now += 3600 * 1000; /* what was told of its beginning is far away */
    cx->deadline = shop.now + 60000;
    assert_int_equal(catch_up_turn(cx, &store, &is_idle), OK);
    model_finish(intent, true, NULL);
    /* as it was created nine minutes before that turn, which it didn't tell */
    model.events[model.event_count - 1].created = shop.now / 1000 - 9 * 60;
    shop.now += 5 * 60 * 1000;
    cx->deadline = shop.now + 60000;
    assert_int_equal(catch_up_turn(cx, &store, &is_idle), OK);
    assert_false(is_idle);
    while (!is_idle)
        assert_int_equal(inbox_turn(cx, &store, &is_idle), OK);
    assert_int_equal(store.get(cx, &store, shop.order.id, &payment), OK);
    assert_int_equal(payment->state, PAYMENT_SUCCEEDED);
}

static int
open_all(void **state)
{
    struct arena *arena = arena_create();
    struct ctx cx;

    (void)state;
    setenv("TILL_ENV", "/dev/null", 1);
    setenv("STRIPE_SECRET_KEY", "sk_test_model", 1);
    set_secrets(MODEL_SECRET);
    stripe_init();
    ctx_init(&cx, arena, "unit-test");
    assert_int_equal(
        payment_store_sqlite_open(&cx, scratch_begin("payment"), &store), OK);
    db_set_mode(store.db, DB_THREADS);
    arena_free(arena);
    return 0;
}

static int
close_all(void **state)
{
    (void)state;
    db_close(store.db);
    return scratch_end();
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(each_event_of_an_intent_makes_its_state_known),
        TEST(each_event_of_a_refund_makes_it_known),
        TEST(a_refund_that_fails_is_heard_of_and_needs_a_person),
        TEST(each_event_of_a_dispute_makes_its_state_known),
        TEST(what_is_told_of_a_payment_that_is_done_takes_no_lease),
        TEST(what_a_charge_tells_besides_its_intent_takes_no_lease),
        TEST(an_event_that_means_nothing_to_us_is_kept_and_asks_nobody),
        TEST(an_event_of_the_other_mode_is_not_kept),
        TEST(a_signature_is_good_for_300_seconds_and_no_more),
        TEST(while_a_secret_is_replaced_either_is_good_and_no_third),
        TEST(one_of_several_signatures_is_enough),
        TEST(old_events_are_forgotten_as_fast_as_new_ones_come),
        TEST(a_charge_that_a_restored_backup_lacks_is_learnt_from_stripe),
        TEST(what_was_refunded_since_the_backup_is_not_refunded_again),
        TEST(all_that_stripe_has_of_a_forgotten_payment_is_learnt_at_once),
        TEST(whichever_call_is_lost_meanwhile_all_that_stripe_has_is_learnt),
        TEST(a_late_success_that_a_restored_backup_lacks_is_returned),
        TEST(an_open_intent_that_a_restored_backup_lacks_is_the_orders_own),
        TEST(a_success_that_does_not_fit_its_order_makes_none_paid),
        TEST(what_replaced_an_intent_that_was_cancelled_pays_the_order),
        TEST(what_is_under_way_is_not_given_up_for_a_stray),
        TEST(what_a_person_has_closed_pays_its_order_should_it_succeed),
        TEST(
            a_stray_is_told_of_also_where_stripe_does_not_know_the_payments_own),
        TEST(what_pays_an_order_that_is_not_ours_makes_no_payment),
        TEST(an_event_that_is_listed_late_is_not_missed),
    };

    secret_init();
    return cmocka_run_group_tests(tests, open_all, close_all);
}
