#include "base/trace.h"

#include <string.h>

#include "unit.h"

#define TRACE "4bf92f3577b34da6a3ce929d0e0e4736"
#define PARENT_SPAN "00f067aa0ba902b7"

static void
a_trace_is_read_and_goes_on_with_a_span_of_our_own(void **state)
{
    struct ctx *cx = *state;
    const struct trace *trace = trace_read(
        cx->arena, "00-" TRACE "-" PARENT_SPAN "-01", "shop=1,other=2");
    const char *sent;

    assert_non_null(trace);
    assert_string_equal(trace->id, TRACE);
    assert_string_equal(trace->parent, PARENT_SPAN);
    assert_string_equal(trace->state, "shop=1,other=2");
    assert_int_equal(strlen(trace->span), 16);
    assert_string_not_equal(trace->span, PARENT_SPAN);
    sent = trace_parent(cx->arena, trace);
    assert_string_equal(
        sent, arena_printf(cx->arena, "00-" TRACE "-%s-01", trace->span));
    /* and who is called can read it */
    assert_string_equal(trace_read(cx->arena, sent, NULL)->parent, trace->span);
}

static void
a_later_version_is_read_as_ours_and_flags_that_we_do_not_know_end(void **state)
{
    struct ctx *cx = *state;
    const struct trace *trace = trace_read(
        cx->arena, "cc-" TRACE "-" PARENT_SPAN "-ff-what-else", NULL);

    assert_non_null(trace);
    assert_string_equal(trace->flags, "03");
    assert_null(trace->state);
}

static void
what_is_no_traceparent_is_as_none(void **state)
{
    static const char *const bad[] = {
        "",
        "00",
        "00-" TRACE "-" PARENT_SPAN,
        "00-" TRACE "-" PARENT_SPAN "-0",
        "00-" TRACE "-" PARENT_SPAN "-01-",
        "00-" TRACE "-" PARENT_SPAN "-01-more",
        "01-" TRACE "-" PARENT_SPAN "-01more",
        "ff-" TRACE "-" PARENT_SPAN "-01",
        "0g-" TRACE "-" PARENT_SPAN "-01",
        "00_" TRACE "-" PARENT_SPAN "-01",
        "00-" TRACE "_" PARENT_SPAN "-01",
        "00-" TRACE "-" PARENT_SPAN "_01",
        "00-4BF92F3577B34DA6A3CE929D0E0E4736-" PARENT_SPAN "-01",
        "00-00000000000000000000000000000000-" PARENT_SPAN "-01",
        "00-" TRACE "-0000000000000000-01",
        "00-" TRACE "-" PARENT_SPAN "-0x",
    };
    struct ctx *cx = *state;

    assert_null(trace_read(cx->arena, NULL, NULL));
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (trace_read(cx->arena, bad[i], NULL))
            fail_msg("\"%s\" was read", bad[i]);
    }
}

static void
a_tracestate_that_no_header_could_carry_is_left_out(void **state)
{
    static const char parent[] = "00-" TRACE "-" PARENT_SPAN "-01";
    struct ctx *cx = *state;
    char state_text[514];

    memset(state_text, 'x', sizeof state_text - 1);
    state_text[513] = '\0';
    assert_null(trace_read(cx->arena, parent, state_text)->state);
    state_text[512] = '\0';
    assert_non_null(trace_read(cx->arena, parent, state_text)->state);
    assert_null(trace_read(cx->arena, parent, "a=1\r\nb: 2")->state);
    assert_null(trace_read(cx->arena, parent, "")->state);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_trace_is_read_and_goes_on_with_a_span_of_our_own),
        TEST(a_later_version_is_read_as_ours_and_flags_that_we_do_not_know_end),
        TEST(what_is_no_traceparent_is_as_none),
        TEST(a_tracestate_that_no_header_could_carry_is_left_out),
    };

    return cmocka_run_group_tests_name("trace", tests, NULL, NULL);
}
