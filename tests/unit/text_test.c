#include "unit.h"

#include <string.h>

#include "base/text.h"

static void
a_text_grows_up_to_its_maximum_and_no_further(void **state)
{
    struct ctx *cx = *state;
    struct text text;

    text_init(&text, cx->arena, 2000);
    for (int i = 0; i < 2000; i++)
        text_add_char(&text, 'x');
    assert_int_equal(text.size, 2000);
    assert_int_equal(strlen(text.bytes), 2000);
    assert_false(text.has_overflowed);
    text_add_char(&text, 'y');
    assert_true(text.has_overflowed);
    assert_int_equal(text.size, 2000);
}

static void
what_does_not_fit_is_left_out_whole_and_so_is_all_that_follows(void **state)
{
    struct ctx *cx = *state;
    struct text text;

    text_init(&text, cx->arena, 5);
    text_add(&text, "abcd");
    text_add(&text, "ef");
    text_add(&text, "g");
    assert_string_equal(text.bytes, "abcd");
    assert_true(text.has_overflowed);
}

static void
an_empty_text_is_terminated(void **state)
{
    struct ctx *cx = *state;
    struct text text;

    text_init(&text, cx->arena, 0);
    assert_string_equal(text.bytes, "");
    text_add(&text, "");
    assert_false(text.has_overflowed);
}

static void
numbers_are_written_to_both_ends_of_their_range(void **state)
{
    struct ctx *cx = *state;
    struct text text;

    text_init(&text, cx->arena, 100);
    text_add_int(&text, INT64_MIN);
    text_add_char(&text, ' ');
    text_add_int(&text, INT64_MAX);
    text_add_char(&text, ' ');
    text_add_int(&text, 0);
    text_printf(&text, " %d", -1);
    assert_string_equal(text.bytes,
                        "-9223372036854775808 9223372036854775807 0 -1");
}

static void
json_strings_are_escaped(void **state)
{
    struct ctx *cx = *state;
    struct text text;

    text_init(&text, cx->arena, 100);
    text_add_escaped(&text, "a\"b\\c\nd\te\x01\x1f\x7f/é");
    assert_string_equal(text.bytes,
                        "a\\\"b\\\\c\\nd\\u0009e\\u0001\\u001F\x7f/é");
}

static void
only_unreserved_characters_pass_percent_encoding(void **state)
{
    struct ctx *cx = *state;
    struct text text;

    text_init(&text, cx->arena, 100);
    text_add_percent(&text, "aZ09-._~ /?&=+%é");
    assert_string_equal(text.bytes, "aZ09-._~%20%2F%3F%26%3D%2B%25%C3%A9");
}

static void
utf8_is_told_from_what_only_looks_like_it(void **state)
{
    static const char *const good[] = {
        "",
        "plain",
        "é",
        "€",
        "\xf0\x9f\x98\x80",
        "\xed\x9f\xbf",
        "\xee\x80\x80",
        "\xf4\x8f\xbf\xbf",
        "\xc2\x80",
        "\xe0\xa0\x80",
        "\xf0\x90\x80\x80",
    };
    static const char *const bad[] = {
        "\x80",
        "\xbf",
        "\xc0\x80",
        "\xc1\xbf",
        "\xc2",
        "\xc2z",
        "\xe0\x9f\xbf",
        "\xe0\xa0",
        "\xe1\x80z",
        "\xed\xa0\x80",
        "\xed\xbf\xbf",
        "\xf0\x8f\xbf\xbf",
        "\xf0\x90\x80",
        "\xf4\x90\x80\x80",
        "\xf5\x80\x80\x80",
        "\xff",
        "\xfe",
        "ok\xc3",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(text_is_utf8(good[i], strlen(good[i])));
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (text_is_utf8(bad[i], strlen(bad[i])))
            fail_msg("bad[%zu] passes for UTF-8", i);
    }
    assert_true(text_is_utf8("a\0b", 3));
}

static void
length_counts_code_points(void **state)
{
    (void)state;
    assert_int_equal(text_length(""), 0);
    assert_int_equal(text_length("aé€\xf0\x9f\x98\x80"), 4);
}

static void
control_characters_are_found(void **state)
{
    (void)state;
    assert_false(text_has_control(" ~é"));
    assert_true(text_has_control("a\x1f"));
    assert_true(text_has_control("\x7f"));
    assert_true(text_has_control("a\r\nb"));
}

static void
a_number_is_the_whole_text_or_nothing(void **state)
{
    static const char *const bad[] = {
        "",
        "-",
        "+1",
        " 1",
        "1 ",
        "1a",
        "0x10",
        "1.0",
        "1e3",
        "--1",
        "9223372036854775808",
        "-9223372036854775809",
        "- 1",
        "\t1",
    };
    int64_t number = 77;

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (text_to_int64(bad[i], &number))
            fail_msg("\"%s\" passes for a number", bad[i]);
    }
    assert_int_equal(number, 77);
    assert_true(text_to_int64("9223372036854775807", &number));
    assert_true(number == INT64_MAX);
    assert_true(text_to_int64("-9223372036854775808", &number));
    assert_true(number == INT64_MIN);
    assert_true(text_to_int64("007", &number));
    assert_int_equal(number, 7);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_text_grows_up_to_its_maximum_and_no_further),
        TEST(what_does_not_fit_is_left_out_whole_and_so_is_all_that_follows),
        TEST(an_empty_text_is_terminated),
        TEST(numbers_are_written_to_both_ends_of_their_range),
        TEST(json_strings_are_escaped),
        TEST(only_unreserved_characters_pass_percent_encoding),
        TEST(utf8_is_told_from_what_only_looks_like_it),
        TEST(length_counts_code_points),
        TEST(control_characters_are_found),
        TEST(a_number_is_the_whole_text_or_nothing),
    };

    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
