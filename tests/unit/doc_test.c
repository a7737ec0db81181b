#include "unit.h"

#include "base/text.h"
#include "io/doc.h"

#define ROW(text)                                                              \
    {                                                                          \
        text, sizeof(text) - 1                                                 \
    }

struct bytes {
    const char *bytes;
    size_t size;
};

static const struct bytes malformed[] = {
    ROW(""),
    ROW(" "),
    ROW("{"),
    ROW("}"),
    ROW("{\"a\":1"),
    ROW("{\"a\":1}}"),
    ROW("{\"a\":1} x"),
    ROW("{\"a\":1}{}"),
    ROW("{'a':1}"),
    ROW("{a:1}"),
    ROW("{\"a\" 1}"),
    ROW("{\"a\":1,}"),
    ROW("[1,]"),
    ROW("[,1]"),
    ROW("nul"),
    ROW("nulll"),
    ROW("TRUE"),
    ROW("NaN"),
    ROW("Infinity"),
    ROW("-Infinity"),
    ROW("// comment\n{}"),
    ROW("{}\0"),
    ROW("\0"),
    ROW("{\"a\":\"x\0y\"}"),
    /* byte order marks */
    ROW("\xef\xbb\xbf{}"),
    ROW("\xff\xfe{\0}\0"),
    /* white space that JSON doesn't know */
    ROW("\x0b{}"),
    ROW("{}\x0c"),
    ROW("[1,\x01 2]"),
    ROW("\xc2\xa0{}"),
    /* strings */
    ROW("\""),
    ROW("\"abc"),
    ROW("\"abc\\"),
    ROW("\"abc\\\""),
    ROW("\"a\nb\""),
    ROW("\"a\tb\""),
    ROW("\"\x1f\""),
    ROW("\"\\x41\""),
    ROW("\"\\U0041\""),
    ROW("\"\\u0000\""),
    ROW("\"abc\\u0000\""),
    ROW("\"\\\\\\u0000\""),
    ROW("{\"a\\u0000b\":1}"),
    ROW("\"\\u\""),
    ROW("\"\\u12\""),
    ROW("\"\\u12g4\""),
    ROW("\"ab\\uzzzz\""),
    ROW("\"\\u 041\""),
    ROW("\"\\u-041\""),
    ROW("\"\\ud800\""),
    ROW("\"\\udc00\""),
    ROW("\"\\ud800\\ud800\""),
    ROW("\"\\ud800\\u0041\""),
    ROW("\"\xff\""),
    ROW("\"\xc3\""),
    ROW("\"\xc0\x80\""),
    ROW("\"\xed\xa0\x80\""),
    ROW("\xc3\x28"),
    /* numbers */
    ROW("[01]"),
    ROW("[-01]"),
    ROW("00"),
    ROW("1."),
    ROW("[1.]"),
    ROW(".5"),
    ROW("-.5"),
    ROW("+1"),
    ROW("-"),
    ROW("--1"),
    ROW("1e"),
    ROW("1e+"),
    ROW("1.e1"),
    ROW("1.2.3"),
    ROW("0x10"),
    ROW("1 2"),
    ROW("1a"),
    ROW("1_000"),
};

static void
what_is_not_strictly_json_is_malformed(void **state)
{
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(malformed); i++) {
        const struct doc *doc = NULL;

        ctx_forgive(cx);
        if (doc_parse(cx, malformed[i].bytes, malformed[i].size, &doc) !=
            ERR_MALFORMED)
            fail_msg("malformed[%zu] passes: %s", i, malformed[i].bytes);
        assert_null(doc);
        assert_non_null(cx->fault);
        assert_true(text_is_utf8(cx->fault, strlen(cx->fault)));
    }
}

static const struct bytes well_formed[] = {
    ROW("{}"),
    ROW(" \t\r\n[ ] \n"),
    ROW("null"),
    ROW("\"\""),
    ROW("0"),
    ROW("-0"),
    ROW("-0.0e-0"),
    ROW("1E5"),
    ROW("1e+5"),
    ROW("[0,0.5,10,1e400,-1e400]"),
    ROW("\"\\\\u0000\""),
    ROW("\"\\\\\\\\u0000\""),
    ROW("\"\\u0001\\u00e9\\ud83d\\ude00\\uD83D\\uDE00\""),
    ROW("\"\\\"\\\\\\/\\b\\f\\n\\r\\t\""),
    ROW("\"a { [ } ] 01 1. nul\""),
    ROW("{\"a\":{\"a\":1},\"b\":[true,false,null]}"),
    ROW("\"\x7f\xc2\x80\""),
};

static void
all_that_json_allows_is_read(void **state)
{
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(well_formed); i++) {
        const struct doc *doc;

        ctx_forgive(cx);
        if (doc_parse(cx, well_formed[i].bytes, well_formed[i].size, &doc))
            fail_msg("%s: %s", well_formed[i].bytes, cx->fault);
    }
}

static const struct doc *
parse(struct ctx *cx, const char *text)
{
    const struct doc *doc = NULL;

    if (doc_parse(cx, text, strlen(text), &doc))
        fail_msg("%s: %s", text, cx->fault);
    return doc;
}

static void
escapes_are_read_as_what_they_stand_for(void **state)
{
    struct ctx *cx = *state;

    assert_string_equal(doc_text(parse(cx, "\"\\\\u0000\"")), "\\u0000");
    assert_string_equal(doc_text(parse(cx, "\"\\\\\\\\u0000\"")), "\\\\u0000");
    assert_string_equal(doc_text(parse(cx, "\"\\u00e9\\ud83d\\ude00\\n\"")),
                        "é\xf0\x9f\x98\x80\n");
}

static void
bytes_after_the_given_size_are_not_read(void **state)
{
    struct ctx *cx = *state;
    char exact[2] = { '1', '2' };
    const struct doc *doc;
    int64_t number;

    assert_int_equal(doc_parse(cx, exact, 2, &doc), OK);
    assert_true(doc_int(doc, &number));
    assert_int_equal(number, 12);
}

static enum err
parse_nested(struct ctx *cx, char open, char close, int depth)
{
    const struct doc *doc;
    struct text text;

    text_init(&text, cx->arena, 4 * MIB);
    for (int i = 0; i < depth; i++) {
        text_add_char(&text, open);
        if (open == '{' && i < depth - 1)
            text_add(&text, "\"a\":");
    }
    for (int i = 0; i < depth && close; i++)
        text_add_char(&text, close);
    return doc_parse(cx, text.bytes, text.size, &doc);
}

static void
nesting_ends_at_doc_depth(void **state)
{
    struct ctx *cx = *state;

    assert_int_equal(parse_nested(cx, '[', ']', DOC_DEPTH), OK);
    assert_int_equal(parse_nested(cx, '{', '}', DOC_DEPTH), OK);
    assert_int_equal(parse_nested(cx, '[', ']', DOC_DEPTH + 1), ERR_MALFORMED);
    assert_contains(cx->fault, "nested too deeply");
    assert_int_equal(parse_nested(cx, '{', '}', DOC_DEPTH + 1), ERR_MALFORMED);
    assert_int_equal(parse_nested(cx, '[', '\0', 1000000), ERR_MALFORMED);
    /* side by side isn't deep */
    assert_int_equal(doc_type(parse(cx, "[[],[],[],[],[],[],[],[],[],[],[],"
                                        "[],[],[],[],[],[],[],[],[],[],[],"
                                        "[],[],[],[],[],[],[],[],[],[],[],"
                                        "[],[],[],[],[],[],[],[],[],[]]")),
                     DOC_ARRAY);
}

static void
each_value_has_its_type_and_no_other(void **state)
{
    struct ctx *cx = *state;
    const struct doc *doc = parse(cx, "[null,true,false,1,\"1\",[],{}]");
    static const enum doc_type types[] = { DOC_NULL,   DOC_BOOL, DOC_BOOL,
                                           DOC_NUMBER, DOC_TEXT, DOC_ARRAY,
                                           DOC_OBJECT };
    int i = 0;

    for (const struct doc *at = doc_first(doc); at; at = doc_next(at), i++) {
        int64_t number;

        assert_int_equal(doc_type(at), types[i]);
        assert_int_equal(doc_int(at, &number), types[i] == DOC_NUMBER);
        assert_int_equal(doc_decimal(cx, at) != NULL, types[i] == DOC_NUMBER);
        assert_int_equal(doc_text(at) != NULL, types[i] == DOC_TEXT);
        assert_int_equal(doc_is_true(at), i == 1);
        assert_null(doc_name(at));
    }
    assert_int_equal(i, COUNT(types));
}

static void
nothing_is_allowed_everywhere(void **state)
{
    struct ctx *cx = *state;
    int64_t number;

    assert_int_equal(doc_type(NULL), DOC_NOTHING);
    assert_null(doc_name(NULL));
    assert_null(doc_first(NULL));
    assert_null(doc_next(NULL));
    assert_null(doc_at(NULL, "a.b"));
    assert_null(doc_text(NULL));
    assert_null(doc_decimal(cx, NULL));
    assert_false(doc_int(NULL, &number));
    assert_false(doc_is_true(NULL));
}

static void
a_path_leads_through_objects_and_is_case_sensitive(void **state)
{
    struct ctx *cx = *state;
    const struct doc *doc = parse(cx, "{\"A\":0,\"a\":{\"b\":{\"c\":\"x\"}},"
                                      "\"ab\":1,\"list\":[{\"b\":1}]}");

    assert_string_equal(doc_text(doc_at(doc, "a.b.c")), "x");
    assert_string_equal(doc_name(doc_at(doc, "a.b")), "b");
    assert_null(doc_at(doc, "a.B.c"));
    assert_null(doc_at(doc, "a.b.c.d"));
    assert_null(doc_at(doc, "list.b"));
    assert_null(doc_at(doc, "none.b"));
    assert_ptr_equal(doc_at(doc, ""), doc);
}

static void
repeated_members_are_all_there_for_the_caller_to_refuse(void **state)
{
    struct ctx *cx = *state;
    const struct doc *doc = parse(cx, "{\"a\":1,\"a\":2}");

    assert_string_equal(doc_name(doc_first(doc)), "a");
    assert_string_equal(doc_name(doc_next(doc_first(doc))), "a");
}

static void
a_whole_number_is_one_that_a_double_holds_exactly(void **state)
{
    static const struct {
        const char *text;
        bool is_whole;
        int64_t number;
    } rows[] = {
        { "0", true, 0 },
        { "-0", true, 0 },
        { "-5", true, -5 },
        { "1.0", true, 1 },
        { "1e3", true, 1000 },
        { "4294967296", true, 4294967296 },
        { "9007199254740991", true, 9007199254740991 },
        { "-9007199254740991", true, -9007199254740991 },
        { "9007199254740992", false, 0 },
        { "9007199254740993", false, 0 },
        { "1e400", false, 0 },
        { "-1e400", false, 0 },
        { "1e300", false, 0 },
        { "0.5", false, 0 },
        { "1e-400", true, 0 },
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t number = 0;

        if (doc_int(parse(cx, rows[i].text), &number) != rows[i].is_whole ||
            number != rows[i].number)
            fail_msg("%s reads as %lld", rows[i].text, (long long)number);
    }
}

static void
a_decimal_has_the_digits_that_were_sent(void **state)
{
    static const struct {
        const char *text, *decimal;
    } rows[] = {
        { "1000", "1000" },
        { "1000.00", "1000" },
        { "19.99", "19.99" },
        { "0.1", "0.1" },
        { "1.005", "1.005" },
        { "1e3", "1000" },
        { "1.5e1", "15" },
        { "-19.99", "-19.99" },
        { "0.000001", "0.000001" },
        { "0", "0" },
        { "999999999999999", "999999999999999" },
        { "9999999999999.99", "9999999999999.99" },
        { "0.3", "0.3" },
        { "4.35", "4.35" },
        { "1e15", NULL },
        { "1000000000000000", NULL },
        { "99999999999999.99", NULL },
        { "1.2345678901234567", NULL },
        { "1e-16", NULL },
        { "1e400", NULL },
        { "-1e400", NULL },
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        const char *decimal = doc_decimal(cx, parse(cx, rows[i].text));

        if (rows[i].decimal ? !decimal || strcmp(decimal, rows[i].decimal)
                            : decimal != NULL)
            fail_msg("%s becomes %s", rows[i].text,
                     decimal ? decimal : "nothing");
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(what_is_not_strictly_json_is_malformed),
        TEST(all_that_json_allows_is_read),
        TEST(escapes_are_read_as_what_they_stand_for),
        TEST(bytes_after_the_given_size_are_not_read),
        TEST(nesting_ends_at_doc_depth),
        TEST(each_value_has_its_type_and_no_other),
        TEST(nothing_is_allowed_everywhere),
        TEST(a_path_leads_through_objects_and_is_case_sensitive),
        TEST(repeated_members_are_all_there_for_the_caller_to_refuse),
        TEST(a_whole_number_is_one_that_a_double_holds_exactly),
        TEST(a_decimal_has_the_digits_that_were_sent),
    };

    return cmocka_run_group_tests_name("doc", tests, NULL, NULL);
}
