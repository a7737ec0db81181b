#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"

static void
a_new_id_is_a_uuid_of_version_7(void **state)
{
    struct ctx *cx = *state;
    const char *id = id_new(cx->arena);

    assert_true(id_is_valid(id));
    assert_int_equal(id[14], '7');
    assert_non_null(strchr("89ab", id[19]));
}

static void
it_begins_with_the_millisecond_it_was_made_in(void **state)
{
    struct ctx *cx = *state;
    int64_t before = clock_now();
    const char *id = id_new(cx->arena);
    int64_t after = clock_now(), made;
    char digits[13];

    memcpy(digits, id, 8);
    memcpy(digits + 8, id + 9, 4);
    digits[12] = '\0';
    made = strtoll(digits, NULL, 16);
    assert_true(made >= before && made <= after);
}

static void
it_tells_when_it_was_made(void **state)
{
    struct ctx *cx = *state;
    int64_t before = clock_now();
    int64_t made = id_time(id_new(cx->arena));

    assert_true(made >= before && made <= clock_now());
    assert_int_equal(id_time(id_at(cx->arena, 1800000000123)), 1800000000123);
    assert_int_equal(id_time("0189"), 0);
}

static void
ten_thousand_ids_are_all_different(void **state)
{
    enum { MANY = 10000 };
    struct ctx *cx = *state;
    const char **ids = arena_array(cx->arena, const char *, MANY);

    for (int i = 0; i < MANY; i++)
        ids[i] = id_new(cx->arena);
    for (int i = 0; i < MANY; i++) {
        for (int j = i + 1; j < MANY && strncmp(ids[i], ids[j], 13) == 0; j++)
            assert_string_not_equal(ids[i], ids[j]);
    }
}

static void
only_our_way_of_writing_an_id_is_valid(void **state)
{
    static const char *const bad[] = {
        "",
        "01890a5d-ac96-774b-bcce-b302099a805",
        "01890a5d-ac96-774b-bcce-b302099a80577",
        "01890A5D-AC96-774B-BCCE-B302099A8057",
        "01890a5dac96774bbcceb302099a80570000",
        "01890a5d-ac96-774b-bcce_b302099a8057",
        "01890a5d-ac96-774b-bcce-b302099a805g",
        "{1890a5d-ac96-774b-bcce-b302099a805}",
        "01890a5d-ac96-774b-bcce-b302099a80\xc3\xa9",
        "------------------------------------",
    };

    (void)state;
    assert_true(id_is_valid("01890a5d-ac96-774b-bcce-b302099a8057"));
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (id_is_valid(bad[i]))
            fail_msg("\"%s\" passes for an id", bad[i]);
    }
}

static void
a_time_is_written_as_rfc_3339_in_utc(void **state)
{
    char text[CLOCK_TEXT];

    (void)state;
    clock_rfc3339(0, text);
    assert_string_equal(text, "1970-01-01T00:00:00.000Z");
    clock_rfc3339(1709208000007, text); /* a 29th of February */
    assert_string_equal(text, "2024-02-29T12:00:00.007Z");
    clock_rfc3339(253402300799999, text);
    assert_string_equal(text, "9999-12-31T23:59:59.999Z");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_new_id_is_a_uuid_of_version_7),
        TEST(it_begins_with_the_millisecond_it_was_made_in),
        TEST(it_tells_when_it_was_made),
        TEST(ten_thousand_ids_are_all_different),
        TEST(only_our_way_of_writing_an_id_is_valid),
        TEST(a_time_is_written_as_rfc_3339_in_utc),
    };

    return cmocka_run_group_tests_name("id", tests, NULL, NULL);
}
