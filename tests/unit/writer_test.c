#include "unit.h"

#include "base/writer.h"

static void
values_are_separated_by_commas_at_every_depth(void **state)
{
    struct ctx *cx = *state;
    struct writer writer;
    struct text text;

    text_init(&text, cx->arena, 1000);
    writer_init(&writer, &text);
    writer_object(&writer, NULL);
    writer_text(&writer, "a", "x");
    writer_array(&writer, "list");
    writer_array_end(&writer);
    writer_array(&writer, "pairs");
    for (int i = 0; i < 2; i++) {
        writer_object(&writer, NULL);
        writer_int(&writer, "n", i);
        writer_bool(&writer, "odd", i % 2);
        writer_object_end(&writer);
    }
    writer_int(&writer, NULL, 7);
    writer_array_end(&writer);
    writer_text(&writer, "none", NULL);
    writer_object(&writer, "empty");
    writer_object_end(&writer);
    writer_object_end(&writer);
    assert_string_equal(text.bytes,
                        "{\"a\":\"x\",\"list\":[],\"pairs\":["
                        "{\"n\":0,\"odd\":false},{\"n\":1,\"odd\":true},7],"
                        "\"none\":null,\"empty\":{}}");
}

static void
amounts_leave_as_the_digits_that_they_are(void **state)
{
    struct ctx *cx = *state;
    struct writer writer;
    struct text text;

    text_init(&text, cx->arena, 1000);
    writer_init(&writer, &text);
    writer_array(&writer, NULL);
    writer_int(&writer, NULL, 9007199254740993);
    writer_money(&writer, NULL, money_of(9007199254740993, "usd"));
    writer_money(&writer, NULL, money_of(100000, "usd"));
    writer_array_end(&writer);
    assert_string_equal(text.bytes,
                        "[9007199254740993,90071992547409.93,1000.00]");
}

static void
texts_are_escaped_and_a_time_of_0_is_null(void **state)
{
    struct ctx *cx = *state;
    struct writer writer;
    struct text text;

    text_init(&text, cx->arena, 1000);
    writer_init(&writer, &text);
    writer_array(&writer, NULL);
    writer_text(&writer, NULL, "\"\n\\");
    writer_time(&writer, NULL, 0);
    writer_time(&writer, NULL, 1);
    writer_array_end(&writer);
    assert_string_equal(text.bytes, "[\"\\\"\\n\\\\\",null,"
                                    "\"1970-01-01T00:00:00.001Z\"]");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(values_are_separated_by_commas_at_every_depth),
        TEST(amounts_leave_as_the_digits_that_they_are),
        TEST(texts_are_escaped_and_a_time_of_0_is_null),
    };

    return cmocka_run_group_tests_name("writer", tests, NULL, NULL);
}
