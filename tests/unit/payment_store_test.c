/* Holds the homes of payments to payment_store.h. */
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/id.h"
#include "io/migration.h"
#include "payment/payment_store.h"
#include "payment/review.h"

enum { THREADS = 16 };

static char folder[] = "/tmp/till-payment-store-XXXXXX";
static char path[64];
static struct payment_store store;

static int
open_sqlite(void **state)
{
    struct arena *arena = arena_create();
    int64_t applied;
    struct ctx cx;

    (void)state;
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
close_sqlite(void **state)
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
    assert_int_equal(payment_begin_attempt(*state, payment, "pm_one", NULL), OK);
    payment->attempts[0].state = PAYMENT_FAILED;
    payment->attempts[0].code = "card_declined";
    payment->attempts[0].message = "Your card was declined.";
    assert_int_equal(payment_begin_attempt(*state, payment, "pm_two", NULL), OK);
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
    assert_int_equal(found->attempts[1].state, PAYMENT_SUCCEEDED);
    assert_int_equal(found->effects[EFFECT_MARK_PAID], EFFECT_PENDING);
    assert_int_equal(found->effects[EFFECT_NOTIFY], EFFECT_PENDING);
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

struct racer {
    const char *order_id;
    pthread_barrier_t *start;
    enum err err;
};

/* Takes the lease of the payment, as all the others do at this moment. */
static void *
race(void *arg)
{
    struct arena *arena = arena_create();
    struct racer *racer = arg;
    struct payment *payment;
    struct ctx cx;

    ctx_init(&cx, arena, "unit-test");
    racer->err = store.get(&cx, &store, racer->order_id, &payment);
    pthread_barrier_wait(racer->start);
    if (!racer->err) {
        payment->lease_owner = id_new(arena);
        racer->err = store.save(&cx, &store, payment);
    }
    arena_free(arena);
    return NULL;
}

static void
of_many_who_take_its_lease_at_once_one_gets_it(void **state)
{
    struct payment *payment = make_payment(*state);
    struct racer racers[THREADS];
    pthread_t threads[THREADS];
    pthread_barrier_t start;
    int winners = 0;

    assert_int_equal(store.insert(*state, &store, payment), OK);
    pthread_barrier_init(&start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){ payment->order_id, &start, OK };
        assert_int_equal(pthread_create(&threads[i], NULL, race, &racers[i]),
                         0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        winners += racers[i].err == OK;
        assert_true(racers[i].err == OK || racers[i].err == ERR_CONFLICT);
    }
    pthread_barrier_destroy(&start);
    assert_int_equal(winners, 1);
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_payment_comes_back_as_it_was_kept),
        TEST(an_order_has_one_payment),
        TEST(an_order_without_one_is_not_found),
        TEST(attempts_and_effects_are_kept_with_it),
        TEST(its_reviews_are_kept_and_found_until_they_are_closed),
        TEST(what_was_decided_on_an_older_version_is_refused),
        TEST(of_many_who_take_its_lease_at_once_one_gets_it),
    };

    return cmocka_run_group_tests(tests, open_sqlite, close_sqlite);
}
