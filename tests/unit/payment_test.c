/* The states of a payment, without a store and without Stripe. */
#include "unit.h"

#include "payment/review.h"

static struct payment *
payment_with_attempts(struct ctx *cx, int count)
{
    struct payment *payment = payment_new(
        cx, "01900000-0000-7000-8000-000000000001",
        "01900000-0000-7000-8000-000000000002", money_of(100000, "usd"));

    for (int i = 0; i < count; i++)
        assert_int_equal(
            payment_begin_attempt(cx, payment, "pm_card_visa", NULL), OK);
    return payment;
}

static bool
learn(struct payment *payment, int64_t attempt, enum payment_state state)
{
    struct intent_news news = { .attempt_number = attempt, .state = state };

    return payment_learn(payment, &news);
}

static void
its_id_and_keys_come_from_the_order_alone(void **state)
{
    struct payment *one = payment_with_attempts(*state, 2);
    struct payment *again = payment_with_attempts(*state, 2);

    assert_string_equal(one->id, again->id);
    assert_string_equal(payment_create_key(*state, one),
                        payment_create_key(*state, again));
    assert_string_equal(one->attempts[1].key, again->attempts[1].key);
    assert_string_not_equal(one->attempts[0].key, one->attempts[1].key);
}

static void
a_replaced_intent_is_made_with_a_key_of_its_own(void **state)
{
    struct payment *payment = payment_with_attempts(*state, 0);
    const char *first = payment_create_key(*state, payment);

    payment->intent_number++;
    assert_string_not_equal(payment_create_key(*state, payment), first);
}

static void
a_new_attempt_is_doubtful_until_its_outcome_is_known(void **state)
{
    struct payment *payment = payment_with_attempts(*state, 1);

    assert_true(payment_is_doubtful(payment));
    assert_true(learn(payment, 1, PAYMENT_UNKNOWN));
    assert_true(payment_is_doubtful(payment));
    assert_true(learn(payment, 1, PAYMENT_FAILED));
    assert_false(payment_is_doubtful(payment));
}

static void
success_brings_its_effects_in_the_same_change(void **state)
{
    struct payment *payment = payment_with_attempts(*state, 1);

    assert_true(learn(payment, 1, PAYMENT_SUCCEEDED));
    assert_int_equal(payment->state, PAYMENT_SUCCEEDED);
    assert_int_equal(payment->effects[EFFECT_MARK_PAID], EFFECT_PENDING);
    assert_int_equal(payment->effects[EFFECT_NOTIFY], EFFECT_PENDING);
}

static void
the_same_news_twice_change_nothing(void **state)
{
    struct payment *payment = payment_with_attempts(*state, 1);

    assert_true(learn(payment, 1, PAYMENT_SUCCEEDED));
    payment->effects[EFFECT_MARK_PAID] = EFFECT_DONE;
    assert_false(learn(payment, 1, PAYMENT_SUCCEEDED));
    assert_false(learn(payment, 0, PAYMENT_SUCCEEDED));
    assert_int_equal(payment->effects[EFFECT_MARK_PAID], EFFECT_DONE);
}

/* Every pair of news in either order ends in the state of higher rank. */
static void
states_only_move_forward(void **state)
{
    static const enum payment_state by_rank[] = {
        PAYMENT_UNKNOWN, PAYMENT_REQUIRES_ACTION, PAYMENT_PROCESSING,
        PAYMENT_FAILED,  PAYMENT_CANCELED,        PAYMENT_SUCCEEDED,
    };

    for (size_t i = 0; i < COUNT(by_rank); i++) {
        for (size_t j = 0; j < COUNT(by_rank); j++) {
            struct payment *payment = payment_with_attempts(*state, 1);

            learn(payment, 1, by_rank[i]);
            learn(payment, 1, by_rank[j]);
            assert_int_equal(payment->state, by_rank[i > j ? i : j]);
            assert_int_equal(payment->attempts[0].state,
                             by_rank[i > j ? i : j]);
        }
    }
}

static void
late_news_of_an_older_attempt_do_not_touch_the_newer(void **state)
{
    struct payment *payment = payment_with_attempts(*state, 2);

    assert_false(learn(payment, 1, PAYMENT_FAILED));
    assert_int_equal(payment->state, PAYMENT_SUBMITTED);
    assert_int_equal(payment->attempts[1].state, PAYMENT_SUBMITTED);
}

/* It confirms the same intent, with an attempt that we don't number. */
static void
after_a_failure_the_browser_may_go_on(void **state)
{
    static const enum payment_state ends[] = { PAYMENT_FAILED,
                                               PAYMENT_REJECTED };

    for (size_t i = 0; i < COUNT(ends); i++) {
        struct payment *payment = payment_with_attempts(*state, 1);

        learn(payment, 1, ends[i]);
        assert_true(learn(payment, 0, PAYMENT_PROCESSING));
        assert_int_equal(payment->state, PAYMENT_PROCESSING);
        assert_int_equal(payment->attempts[0].state, ends[i]);
        assert_int_not_equal(payment_due(payment, payment->created_at), 0);
        assert_true(learn(payment, 0, PAYMENT_FAILED));
        assert_true(learn(payment, 0, PAYMENT_REQUIRES_ACTION));
        assert_int_equal(payment->state, PAYMENT_REQUIRES_ACTION);
    }
}

static void
but_a_late_success_counts_whichever_attempt_it_is_of(void **state)
{
    struct payment *payment = payment_with_attempts(*state, 2);

    learn(payment, 2, PAYMENT_FAILED);
    assert_true(learn(payment, 1, PAYMENT_SUCCEEDED));
    assert_int_equal(payment->state, PAYMENT_SUCCEEDED);
    assert_int_equal(payment->effects[EFFECT_MARK_PAID], EFFECT_PENDING);
}

static void
a_success_that_is_not_as_it_should_be_pays_nothing(void **state)
{
    struct payment *payment = payment_with_attempts(*state, 1);
    struct review review = { .kind = REVIEW_MISMATCH,
                             .subject = "pi_1",
                             .text = "another amount" };
    struct intent_news news = { .attempt_number = 1,
                                .state = PAYMENT_SUCCEEDED,
                                .review = &review };

    payment->intent_id = "pi_1";
    assert_true(payment_learn(payment, &news));
    assert_true(review_is_open(payment));
    assert_true(review_stops(payment));
    assert_false(payment_learn(payment, &news));
    assert_int_not_equal(payment->state, PAYMENT_SUCCEEDED);
    assert_int_equal(payment->effects[EFFECT_MARK_PAID], EFFECT_NONE);
}

static void
a_review_that_was_closed_is_raised_again_by_other_news_alone(void **state)
{
    struct payment *payment = payment_with_attempts(*state, 1);
    struct review review = { .kind = REVIEW_STRAY,
                             .subject = "pi_2",
                             .text = "it has succeeded" };

    assert_true(review_raise(payment, &review));
    assert_true(review_stops(payment));
    assert_true(review_close_all(payment, "ann", "given back"));
    assert_false(review_close_all(payment, "ann", "given back"));
    assert_false(review_stops(payment));
    assert_false(review_raise(payment, &review));
    assert_string_equal(payment->reviews[0].note, "given back");
    review.text = "it has succeeded again";
    assert_true(review_raise(payment, &review));
    assert_int_equal(payment->review_count, 1);
    assert_true(review_is_open(payment));
    assert_null(payment->reviews[0].note);
}

/* That intent has taken money: it can't be charged again. */
static void
a_wrong_success_stops_its_payment_also_when_it_was_looked_into(void **state)
{
    struct payment *payment = payment_with_attempts(*state, 1);
    struct review review = { .kind = REVIEW_MISMATCH,
                             .subject = "pi_1",
                             .text = "another amount" };

    payment->intent_id = "pi_1";
    assert_true(review_raise(payment, &review));
    assert_true(review_close_all(payment, "ann", "given back"));
    assert_false(review_is_open(payment));
    assert_true(review_stops(payment));
    assert_int_equal(payment_due(payment, payment->created_at), 0);
}

/* Stripe may know better by then; but nobody waits for it in the browser. */
static void
what_a_person_is_to_look_into_is_looked_at_every_half_hour(void **state)
{
    struct payment *payment = payment_with_attempts(*state, 1);
    struct review review = { .kind = REVIEW_MISMATCH,
                             .subject = "pi_1",
                             .text = "Stripe doesn't know it" };
    int64_t now = payment->created_at, day = 24 * 3600 * 1000;

    payment->intent_id = "pi_1";
    payment->state = PAYMENT_UNKNOWN;
    assert_true(review_raise(payment, &review));
    assert_in_range(payment_due(payment, now) - now, 60 * 1000, 61 * 1000);
    now += day;
    assert_int_equal(payment_due(payment, now) - now, 30 * 60 * 1000);
}

static void
a_dispute_stops_nothing(void **state)
{
    struct payment *payment = payment_with_attempts(*state, 1);
    struct review review = { .kind = REVIEW_DISPUTE,
                             .subject = "du_1",
                             .text = "it needs a response" };

    assert_true(review_raise(payment, &review));
    assert_false(review_stops(payment));
    assert_int_not_equal(payment_due(payment, payment->created_at), 0);
}

static void
a_doubt_is_looked_at_every_half_minute_at_least_a_bank_has_time(void **state)
{
    struct payment *payment = payment_with_attempts(*state, 1);
    int64_t now = payment->attempts[0].submitted_at + 24 * 3600 * 1000;

    assert_int_equal(payment->state, PAYMENT_SUBMITTED);
    assert_int_equal(payment_due(payment, now), now + 30 * 1000);
    payment->state = PAYMENT_PROCESSING;
    assert_int_equal(payment_due(payment, now), now + 30 * 60 * 1000);
}

static void
attempts_have_an_end(void **state)
{
    struct payment *payment = payment_with_attempts(*state, ATTEMPTS_MAX);

    assert_int_equal(
        payment_begin_attempt(*state, payment, "pm_card_visa", NULL),
        ERR_CONFLICT);
    assert_int_equal(payment->attempt_count, ATTEMPTS_MAX);
}

static void
each_state_is_found_again_by_its_name(void **state)
{
    (void)state;
    for (int i = PAYMENT_CREATED; i <= PAYMENT_SUCCEEDED; i++) {
        enum payment_state found;
        const char *name = payment_state_name((enum payment_state)i);

        assert_true(payment_state_named(name, &found));
        assert_int_equal(found, i);
    }
    assert_false(payment_state_named("Paid", &(enum payment_state){ 0 }));
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(its_id_and_keys_come_from_the_order_alone),
        TEST(a_replaced_intent_is_made_with_a_key_of_its_own),
        TEST(a_new_attempt_is_doubtful_until_its_outcome_is_known),
        TEST(success_brings_its_effects_in_the_same_change),
        TEST(the_same_news_twice_change_nothing),
        TEST(states_only_move_forward),
        TEST(late_news_of_an_older_attempt_do_not_touch_the_newer),
        TEST(after_a_failure_the_browser_may_go_on),
        TEST(but_a_late_success_counts_whichever_attempt_it_is_of),
        TEST(a_success_that_is_not_as_it_should_be_pays_nothing),
        TEST(a_review_that_was_closed_is_raised_again_by_other_news_alone),
        TEST(a_wrong_success_stops_its_payment_also_when_it_was_looked_into),
        TEST(what_a_person_is_to_look_into_is_looked_at_every_half_hour),
        TEST(a_dispute_stops_nothing),
        TEST(a_doubt_is_looked_at_every_half_minute_at_least_a_bank_has_time),
        TEST(attempts_have_an_end),
        TEST(each_state_is_found_again_by_its_name),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
