#include "unit.h"

#include <stdalign.h>
#include <string.h>

#include "base/arena.h"

static bool
is_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        if (bytes[i])
            return false;
    }
    return true;
}

static void
memory_is_zero_and_aligned_also_after_a_reset(void **state)
{
    static const size_t sizes[] = { 1, 3, 8, 100, 8191, 8192, 8193, 100000 };
    struct arena *arena = arena_create();

    (void)state;
    for (int round = 0; round < 3; round++) {
        for (size_t i = 0; i < COUNT(sizes); i++) {
            unsigned char *bytes = arena_alloc(arena, sizes[i]);

            assert_true(is_zero(bytes, sizes[i]));
            assert_int_equal((uintptr_t)bytes % alignof(max_align_t), 0);
            memset(bytes, 0xff, sizes[i]);
        }
        arena_reset(arena);
    }
    arena_free(arena);
}

static void
pieces_do_not_overlap(void **state)
{
    struct arena *arena = arena_create();
    unsigned char *pieces[300];

    (void)state;
    for (int i = 0; i < 300; i++)
        pieces[i] = memset(arena_alloc(arena, 97), i, 97);
    for (int i = 0; i < 300; i++) {
        for (int at = 0; at < 97; at++)
            assert_int_equal(pieces[i][at], (unsigned char)i);
    }
    arena_free(arena);
}

static void
a_piece_of_no_bytes_is_not_null(void **state)
{
    struct arena *arena = arena_create();

    (void)state;
    assert_non_null(arena_alloc(arena, 0));
    arena_free(arena);
}

static void
copies_end_with_a_nul_and_null_stays_null(void **state)
{
    struct ctx *cx = *state;
    char *copy = arena_strndup(cx->arena, "abcdef", 3);

    assert_string_equal(copy, "abc");
    assert_string_equal(arena_strdup(cx->arena, "x"), "x");
    assert_null(arena_strdup(cx->arena, NULL));
    assert_string_equal(arena_printf(cx->arena, "%s-%d", "a", 7), "a-7");
    assert_int_equal(strlen(arena_printf(cx->arena, "%9000d", 1)), 9000);
}

static char order[8];

static void
note(void *thing)
{
    order[strlen(order)] = *(char *)thing;
}

static void
what_is_deferred_runs_once_and_the_newest_first(void **state)
{
    struct arena *arena = arena_create();

    (void)state;
    memset(order, 0, sizeof order);
    arena_defer(arena, note, (char[]){ "a" });
    arena_defer(arena, note, (char[]){ "b" });
    arena_reset(arena);
    assert_string_equal(order, "ba");
    arena_defer(arena, note, (char[]){ "c" });
    arena_free(arena);
    assert_string_equal(order, "bac");
    arena_free(NULL);
}

static void
ask_for_too_much(void *arg)
{
    (void)arg;
    arena_product(SIZE_MAX / 2, 3);
}

static void
ask_for_everything(void *arg)
{
    (void)arg;
    arena_alloc(arena_create(), SIZE_MAX - 3);
}

static void
sizes_that_overflow_stop_the_process(void **state)
{
    (void)state;
    assert_int_equal(arena_product(3, 7), 21);
    expect_bug(ask_for_too_much, NULL, "an allocation of");
    expect_bug(ask_for_everything, NULL, "an allocation of");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(memory_is_zero_and_aligned_also_after_a_reset),
        TEST(pieces_do_not_overlap),
        TEST(a_piece_of_no_bytes_is_not_null),
        TEST(copies_end_with_a_nul_and_null_stays_null),
        TEST(what_is_deferred_runs_once_and_the_newest_first),
        TEST(sizes_that_overflow_stop_the_process),
    };

    return cmocka_run_group_tests_name("arena", tests, NULL, NULL);
}
