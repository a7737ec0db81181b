#include "io/metric.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/text.h"
#include "io/metric_page.h"
#include "io/metric_text.h"
#include "unit.h"

static char folder[64];

static int
begin(void **state)
{
    snprintf(folder, sizeof folder, "/tmp/till-metric-XXXXXX");
    assert_non_null(mkdtemp(folder));
    setenv("METRICS_FOLDER", folder, 1);
    config_load();
    return unit_begin(state);
}

static int
end(void **state)
{
    struct ctx *cx = *state;
    const char *names[] = { "shop-pay", "shop-show", "shop-worker" };

    for (size_t i = 0; i < COUNT(names); i++)
        unlink(metric_path(cx->arena, names[i]));
    assert_int_equal(rmdir(folder), 0);
    return unit_end(state);
}

/* A program of its own, which ends without a word: killed. */
static void
in_a_process(void (*act)(void *), void *arg)
{
    char said[100];
    int status = run_apart(act, arg, said, sizeof said);

    assert_string_equal(said, "");
    assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static const char *
all_text(struct ctx *cx)
{
    struct text *text = arena_new(cx->arena, struct text);

    text_init(text, cx->arena, MIB);
    assert_int_equal(metric_text(cx, text), OK);
    assert_false(text->has_overflowed);
    return text->bytes;
}

enum { REQUESTS = 20000 };

static void
count_requests(void *arg)
{
    (void)arg;
    metric_open("shop-show", "GET", "/api/shop/{id}");
    for (int i = 0; i < REQUESTS; i++)
        metric_request(i % 4 ? 200 : 404, 700);
}

static void
count_in_two(void *arg)
{
    pid_t child = fork();

    assert_true(child >= 0);
    count_requests(arg);
    if (child == 0)
        _exit(0);
    assert_int_equal(waitpid(child, NULL, 0), child);
}

static void
what_processes_count_at_once_and_one_after_the_other_comes_together(
    void **state)
{
    const char *text;

    in_a_process(count_in_two, NULL);
    in_a_process(count_requests, NULL);
    text = all_text(*state);
    assert_contains(text, "till_requests_total{program=\"shop-show\","
                          "method=\"GET\",route=\"/api/shop/{id}\","
                          "status=\"2xx\"} 45000\n");
    assert_contains(text, "status=\"4xx\"} 15000\n");
    assert_contains(text, "status=\"5xx\"} 0\n");
    assert_contains(text, "till_request_duration_seconds_sum{"
                          "program=\"shop-show\",method=\"GET\","
                          "route=\"/api/shop/{id}\"} 42.000000\n");
}

static void
count_times(void *arg)
{
    (void)arg;
    metric_open("shop-pay", "POST", "/api/pay");
    metric_request(200, 500);
    metric_request(200, 501);
    metric_request(503, 30 * 1000 * 1000);
}

static void
a_time_is_in_every_bucket_that_it_fits_in(void **state)
{
    static const char *const lines[] = {
        "le=\"0.0005\"} 1\n",
        "le=\"0.001\"} 2\n",
        "le=\"10\"} 2\n",
        "le=\"+Inf\"} 3\n",
        "till_request_duration_seconds_sum{program=\"shop-pay\","
        "method=\"POST\",route=\"/api/pay\"} 30.001001\n",
        "till_request_duration_seconds_count{program=\"shop-pay\","
        "method=\"POST\",route=\"/api/pay\"} 3\n",
    };
    const char *text;

    in_a_process(count_times, NULL);
    text = all_text(*state);
    for (size_t i = 0; i < COUNT(lines); i++)
        assert_contains(text, lines[i]);
}

static void
call_others(void *arg)
{
    (void)arg;
    metric_open("shop-pay", "POST", "/api/pay");
    metric_call(METRIC_STRIPE, metric_outcome_of(200), 300 * 1000);
    metric_call(METRIC_STRIPE, metric_outcome_of(402), 1);
    metric_call(METRIC_STRIPE, metric_outcome_of(429), 1);
    metric_call(METRIC_STRIPE, metric_outcome_of(500), 1);
    metric_call(METRIC_STRIPE, METRIC_UNANSWERED, 1);
}

static void
calls_are_counted_by_what_became_of_them_and_only_of_whom_was_called(
    void **state)
{
    static const char *const outcomes[] = { "ok", "refused", "throttled",
                                            "failed", "unanswered" };
    struct ctx *cx = *state;
    const char *text;

    in_a_process(call_others, NULL);
    text = all_text(cx);
    for (size_t i = 0; i < COUNT(outcomes); i++)
        assert_contains(text, arena_printf(cx->arena,
                                           "to=\"stripe\",outcome=\"%s\"} 1\n",
                                           outcomes[i]));
    assert_contains(text, "to=\"stripe\",outcome=\"unreachable\"} 0\n");
    assert_contains(text, "till_call_duration_seconds_count{"
                          "program=\"shop-pay\",to=\"stripe\"} 5\n");
    assert_null(strstr(text, "to=\"gmail\""));
}

static void
measure(void *arg)
{
    static const struct metric_gauge waiting = { .family = "till_things",
                                                 .help = "Things.",
                                                 .label = "state" };
    static const struct metric_gauge since = { .family = "till_since_seconds",
                                               .help = "Since.",
                                               .is_time = true };
    struct metric_sheet sheet = { .count = 0 };
    const int64_t *moment = arg;

    metric_open("shop-worker", "", "");
    metric_turn(METRIC_DONE);
    metric_turn(METRIC_IDLE);
    metric_turn(METRIC_IDLE);
    metric_add(&sheet, &waiting, "New", 7);
    metric_add(&sheet, &waiting, "Old", 0);
    metric_add(&sheet, &since, NULL, *moment);
    metric_measured(&sheet);
}

static void
a_worker_tells_its_turns_and_what_waits_and_no_time_where_nothing_does(
    void **state)
{
    int64_t moment = 1767225600123, none = 0;
    const char *text;

    in_a_process(measure, &moment);
    text = all_text(*state);
    assert_contains(text, "till_worker_turns_total{program=\"shop-worker\","
                          "result=\"idle\"} 2\n");
    assert_contains(text, "# HELP till_things Things.\n"
                          "# TYPE till_things gauge\n"
                          "till_things{state=\"New\"} 7\n"
                          "till_things{state=\"Old\"} 0\n"
                          "# HELP till_since_seconds Since.\n"
                          "# TYPE till_since_seconds gauge\n"
                          "till_since_seconds 1767225600.123\n");
    in_a_process(measure, &none);
    text = all_text(*state);
    assert_contains(text, "result=\"idle\"} 4\n");
    assert_contains(text, "till_things{state=\"New\"} 7\n");
    assert_null(strstr(text, "\ntill_since_seconds "));
}

static void
count_while_the_file_goes(void *arg)
{
    struct ctx *cx = arg;

    metric_open("shop-show", "GET", "/");
    metric_request(200, 1);
    if (truncate(metric_path(cx->arena, "shop-show"), 0))
        _exit(1);
    metric_request(200, 1);
    metric_call(METRIC_STRIPE, METRIC_OK, 1);
    metric_turn(METRIC_DONE);
}

static void
who_counts_when_the_file_is_cut_off_goes_on(void **state)
{
    in_a_process(count_while_the_file_goes, *state);
    assert_null(strstr(all_text(*state), "shop-show"));
}

static void
without_a_folder_nobody_counts_and_nobody_minds(void **state)
{
    struct ctx *cx = *state;
    struct text text;

    setenv("METRICS_FOLDER", "/nowhere/at/all", 1);
    config_load();
    in_a_process(count_requests, NULL);
    text_init(&text, cx->arena, MIB);
    assert_int_equal(metric_text(cx, &text), ERR_UNAVAILABLE);
    assert_contains(cx->cause, "METRICS_FOLDER");
    setenv("METRICS_FOLDER", folder, 1);
    config_load();
}

static void
a_page_of_another_layout_is_not_read(void **state)
{
    char other[128];
    FILE *file;

    snprintf(other, sizeof other, "%s/shop-show.%d.metrics", folder,
             METRIC_LAYOUT + 1);
    in_a_process(count_times, NULL);
    assert_non_null(file = fopen(other, "w"));
    fputs("shop-other", file);
    fclose(file);
    assert_null(strstr(all_text(*state), "shop-other"));
    unlink(other);
}

#define METRIC_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        METRIC_TEST(
            what_processes_count_at_once_and_one_after_the_other_comes_together),
        METRIC_TEST(a_time_is_in_every_bucket_that_it_fits_in),
        METRIC_TEST(
            calls_are_counted_by_what_became_of_them_and_only_of_whom_was_called),
        METRIC_TEST(
            a_worker_tells_its_turns_and_what_waits_and_no_time_where_nothing_does),
        METRIC_TEST(who_counts_when_the_file_is_cut_off_goes_on),
        METRIC_TEST(without_a_folder_nobody_counts_and_nobody_minds),
        METRIC_TEST(a_page_of_another_layout_is_not_read),
    };

    return cmocka_run_group_tests_name("metric", tests, NULL, NULL);
}
