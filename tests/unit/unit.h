/*
 * What every unit test uses: a context of its own a test, and a way to see
 * that something ends the process, and with which words.
 */
#ifndef TILL_TESTS_UNIT_H
#define TILL_TESTS_UNIT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

/* fail() is ours (base/ctx.h) */
#undef fail
#undef fail_msg
#define fail_msg(...)                                                          \
    do {                                                                       \
        print_error(__VA_ARGS__);                                              \
        print_error("\n");                                                     \
        _fail(__FILE__, __LINE__);                                             \
    } while (0)

#include <signal.h>
#include <sys/wait.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/ctx.h"

#define COUNT(array) (sizeof(array) / sizeof *(array))

/* A test whose state is a fresh context. */
#define TEST(test) cmocka_unit_test_setup_teardown(test, unit_begin, unit_end)

static inline int
unit_begin(void **state)
{
    struct arena *arena = arena_create();
    struct ctx *cx = arena_new(arena, struct ctx);

    ctx_init(cx, arena, "unit-test");
    *state = cx;
    return 0;
}

static inline int
unit_end(void **state)
{
    arena_free(((struct ctx *)*state)->arena);
    return 0;
}

/* What a client would be told of the field at pointer; NULL: nothing. */
static inline const char *
detail_at(const struct ctx *cx, const char *pointer)
{
    for (const struct field_fault *fault = cx->field_faults; fault;
         fault = fault->next) {
        if (strcmp(fault->pointer, pointer) == 0)
            return fault->detail;
    }
    return NULL;
}

static inline int
faults_in(const struct ctx *cx)
{
    int count = 0;

    for (const struct field_fault *fault = cx->field_faults; fault;
         fault = fault->next)
        count++;
    return count;
}

#define assert_contains(text, part)                                            \
    do {                                                                       \
        const char *text_ = (text);                                            \
        if (!text_ || !strstr(text_, (part)))                                  \
            fail_msg("\"%s\" is not in \"%s\"", (part), text_ ? text_ : "");   \
    } while (0)

/* Runs act(arg) in a child; returns its wait status and what it said. */
static inline int
run_apart(void (*act)(void *), void *arg, char *said, size_t room)
{
    int status = 0, ends[2];
    size_t size = 0;
    ssize_t more;
    pid_t child;

    assert_int_equal(pipe(ends), 0);
    child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        dup2(ends[1], STDERR_FILENO);
        close(ends[0]);
        close(ends[1]);
        act(arg);
        _exit(0);
    }
    close(ends[1]);
    while ((more = read(ends[0], said + size, room - 1 - size)) > 0)
        size += (size_t)more;
    said[size] = '\0';
    close(ends[0]);
    assert_int_equal(waitpid(child, &status, 0), child);
    return status;
}

/* act(arg) must die() with these words in what it says. */
static inline void
expect_death(void (*act)(void *), void *arg, const char *words)
{
    char said[2048];
    int status = run_apart(act, arg, said, sizeof said);

    assert_contains(said, words);
    assert_true(WIFEXITED(status));
    assert_int_equal(WEXITSTATUS(status), EX_CONFIG);
}

/* act(arg) must end as a bug(), by SIGABRT. */
static inline void
expect_bug(void (*act)(void *), void *arg, const char *words)
{
    char said[2048];
    int status = run_apart(act, arg, said, sizeof said);

    assert_contains(said, words);
    assert_true(WIFSIGNALED(status));
    assert_int_equal(WTERMSIG(status), SIGABRT);
}

#endif
