#include "unit.h"

#include "base/clock.h"

static void
the_first_text_stays(void **state)
{
    struct ctx *cx = *state;

    assert_int_equal(fail(cx, ERR_CONFLICT, "first %d", 1), ERR_CONFLICT);
    assert_int_equal(fail(cx, ERR_NOT_FOUND, "second"), ERR_NOT_FOUND);
    assert_string_equal(cx->fault, "first 1");
    assert_null(cx->cause);
}

static void
what_only_the_log_may_know_is_kept_apart(void **state)
{
    struct ctx *cx = *state;

    assert_int_equal(fail(cx, ERR_UNAVAILABLE, "the disk's name"),
                     ERR_UNAVAILABLE);
    assert_null(cx->fault);
    assert_string_equal(cx->cause, "the disk's name");
}

static void
all_wrong_fields_are_kept_in_their_order(void **state)
{
    struct ctx *cx = *state;

    assert_int_equal(fail_field(cx, "/a", "is %s", "bad"), ERR_INVALID);
    assert_int_equal(fail_field(cx, "/b", "is worse"), ERR_INVALID);
    assert_int_equal(faults_in(cx), 2);
    assert_string_equal(cx->field_faults->pointer, "/a");
    assert_string_equal(cx->field_faults->detail, "is bad");
    assert_string_equal(cx->field_faults->next->pointer, "/b");
    assert_contains(cx->fault, "/a");
}

static void
thousands_of_wrong_fields_cost_no_more_than_a_few(void **state)
{
    struct ctx *cx = *state;

    for (int i = 0; i < 5000; i++)
        assert_int_equal(fail_field(cx, "/x", "is not known here"),
                         ERR_INVALID);
    assert_in_range(faults_in(cx), 10, 100);
}

static void
what_was_forgiven_is_forgotten(void **state)
{
    struct ctx *cx = *state;

    fail(cx, ERR_CONFLICT, "a");
    fail(cx, ERR_UNAVAILABLE, "b");
    fail_field(cx, "/a", "c");
    cx->retry_after = 9;
    ctx_forgive(cx);
    assert_null(cx->fault);
    assert_null(cx->cause);
    assert_null(cx->field_faults);
    assert_int_equal(cx->retry_after, 0);
}

static void
time_left_is_never_negative_and_never_over_the_limit(void **state)
{
    struct ctx *cx = *state;

    assert_int_equal(ctx_time_left(cx, 500), 500);
    cx->deadline = clock_monotonic() - 1;
    assert_int_equal(ctx_time_left(cx, 500), 0);
    cx->deadline = clock_monotonic() + 100;
    assert_in_range(ctx_time_left(cx, 500), 1, 100);
}

static void
only_what_is_slow_costs_patience(void **state)
{
    struct ctx *cx = *state;

    cx->patience = 900;
    for (int i = 0; i < 100; i++)
        ctx_waited(cx, 100);
    assert_int_equal(cx->patience, 900);
    ctx_waited(cx, 600);
    assert_int_equal(cx->patience, 400);
    ctx_waited(cx, 600);
    assert_true(cx->patience <= 0);
}

static void
a_service_is_nobodys_user(void **state)
{
    struct ctx *cx = *state;

    cx->caller = (struct caller){ CUSTOMER, "payment" };
    assert_true(caller_is(cx, "payment"));
    assert_false(caller_is(cx, "other"));
    assert_true(caller_has(cx, CUSTOMER | ADMIN));
    assert_false(caller_has(cx, ADMIN | SERVICE));
    cx->caller.role = SERVICE;
    assert_false(caller_is(cx, "payment"));
    cx->caller = (struct caller){ ANYONE, "" };
    assert_false(caller_is(cx, ""));
    assert_false(caller_has(cx, CUSTOMER | ADMIN | SERVICE));
}

static void
every_error_has_a_status_a_type_and_a_title(void **state)
{
    (void)state;
    for (enum err err = ERR_MALFORMED; err <= ERR_UNKNOWN_OUTCOME; err++) {
        assert_in_range(err_status(err), 400, 599);
        assert_true(*err_type(err) && *err_title(err));
    }
    assert_int_equal(err_status(ERR_UNKNOWN_OUTCOME), 503);
    assert_int_equal(err_status(ERR_INVALID), 422);
    assert_string_equal(err_type(ERR_NOT_FOUND), "not-found");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_text_stays),
        TEST(what_only_the_log_may_know_is_kept_apart),
        TEST(all_wrong_fields_are_kept_in_their_order),
        TEST(thousands_of_wrong_fields_cost_no_more_than_a_few),
        TEST(what_was_forgiven_is_forgotten),
        TEST(time_left_is_never_negative_and_never_over_the_limit),
        TEST(only_what_is_slow_costs_patience),
        TEST(a_service_is_nobodys_user),
        TEST(every_error_has_a_status_a_type_and_a_title),
    };

    return cmocka_run_group_tests_name("ctx", tests, NULL, NULL);
}
