#include "unit.h"

#include <string.h>

#include "base/text.h"
#include "web/fields.h"
#include "web/request.h"

struct draft {
    const char *name, *password, *price, *currency, *id;
    int64_t quantity;
    int confirm;
};

static const struct field fields[] = {
    FIELD_TEXT(struct draft, name, REQUIRED, 1, 5),
    FIELD_PASSWORD(struct draft, password, OPTIONAL, 8, 16),
    FIELD_INT(struct draft, quantity, REQUIRED, 1, 100),
    FIELD_BOOL(struct draft, confirm, OPTIONAL),
    FIELD_DECIMAL(struct draft, price, OPTIONAL),
    FIELD_CURRENCY(struct draft, currency, OPTIONAL),
    FIELD_ID(struct draft, id, OPTIONAL),
    FIELD_END,
};

static enum err
read_body(struct ctx *cx, const char *body, struct draft *draft)
{
    const struct request request = { .fields = fields,
                                     .body = body,
                                     .body_size = strlen(body) };

    ctx_forgive(cx);
    *draft = (struct draft){ .confirm = -1, .quantity = -1 };
    return request_fields(cx, &request, draft);
}

static enum err
read_query(struct ctx *cx, const char *query, struct draft *draft)
{
    const struct request request = { .fields = fields, .query = query };

    ctx_forgive(cx);
    *draft = (struct draft){ .confirm = -1, .quantity = -1 };
    return request_query(cx, &request, draft);
}

/* The body is refused, and this is what is said of the field at pointer. */
static void
expect_fault(struct ctx *cx, const char *body, const char *pointer,
             const char *words)
{
    struct draft draft;

    if (read_body(cx, body, &draft) != ERR_INVALID)
        fail_msg("%s is taken", body);
    if (!detail_at(cx, pointer))
        fail_msg("%s: nothing is said of %s", body, pointer);
    assert_contains(detail_at(cx, pointer), words);
}

static void
a_body_fills_the_struct(void **state)
{
    struct ctx *cx = *state;
    struct draft draft;

    assert_int_equal(
        read_body(cx,
                  "{\"name\":\"h\xc3\xa9llo\",\"quantity\":7,\"confirm\":true,"
                  "\"price\":19.99,\"currency\":\"eur\","
                  "\"password\":\" 12345678 \","
                  "\"id\":\"01890a5d-ac96-774b-bcce-b302099a8057\"}",
                  &draft),
        OK);
    assert_string_equal(draft.name, "h\xc3\xa9llo");
    assert_string_equal(draft.password, " 12345678 ");
    assert_int_equal(draft.quantity, 7);
    assert_int_equal(draft.confirm, 1);
    assert_string_equal(draft.price, "19.99");
    assert_string_equal(draft.currency, "eur");
    assert_string_equal(draft.id, "01890a5d-ac96-774b-bcce-b302099a8057");
}

static void
what_is_absent_is_left_as_it_was(void **state)
{
    struct ctx *cx = *state;
    struct draft draft;

    assert_int_equal(read_body(cx, "{\"name\":\"a\",\"quantity\":1}", &draft),
                     OK);
    assert_int_equal(draft.confirm, -1);
    assert_null(draft.price);
    assert_null(draft.id);
}

static void
what_is_missing_unknown_or_repeated_is_named(void **state)
{
    struct ctx *cx = *state;

    expect_fault(cx, "{}", "/name", "is missing");
    expect_fault(cx, "{}", "/quantity", "is missing");
    expect_fault(cx, "{\"name\":\"a\",\"quantity\":1,\"x\":1}", "/x",
                 "is not known");
    expect_fault(cx, "{\"name\":\"a\",\"quantity\":1,\"Name\":\"b\"}", "/Name",
                 "is not known");
    expect_fault(cx, "{\"name\":\"a\",\"quantity\":1,\"name\":\"a\"}", "/name",
                 "is given twice");
    expect_fault(cx, "{\"name\":\"a\",\"quantity\":1,\"na\\u006de\":\"a\"}",
                 "/name", "is given twice");
    expect_fault(cx, "{\"name\":\"a\",\"quantity\":1,\"\":1}", "/",
                 "is not known");
}

static void
all_that_is_wrong_is_said_at_once(void **state)
{
    struct ctx *cx = *state;
    struct draft draft;

    assert_int_equal(read_body(cx,
                               "{\"quantity\":0,\"confirm\":1,\"price\":true,"
                               "\"currency\":\"EUR\",\"id\":\"x\",\"y\":0}",
                               &draft),
                     ERR_INVALID);
    assert_int_equal(faults_in(cx), 7);
    assert_non_null(detail_at(cx, "/quantity"));
    assert_non_null(detail_at(cx, "/confirm"));
    assert_non_null(detail_at(cx, "/price"));
    assert_non_null(detail_at(cx, "/currency"));
    assert_non_null(detail_at(cx, "/id"));
    assert_non_null(detail_at(cx, "/y"));
    assert_non_null(detail_at(cx, "/name"));
}

/* A body whose field has this value, the others being right. */
static const char *
with(struct ctx *cx, const char *name, const char *value)
{
    return arena_printf(cx->arena, "{%s%s\"%s\":%s}",
                        strcmp(name, "name") ? "\"name\":\"a\"," : "",
                        strcmp(name, "quantity") ? "\"quantity\":1," : "", name,
                        value);
}

static void
every_wrong_type_is_named(void **state)
{
    static const struct {
        const char *name, *right;
    } rows[] = {
        { "name", "string" },     { "password", "string" },
        { "quantity", "number" }, { "confirm", "bool" },
        { "currency", "string" }, { "id", "string" },
    };
    static const struct {
        const char *value, *type;
    } values[] = {
        { "null", "null" }, { "true", "bool" },
        { "7", "number" },  { "\"7\"", "string" },
        { "[]", "array" },  { "[\"a\"]", "array" },
        { "{}", "object" }, { "{\"a\":\"b\"}", "object" },
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        for (size_t j = 0; j < COUNT(values); j++) {
            const char *pointer = arena_printf(cx->arena, "/%s", rows[i].name);

            if (!strcmp(rows[i].right, values[j].type))
                continue;
            expect_fault(cx, with(cx, rows[i].name, values[j].value), pointer,
                         "must be");
        }
    }
}

static void
a_price_is_a_number_or_a_decimal_string_and_nothing_else(void **state)
{
    static const char *const bad[] = { "null",
                                       "true",
                                       "[]",
                                       "{}",
                                       "\"\"",
                                       "1e400",
                                       "1e15",
                                       "\"123456789012345678901234567890123\"",
                                       "12345678901234567" };
    struct ctx *cx = *state;
    struct draft draft;

    for (size_t i = 0; i < COUNT(bad); i++)
        expect_fault(cx, with(cx, "price", bad[i]), "/price", "");
    assert_int_equal(read_body(cx, with(cx, "price", "\"19.99\""), &draft), OK);
    assert_string_equal(draft.price, "19.99");
    assert_int_equal(read_body(cx, with(cx, "price", "1e3"), &draft), OK);
    assert_string_equal(draft.price, "1000");
}

static void
sizes_are_counted_in_characters(void **state)
{
    struct ctx *cx = *state;
    struct draft draft;

    assert_int_equal(read_body(cx, with(cx, "name", "\"éééé€\""), &draft), OK);
    expect_fault(cx, with(cx, "name", "\"éééé€é\""), "/name",
                 "1 to 5 characters");
    expect_fault(cx, with(cx, "name", "\"\""), "/name", "1 to 5 characters");
    expect_fault(cx, with(cx, "name", "\"  \""), "/name", "blank");
    expect_fault(cx, with(cx, "name", "\"a\\nb\""), "/name", "control");
    expect_fault(cx, with(cx, "name", "\"a\\u007f\""), "/name", "control");
    expect_fault(cx, with(cx, "password", "\"1234567\""), "/password",
                 "8 to 16");
    assert_int_equal(
        read_body(cx, with(cx, "password", "\"        \""), &draft), OK);
}

/* Also where its length alone gives it away. */
static void
what_is_no_id_or_currency_is_told_what_one_is(void **state)
{
    struct ctx *cx = *state;

    expect_fault(cx, with(cx, "id", "\"\""), "/id",
                 "36 characters, lower case");
    expect_fault(cx, with(cx, "id", "\"01890A5D\""), "/id", "must be an id");
    expect_fault(cx, with(cx, "currency", "\"euro\""), "/currency", "charged");
}

static void
numbers_keep_their_range(void **state)
{
    static const char *const bad[] = { "0",      "-1",
                                       "101",    "1.5",
                                       "-0.5",   "1e400",
                                       "-1e400", "9007199254740993",
                                       "1e-1" };
    struct ctx *cx = *state;
    struct draft draft;

    for (size_t i = 0; i < COUNT(bad); i++)
        expect_fault(cx, with(cx, "quantity", bad[i]), "/quantity", "must be");
    assert_int_equal(read_body(cx, with(cx, "quantity", "100"), &draft), OK);
    assert_int_equal(read_body(cx, with(cx, "quantity", "1e2"), &draft), OK);
    assert_int_equal(draft.quantity, 100);
}

static void
a_message_never_holds_a_password(void **state)
{
    struct ctx *cx = *state;

    expect_fault(cx, with(cx, "password", "\"hunter2\""), "/password", "must");
    assert_null(strstr(detail_at(cx, "/password"), "hunter2"));
    assert_null(strstr(cx->fault, "hunter2"));
}

static void
pointers_are_escaped_as_rfc_6901_says(void **state)
{
    struct ctx *cx = *state;

    expect_fault(cx, with(cx, "a/b~c", "1"), "/a~1b~0c", "is not known");
    expect_fault(cx, with(cx, "a\\nb", "1"), "/a\nb", "is not known");
}

static void
a_long_name_is_cut_between_characters(void **state)
{
    struct ctx *cx = *state;
    struct draft draft;

    /* so many slashes, which double, then a character of four bytes */
    for (int slashes = 55; slashes < 70; slashes++) {
        struct text name;

        text_init(&name, cx->arena, KIB);
        for (int i = 0; i < slashes; i++)
            text_add_char(&name, '/');
        text_add(&name, "\xf0\x9f\x98\x80\xf0\x9f\x98\x80");
        assert_int_equal(read_body(cx, with(cx, name.bytes, "1"), &draft),
                         ERR_INVALID);
        assert_true(text_is_utf8(cx->fault, strlen(cx->fault)));
        assert_true(strlen(cx->field_faults->pointer) < 150);
    }
}

static void
a_body_that_is_no_object_is_malformed(void **state)
{
    static const char *const bad[] = {
        "", "[]", "null", "1", "\"a\"", "{\"name\":", "[{\"name\":\"a\"}]"
    };
    struct ctx *cx = *state;
    struct draft draft;

    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(read_body(cx, bad[i], &draft), ERR_MALFORMED);
        assert_non_null(cx->fault);
    }
}

static void
a_query_is_decoded(void **state)
{
    struct ctx *cx = *state;
    struct draft draft;

    assert_int_equal(read_query(cx, "name=a+b%26%C3%A9&quantity=%31", &draft),
                     OK);
    assert_string_equal(draft.name, "a b&é");
    assert_int_equal(draft.quantity, 1);
    assert_int_equal(read_query(cx, "&&quantity=1&n%61me=x&", &draft), OK);
    assert_string_equal(draft.name, "x");
    assert_int_equal(read_query(cx, "name=a=b&quantity=1&price=1.50", &draft),
                     OK);
    assert_string_equal(draft.name, "a=b");
    assert_string_equal(draft.price, "1.50");
}

static void
a_query_that_cannot_be_decoded_is_malformed(void **state)
{
    static const char *const bad[] = {
        "name=%", "name=%4",  "name=%zz",  "name=%00",  "name=a%00b",
        "%=1",    "name=%ff", "name=%C3",  "name=\xff", "%C0%80=1",
        "name",   "a&b",      "name=%%41",
    };
    struct ctx *cx = *state;
    struct draft draft;

    for (size_t i = 0; i < COUNT(bad); i++) {
        if (read_query(cx, bad[i], &draft) != ERR_MALFORMED)
            fail_msg("\"%s\" is taken", bad[i]);
    }
}

static void
a_query_is_held_to_the_same_table(void **state)
{
    static const struct {
        const char *query, *pointer;
    } rows[] = {
        { "", "/name" },
        { "name=a", "/quantity" },
        { "name=a&quantity=1&x=1", "/x" },
        { "name=a&quantity=1&name=b", "/name" },
        { "name=a&quantity=", "/quantity" },
        { "name=a&quantity=1.0", "/quantity" },
        { "name=a&quantity=%201", "/quantity" },
        { "name=a&quantity=99999999999999999999", "/quantity" },
        { "name=&quantity=1", "/name" },
        { "name=a%0ab&quantity=1", "/name" },
        { "name=a&quantity=1&id=%27", "/id" },
        { "name=a&quantity=1&=1", "/" },
        { "name=a&quantity=1&a%2Fb=1", "/a~1b" },
    };
    struct ctx *cx = *state;
    struct draft draft;

    for (size_t i = 0; i < COUNT(rows); i++) {
        if (read_query(cx, rows[i].query, &draft) != ERR_INVALID ||
            !detail_at(cx, rows[i].pointer))
            fail_msg("\"%s\" is taken", rows[i].query);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_body_fills_the_struct),
        TEST(what_is_absent_is_left_as_it_was),
        TEST(what_is_missing_unknown_or_repeated_is_named),
        TEST(all_that_is_wrong_is_said_at_once),
        TEST(every_wrong_type_is_named),
        TEST(a_price_is_a_number_or_a_decimal_string_and_nothing_else),
        TEST(sizes_are_counted_in_characters),
        TEST(what_is_no_id_or_currency_is_told_what_one_is),
        TEST(numbers_keep_their_range),
        TEST(a_message_never_holds_a_password),
        TEST(pointers_are_escaped_as_rfc_6901_says),
        TEST(a_long_name_is_cut_between_characters),
        TEST(a_body_that_is_no_object_is_malformed),
        TEST(a_query_is_decoded),
        TEST(a_query_that_cannot_be_decoded_is_malformed),
        TEST(a_query_is_held_to_the_same_table),
    };

    return cmocka_run_group_tests_name("fields", tests, NULL, NULL);
}
