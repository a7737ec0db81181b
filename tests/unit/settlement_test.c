/* A payment's lease, and what becomes of a change that can't be kept. */
#include "scratch.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/id.h"
#include "payment/review.h"
#include "payment/settlement.h"

static struct payment_store store, real;

static int
open_sqlite(void **state)
{
    struct arena *arena = arena_create();
    struct ctx cx;

    (void)state;
    setenv("TILL_ENV", "/dev/null", 1);
    setenv("PAYMENT_LEASE", "20", 1);
    config_load();
    ctx_init(&cx, arena, "unit-test");
    assert_int_equal(
        payment_store_sqlite_open(&cx, scratch_begin("payment"), &real), OK);
    db_set_mode(real.db, DB_THREADS);
    arena_free(arena);
    return 0;
}

static int
close_sqlite(void **state)
{
    (void)state;
    db_close(real.db);
    return scratch_end();
}

/* The store's save, for one time: a full disk, or an answer that is lost. */
static enum err
save_nothing(struct ctx *cx, struct payment_store *in, struct payment *payment)
{
    (void)payment;
    in->save = real.save;
    return fail(cx, ERR_UNAVAILABLE, "the disk is full");
}

static enum err
save_unseen(struct ctx *cx, struct payment_store *in, struct payment *payment)
{
    struct payment copy = *payment; /* its version doesn't rise */

    in->save = real.save;
    assert_int_equal(real.save(cx, in, &copy), OK);
    return fail(cx, ERR_UNKNOWN_OUTCOME, "the disk's answer is lost");
}

/* A payment that is kept, and its lease. */
static struct settlement
begin(struct ctx *cx)
{
    struct settlement work = { .store = &store };
    struct payment *payment = payment_new(
        cx, id_new(cx->arena), id_new(cx->arena), money_of(3998, "usd"));

    store = real;
    assert_int_equal(store.insert(cx, &store, payment), OK);
    assert_int_equal(settlement_begin(cx, &work, payment->order_id, NULL), OK);
    assert_true(work.has_lease);
    return work;
}

static struct payment *
kept(struct ctx *cx, const struct settlement *work)
{
    struct payment *payment;

    assert_int_equal(real.get(cx, &real, work->payment->order_id, &payment),
                     OK);
    return payment;
}

/* Somebody else's work on the same payment, when our lease has run out. */
static struct settlement
begin_after(struct ctx *cx, const struct settlement *work)
{
    struct settlement other = { .store = &store, .payment = kept(cx, work) };

    other.payment->lease_until = 0;
    assert_int_equal(settlement_try(cx, &other), OK);
    return other;
}

static void
what_could_not_be_kept_is_not_kept_later(void **state)
{
    struct settlement work = begin(*state);

    assert_int_equal(
        payment_begin_attempt(*state, work.payment, "pm_card", NULL), OK);
    store.save = save_nothing;
    assert_int_equal(settlement_save(*state, &work), ERR_UNAVAILABLE);
    assert_int_equal(work.payment->attempt_count, 0);
    settlement_end(*state, &work);
    assert_int_equal(kept(*state, &work)->attempt_count, 0);
    assert_int_equal(kept(*state, &work)->state, PAYMENT_CREATED);
    assert_null(kept(*state, &work)->lease_owner);
}

static void
what_was_kept_after_all_counts(void **state)
{
    struct settlement work = begin(*state);

    assert_int_equal(
        payment_begin_attempt(*state, work.payment, "pm_card", NULL), OK);
    store.save = save_unseen;
    assert_int_equal(settlement_save(*state, &work), OK);
    assert_int_equal(work.payment->attempt_count, 1);
    assert_int_equal(settlement_save(*state, &work), OK);
}

static void
what_was_overtaken_is_not_kept_later(void **state)
{
    struct settlement work = begin(*state), other;

    other = begin_after(*state, &work);
    assert_int_equal(
        payment_begin_attempt(*state, work.payment, "pm_card", NULL), OK);
    assert_int_equal(settlement_save(*state, &work), ERR_UNAVAILABLE);
    assert_int_equal(kept(*state, &other)->attempt_count, 0);
    settlement_end(*state, &work);
    settlement_end(*state, &other);
}

static void
a_lease_that_ran_out_is_not_given_back_for_whoever_has_it(void **state)
{
    struct settlement work = begin(*state), other = begin_after(*state, &work);

    settlement_end(*state, &work);
    assert_string_equal(kept(*state, &other)->lease_owner,
                        other.payment->lease_owner);
    settlement_end(*state, &other);
    assert_null(kept(*state, &other)->lease_owner);
}

static bool
note(struct payment *payment, const void *text)
{
    struct review review = { REVIEW_DISPUTE, "du_1", text, 0, 0, 0, 0, 0 };

    return review_raise(payment, &review);
}

static void
nothing_new_is_begun_under_a_lease_that_ran_out(void **state)
{
    struct settlement work = begin(*state), other = begin_after(*state, &work);

    /* what holds whatever has happened is kept; now it is read anew */
    assert_int_equal(settlement_change(*state, &work, note, "a dispute"), OK);
    assert_int_equal(
        payment_begin_attempt(*state, work.payment, "pm_card", NULL), OK);
    assert_int_equal(settlement_save(*state, &work), ERR_UNAVAILABLE);
    settlement_end(*state, &work);
    assert_int_equal(kept(*state, &other)->attempt_count, 0);
    assert_non_null(kept(*state, &other)->lease_owner);
    settlement_end(*state, &other);
}

static void
nobody_gets_a_lease_that_is_held_for_a_while(void **state)
{
    struct settlement work = begin(*state), other = { .store = &store };

    settlement_hold(*state, &work);
    other.payment = kept(*state, &work);
    assert_null(other.payment->lease_owner);
    assert_int_equal(settlement_try(*state, &other), ERR_CONFLICT);
    ctx_forgive(*state);
    assert_in_range(other.payment->lease_until, clock_now(),
                    clock_now() + 2000);
    assert_int_equal(
        settlement_begin(*state, &other, other.payment->order_id, NULL), OK);
    assert_in_range(clock_now(), kept(*state, &work)->created_at + 2000,
                    INT64_MAX);
    settlement_end(*state, &other);
}

static void
who_asked_to_be_left_alone_is_not_asked_sooner(void **state)
{
    struct ctx *cx = *state;
    int64_t retry_at = clock_now() + 5 * 60 * 1000;
    struct settlement work = begin(cx);

    assert_int_equal(payment_begin_attempt(cx, work.payment, "pm_card", NULL),
                     OK);
    assert_int_equal(settlement_save(cx, &work), OK);
    cx->retry_at = retry_at;
    cx->retry_after = 300;
    ctx_forgive(cx);
    settlement_end(cx, &work);
    assert_true(kept(cx, &work)->due_at >= retry_at);
    cx->retry_at = 0;
}

static void
what_is_asked_of_others_ends_with_the_lease(void **state)
{
    struct ctx *cx = *state;
    int64_t before = cx->deadline;
    struct settlement work = begin(cx);

    assert_true(before > clock_monotonic() + 60 * 1000);
    assert_in_range(ctx_time_left(cx, 60 * 1000), 15 * 1000, 20 * 1000);
    settlement_end(cx, &work);
    assert_int_equal(cx->deadline, before);
}

static void
who_has_less_time_than_a_lease_gets_no_more(void **state)
{
    struct ctx *cx = *state;
    struct settlement work;

    cx->deadline = clock_monotonic() + 3000;
    work = begin(cx);
    assert_int_equal(settlement_save(cx, &work), OK);
    assert_in_range(ctx_time_left(cx, 60 * 1000), 0, 3000);
}

static void
whatever_is_kept_keeps_the_lease_for_longer(void **state)
{
    struct ctx *cx = *state;
    struct settlement work = begin(cx);

    work.payment->lease_until = clock_now() + 1000;
    cx->deadline = clock_monotonic() + 1000;
    assert_int_equal(settlement_change(cx, &work, note, "a dispute"), OK);
    assert_true(kept(cx, &work)->lease_until > clock_now() + 15 * 1000);
    assert_true(kept(cx, &work)->due_at > clock_now() + 15 * 1000);
    assert_in_range(ctx_time_left(cx, 60 * 1000), 15 * 1000, 20 * 1000);
}

static void
a_lease_that_others_have_is_not_kept_for_longer(void **state)
{
    struct ctx *cx = *state;
    struct settlement work = begin(cx), other = begin_after(cx, &work);
    int64_t until = other.payment->lease_until;

    clock_nap(5);
    assert_int_equal(settlement_change(cx, &work, note, "a dispute"), OK);
    assert_int_equal(kept(cx, &work)->lease_until, until);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_could_not_be_kept_is_not_kept_later),
        TEST(what_was_kept_after_all_counts),
        TEST(what_was_overtaken_is_not_kept_later),
        TEST(a_lease_that_ran_out_is_not_given_back_for_whoever_has_it),
        TEST(nothing_new_is_begun_under_a_lease_that_ran_out),
        TEST(nobody_gets_a_lease_that_is_held_for_a_while),
        TEST(who_asked_to_be_left_alone_is_not_asked_sooner),
        TEST(what_is_asked_of_others_ends_with_the_lease),
        TEST(who_has_less_time_than_a_lease_gets_no_more),
        TEST(whatever_is_kept_keeps_the_lease_for_longer),
        TEST(a_lease_that_others_have_is_not_kept_for_longer),
    };

    return cmocka_run_group_tests(tests, open_sqlite, close_sqlite);
}
