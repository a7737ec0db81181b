/* Holds the homes of payments to payment_store.h. */
#include "base/id.h"
#include "homes.h"
#include "payment/payment_store.h"
#include "payment/refund.h"
#include "payment/review.h"

static struct payment_store store;

static enum err
open_sqlite(struct ctx *cx, const char *path)
{
    enum err err = payment_store_sqlite_open(cx, path, &store);

    if (!err)
        db_set_mode(store.db, DB_THREADS);
    return err;
}

static enum err
open_mongo(struct ctx *cx, const char *uri)
{
    return payment_store_mongo_open(cx, uri, &store);
}

static void
close_store(void)
{
    db_close(store.db);
    mongo_close(store.mongo);
}

static struct payment *
make_payment(struct ctx *cx)
{
    return payment_new(cx, id_new(cx->arena), id_new(cx->arena),
                       money_of(3998, "usd"));
}

static void
a_payment_comes_back_as_it_was_kept(void **state)
{
    struct payment *payment = make_payment(*state), *found;

    payment->lease_owner = "somebody";
    payment->lease_until = 12345;
    assert_int_equal(store.insert(*state, &store, payment), OK);
    assert_int_equal(store.get(*state, &store, payment->order_id, &found), OK);
    assert_string_equal(found->id, payment->id);
    assert_string_equal(found->user_id, payment->user_id);
    assert_true(money_is_equal(found->amount, payment->amount));
    assert_int_equal(found->state, PAYMENT_CREATED);
    assert_null(found->intent_id);
    assert_int_equal(found->review_count, 0);
    assert_string_equal(found->lease_owner, "somebody");
    assert_int_equal(found->lease_until, 12345);
    assert_int_equal(found->attempt_count, 0);
    assert_int_equal(found->version, 1);
    assert_int_equal(found->created_at, payment->created_at);
}

static void
an_order_has_one_payment(void **state)
{
    struct payment *payment = make_payment(*state);

    assert_int_equal(store.insert(*state, &store, payment), OK);
    assert_int_equal(store.insert(*state, &store, payment), ERR_CONFLICT);
}

static void
an_order_without_one_is_not_found(void **state)
{
    struct payment *untouched = NULL;
    struct ctx *cx = *state;

    assert_int_equal(store.get(cx, &store, id_new(cx->arena), &untouched),
                     ERR_NOT_FOUND);
    assert_null(untouched);
}

static void
attempts_and_effects_are_kept_with_it(void **state)
{
    struct intent_news news = { .attempt_number = 2,
                                .state = PAYMENT_SUCCEEDED };
    struct payment *payment = make_payment(*state), *found;

    assert_int_equal(store.insert(*state, &store, payment), OK);
    payment->intent_id = "pi_1";
    assert_int_equal(payment_begin_attempt(*state, payment, "pm_one", NULL),
                     OK);
    payment->attempts[0].state = PAYMENT_FAILED;
    payment->attempts[0].code = "card_declined";
    payment->attempts[0].message = "Your card was declined.";
    assert_int_equal(payment_begin_attempt(*state, payment, "pm_two",
                                           "https://shop.example/thanks"),
                     OK);
    payment->looked_at = 1767225600000;
    assert_int_equal(store.save(*state, &store, payment), OK);
    assert_true(payment_learn(payment, &news));
    assert_int_equal(store.save(*state, &store, payment), OK);

    assert_int_equal(store.get(*state, &store, payment->order_id, &found), OK);
    assert_int_equal(found->version, 3);
    assert_int_equal(found->state, PAYMENT_SUCCEEDED);
    assert_string_equal(found->intent_id, "pi_1");
    assert_int_equal(found->attempt_count, 2);
    assert_string_equal(found->attempts[0].payment_method, "pm_one");
    assert_string_equal(found->attempts[0].message, "Your card was declined.");
    assert_string_equal(found->attempts[1].key, payment->attempts[1].key);
    assert_null(found->attempts[0].return_url);
    assert_string_equal(found->attempts[1].return_url,
                        "https://shop.example/thanks");
    assert_int_equal(found->looked_at, 1767225600000);
    assert_int_equal(found->attempts[1].state, PAYMENT_SUCCEEDED);
    assert_int_equal(found->effects[EFFECT_MARK_PAID], EFFECT_PENDING);
    assert_int_equal(found->effects[EFFECT_NOTIFY], EFFECT_PENDING);
}

static void
its_reviews_are_kept_and_found_until_they_are_closed(void **state)
{
    struct payment *payment = make_payment(*state);
    struct review review = { .kind = REVIEW_DISPUTE,
                             .subject = "du_1",
                             .text = "it needs a response" };
    struct order_ids ids;
    struct payment *found;

    assert_int_equal(store.insert(*state, &store, payment), OK);
    assert_true(review_raise(payment, &review));
    assert_int_equal(store.save(*state, &store, payment), OK);
    assert_int_equal(store.reviewed(*state, &store, NULL, &ids), OK);
    assert_int_equal(ids.count, 1);
    assert_string_equal(ids.ids[0], payment->order_id);
    assert_int_equal(store.reviewed(*state, &store, ids.ids[0], &ids), OK);
    assert_int_equal(ids.count, 0);
    assert_true(review_close_all(payment, "ann", "answered"));
    assert_int_equal(store.save(*state, &store, payment), OK);
    assert_int_equal(store.reviewed(*state, &store, NULL, &ids), OK);
    assert_int_equal(ids.count, 0);
    assert_int_equal(store.get(*state, &store, payment->order_id, &found), OK);
    assert_int_equal(found->review_count, 1);
    assert_string_equal(found->reviews[0].text, "it needs a response");
    assert_string_equal(found->reviews[0].closed_by, "ann");
    assert_string_equal(found->reviews[0].note, "answered");
    assert_int_not_equal(found->reviews[0].closed_at, 0);
    assert_false(found->reviews[0].is_news);
}

static void
what_waits_is_counted_by_state_with_the_oldest_and_the_first_due(void **state)
{
    struct payment_waiting payments[PAYMENT_STATES] = { 0 }, events = { 0 };
    struct inbox_event event = { .id = "evt_1", .type = "t", .created = 1 };
    struct order_ids ids;
    static const struct {
        enum payment_state state;
        int64_t created_at, due_at;
    } kept[] = {
        { PAYMENT_UNKNOWN, 300, 70 },  { PAYMENT_UNKNOWN, 200, 90 },
        { PAYMENT_UNKNOWN, 100, 0 },   { PAYMENT_SUCCEEDED, 400, 50 },
        { PAYMENT_SUCCEEDED, 500, 0 },
    };

    assert_int_equal(store.waiting(*state, &store, payments, &events), OK);
    assert_int_equal(events.count, 0);
    for (size_t i = 0; i < COUNT(kept); i++) {
        struct payment *payment = make_payment(*state);

        payment->state = kept[i].state;
        payment->created_at = kept[i].created_at;
        payment->due_at = kept[i].due_at;
        assert_int_equal(store.insert(*state, &store, payment), OK);
    }
    event.received_at = 30;
    event.due_at = 40;
    assert_int_equal(store.insert_event(*state, &store, &event), OK);
    event.id = "evt_2";
    event.due_at = 0;
    event.received_at = 20;
    assert_int_equal(store.insert_event(*state, &store, &event), OK);
    assert_int_equal(
        store.list(*state, &store, PAYMENT_UNKNOWN, ORDER_IDS, &ids), OK);
    assert_int_equal(ids.count, 3);
    assert_true(strcmp(ids.ids[0], ids.ids[1]) > 0); /* the newest first */
    assert_true(strcmp(ids.ids[1], ids.ids[2]) > 0);
    assert_int_equal(store.list(*state, &store, PAYMENT_UNKNOWN, 2, &ids), OK);
    assert_int_equal(ids.count, 2);
    assert_int_equal(store.list(*state, &store, PAYMENT_FAILED, 2, &ids), OK);
    assert_int_equal(ids.count, 0);
    assert_int_equal(store.waiting(*state, &store, payments, &events), OK);
    assert_int_equal(payments[PAYMENT_UNKNOWN].count, 2);
    assert_int_equal(payments[PAYMENT_UNKNOWN].since, 200);
    assert_int_equal(payments[PAYMENT_UNKNOWN].due_at, 70);
    assert_int_equal(payments[PAYMENT_SUCCEEDED].count, 1);
    assert_int_equal(payments[PAYMENT_SUCCEEDED].since, 400);
    assert_int_equal(payments[PAYMENT_CREATED].count, 0);
    assert_int_equal(events.count, 1);
    assert_int_equal(events.since, 30);
    assert_int_equal(events.due_at, 40);
}

static void
what_was_decided_on_an_older_version_is_refused(void **state)
{
    struct payment *payment = make_payment(*state), *one, *other;

    assert_int_equal(store.insert(*state, &store, payment), OK);
    assert_int_equal(store.get(*state, &store, payment->order_id, &one), OK);
    assert_int_equal(store.get(*state, &store, payment->order_id, &other), OK);
    one->intent_id = "pi_first";
    other->intent_id = "pi_second";
    assert_int_equal(store.save(*state, &store, one), OK);
    assert_int_equal(payment_begin_attempt(*state, other, "pm_lost", NULL), OK);
    assert_int_equal(store.save(*state, &store, other), ERR_CONFLICT);

    assert_int_equal(store.get(*state, &store, payment->order_id, &one), OK);
    assert_string_equal(one->intent_id, "pi_first");
    assert_int_equal(one->attempt_count, 0); /* all of it was refused */
}

static void
refunds_are_kept_with_it(void **state)
{
    struct payment *payment = make_payment(*state), *found;
    struct refund_news news = { "re_1", REFUND_SUCCEEDED, NULL };
    struct refund *one, *other;

    assert_int_equal(store.insert(*state, &store, payment), OK);
    payment->state = PAYMENT_SUCCEEDED;
    assert_int_equal(refund_begin(*state, payment, 1000, "request", &one), OK);
    assert_int_equal(refund_begin(*state, payment, 98, NULL, &other), OK);
    assert_true(refund_learn(payment, refund_numbered(payment, 1), &news));
    assert_int_equal(store.save(*state, &store, payment), OK);

    assert_int_equal(store.get(*state, &store, payment->order_id, &found), OK);
    assert_int_equal(found->refund_count, 2);
    one = &found->refunds[0];
    other = &found->refunds[1];
    assert_int_equal(one->number, 1);
    assert_int_equal(one->amount, 1000);
    assert_string_equal(one->key, payment->refunds[0].key);
    assert_string_equal(one->request_key, "request");
    assert_string_equal(one->stripe_id, "re_1");
    assert_int_equal(one->state, REFUND_SUCCEEDED);
    assert_int_equal(one->effects[REFUND_MARK], EFFECT_PENDING);
    assert_int_equal(one->effects[REFUND_NOTIFY], EFFECT_PENDING);
    assert_int_equal(other->amount, 98);
    assert_null(other->request_key);
    assert_null(other->stripe_id);
    assert_null(other->message);
    assert_int_equal(other->state, REFUND_SUBMITTED);
    assert_true(other->submitted_at == payment->refunds[1].submitted_at);
}

static void
it_is_found_by_its_intent(void **state)
{
    struct payment *payment = make_payment(*state), *found;

    payment->intent_id = "pi_mine";
    assert_int_equal(store.insert(*state, &store, payment), OK);
    assert_int_equal(store.find(*state, &store, "pi_mine", &found), OK);
    assert_string_equal(found->order_id, payment->order_id);
    assert_int_equal(store.find(*state, &store, "pi_other", &found),
                     ERR_NOT_FOUND);
}

static void
what_has_been_due_longest_comes_first_and_what_is_done_never(void **state)
{
    static const int64_t due_at[] = { 300, 0, 100, 200 };
    struct payment *payments[COUNT(due_at)];
    struct ctx *cx = *state;
    const char *order_id;

    for (size_t i = 0; i < COUNT(due_at); i++) {
        payments[i] = make_payment(cx);
        payments[i]->due_at = due_at[i];
        assert_int_equal(store.insert(cx, &store, payments[i]), OK);
    }
    assert_int_equal(store.due(cx, &store, 99, &order_id), ERR_NOT_FOUND);
    assert_int_equal(store.due(cx, &store, 250, &order_id), OK);
    assert_string_equal(order_id, payments[2]->order_id);
    payments[2]->due_at = 400;
    assert_int_equal(store.save(cx, &store, payments[2]), OK);
    assert_int_equal(store.due(cx, &store, 250, &order_id), OK);
    assert_string_equal(order_id, payments[3]->order_id);
}

static void
an_event_is_kept_once_and_is_due_until_it_is_dealt_with(void **state)
{
    struct inbox_event event = { .id = "evt_1",
                                 .type = "a.b.$c",
                                 .intent_id = "pi_1",
                                 .created = 5,
                                 .received_at = 1000,
                                 .due_at = 2000 };
    struct inbox_event found, later = event;
    struct ctx *cx = *state;

    later.id = "evt_2";
    later.due_at = 3000;
    assert_int_equal(store.insert_event(cx, &store, &later), OK);
    assert_int_equal(store.insert_event(cx, &store, &event), OK);
    assert_int_equal(store.insert_event(cx, &store, &event), ERR_CONFLICT);
    assert_int_equal(store.due_event(cx, &store, 1999, &found), ERR_NOT_FOUND);
    assert_int_equal(store.due_event(cx, &store, 3000, &found), OK);
    assert_string_equal(found.id, "evt_1");
    assert_string_equal(found.type, "a.b.$c");
    assert_null(found.order_id);
    assert_string_equal(found.intent_id, "pi_1");
    assert_int_equal(found.created, 5);
    assert_int_equal(found.received_at, 1000);
    assert_int_equal(found.tries, 0);
    assert_null(found.outcome);
    found.due_at = 4000;
    found.tries = 3;
    found.outcome = "why";
    assert_int_equal(store.save_event(cx, &store, &found), OK);
    assert_int_equal(store.due_event(cx, &store, 4000, &found), OK);
    assert_string_equal(found.id, "evt_2");
    found.due_at = 0;
    assert_int_equal(store.save_event(cx, &store, &found), OK);
    assert_int_equal(store.due_event(cx, &store, 4000, &found), OK);
    assert_string_equal(found.id, "evt_1");
    assert_int_equal(found.tries, 3);
    assert_string_equal(found.outcome, "why");
}

static void
events_that_were_dealt_with_are_forgotten_when_they_are_old(void **state)
{
    struct inbox_event event = { .type = "t", .received_at = 1000 };
    struct ctx *cx = *state;
    int64_t count;

    event.id = "evt_old";
    assert_int_equal(store.insert_event(cx, &store, &event), OK);
    event.id = "evt_due";
    event.due_at = 1;
    assert_int_equal(store.insert_event(cx, &store, &event), OK);
    event.id = "evt_young";
    event.due_at = 0;
    event.received_at = 2000;
    assert_int_equal(store.insert_event(cx, &store, &event), OK);
    assert_int_equal(store.sweep_events(cx, &store, 2000, &count), OK);
    assert_int_equal(count, 1);
    assert_int_equal(store.sweep_events(cx, &store, 2000, &count), OK);
    assert_int_equal(count, 0);
    assert_int_equal(store.insert_event(cx, &store, &event), ERR_CONFLICT);
    event.id = "evt_due";
    assert_int_equal(store.insert_event(cx, &store, &event), ERR_CONFLICT);
    event.id = "evt_old";
    assert_int_equal(store.insert_event(cx, &store, &event), OK);
}

static void
a_turn_is_taken_once_and_tells_up_to_when_it_was_done(void **state)
{
    struct ctx *cx = *state;
    int64_t known = -1;

    assert_int_equal(store.claim_turn(cx, &store, "events", 1000, 2000, &known),
                     OK);
    assert_int_equal(known, 0);
    assert_int_equal(store.claim_turn(cx, &store, "events", 1999, 3000, &known),
                     ERR_NOT_FOUND);
    assert_int_equal(store.claim_turn(cx, &store, "expiry", 1000, 2000, &known),
                     OK);
    assert_int_equal(store.finish_turn(cx, &store, "events", 900, 5000), OK);
    assert_int_equal(store.claim_turn(cx, &store, "events", 4999, 6000, &known),
                     ERR_NOT_FOUND);
    assert_int_equal(store.claim_turn(cx, &store, "events", 5000, 6000, &known),
                     OK);
    assert_int_equal(known, 900);
}

static const char *
race_id(struct arena *arena, int i)
{
    return arena_printf(arena, "order %d", i);
}

/*
 * Takes the lease of each payment as it was made, keeps an event of each, and
 * takes one turn: as all the others do at this moment.
 */
static void *
take_all(void *wins)
{
    struct arena *arena = arena_create();
    int *won = wins;
    int64_t known;
    struct ctx cx;

    ctx_init(&cx, arena, "race");
    for (int i = 0; i < RACE_OBJECTS; i++) {
        struct inbox_event event = { .id = race_id(arena, i), .type = "t" };
        struct payment *payment;
        enum err err;

        assert_int_equal(store.get(&cx, &store, race_id(arena, i), &payment),
                         OK);
        payment->version = 1;
        payment->lease_owner = id_new(arena);
        err = store.save(&cx, &store, payment);
        assert_true(err == OK || err == ERR_CONFLICT);
        *won += err == OK;
        err = store.insert_event(&cx, &store, &event);
        assert_true(err == OK || err == ERR_CONFLICT);
        *won += err == OK;
    }
    *won += store.claim_turn(&cx, &store, "expiry", 1, 2, &known) == OK;
    arena_free(arena);
    return NULL;
}

static void
of_many_at_once_one_gets_the_lease_the_event_and_the_turn(void **state)
{
    struct ctx *cx = *state;

    for (int i = 0; i < RACE_OBJECTS; i++) {
        struct payment *payment = make_payment(cx);

        payment->order_id = race_id(cx->arena, i);
        assert_int_equal(store.insert(cx, &store, payment), OK);
    }
    assert_int_equal(homes_race(), 2 * RACE_OBJECTS + 1);
}

static const struct contract contract = {
    .service = "payment",
    .collections = payment_collections,
    .open_sqlite = open_sqlite,
    .open_mongo = open_mongo,
    .close = close_store,
    .race = take_all,
};

int
main(int count, char **words)
{
    const struct CMUnitTest tests[] = {
        HOME_TEST(a_payment_comes_back_as_it_was_kept),
        HOME_TEST(an_order_has_one_payment),
        HOME_TEST(an_order_without_one_is_not_found),
        HOME_TEST(attempts_and_effects_are_kept_with_it),
        HOME_TEST(refunds_are_kept_with_it),
        HOME_TEST(its_reviews_are_kept_and_found_until_they_are_closed),
        HOME_TEST(
            what_waits_is_counted_by_state_with_the_oldest_and_the_first_due),
        HOME_TEST(what_was_decided_on_an_older_version_is_refused),
        HOME_TEST(it_is_found_by_its_intent),
        HOME_TEST(what_has_been_due_longest_comes_first_and_what_is_done_never),
        HOME_TEST(an_event_is_kept_once_and_is_due_until_it_is_dealt_with),
        HOME_TEST(events_that_were_dealt_with_are_forgotten_when_they_are_old),
        HOME_TEST(a_turn_is_taken_once_and_tells_up_to_when_it_was_done),
        HOME_TEST(of_many_at_once_one_gets_the_lease_the_event_and_the_turn),
    };
    int failed;

    homes_start(count, words);
    failed = homes_run(false, tests);
    failed += homes_have_mongo() ? homes_run(true, tests) : mongo_server_skip();
    return failed + homes_stop();
}
