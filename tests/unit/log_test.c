#include "base/log.h"

#include <fcntl.h>
#include <unistd.h>

#include "unit.h"

static int saved, pipes[2];

/* Standard error is a pipe that we read, which never makes us wait. */
static int
begin(void **state)
{
    unit_begin(state);
    if (pipe2(pipes, O_NONBLOCK))
        fail_msg("there is no pipe");
    saved = dup(STDERR_FILENO);
    dup2(pipes[1], STDERR_FILENO);
    return 0;
}

static int
end(void **state)
{
    log_flush();
    dup2(saved, STDERR_FILENO);
    close(saved);
    close(pipes[0]);
    close(pipes[1]);
    return unit_end(state);
}

/* Everything that has been written since, as so many whole lines. */
static int
lines_written(void)
{
    static char bytes[1 << 16];
    ssize_t size = read(pipes[0], bytes, sizeof bytes);
    int lines = 0;

    for (ssize_t i = 0; i < size; i++)
        lines += bytes[i] == '\n';
    if (size > 0) {
        assert_int_equal(bytes[0], '{');
        assert_int_equal(bytes[size - 1], '\n');
    }
    return lines;
}

static void
lines_leave_at_once_until_they_are_held(void **state)
{
    log_event(*state, "info", "first");
    assert_int_equal(lines_written(), 1);
    log_hold();
    log_event(*state, "info", "second");
    log_event(*state, "error", "third");
    assert_int_equal(lines_written(), 0);
    log_flush();
    assert_int_equal(lines_written(), 2);
    log_flush();
    assert_int_equal(lines_written(), 0);
}

static void
many_held_lines_are_written_whole_and_none_is_lost(void **state)
{
    enum { MANY = 200 };
    int written = 0;

    log_hold();
    for (int i = 0; i < MANY; i++) {
        log_event(*state, "info", "one of many");
        written += lines_written();
    }
    assert_true(written > 0 && written < MANY);
    log_flush();
    assert_int_equal(written + lines_written(), MANY);
}

static void
a_line_that_is_longer_than_what_is_held_comes_in_its_place(void **state)
{
    struct ctx *cx = *state;
    static char text[8000];

    memset(text, 'x', sizeof text - 1);
    log_hold();
    log_event(cx, "info", "short");
    cx->cause = text;
    log_event(cx, "error", "long");
    assert_int_equal(lines_written(), 2);
}

#define LOG_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        LOG_TEST(lines_leave_at_once_until_they_are_held),
        LOG_TEST(many_held_lines_are_written_whole_and_none_is_lost),
        LOG_TEST(a_line_that_is_longer_than_what_is_held_comes_in_its_place),
    };

    return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
