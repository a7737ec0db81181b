#include "unit.h"

#include "base/money.h"

/* What reads as how many minor units; 0: refused, with these words. */
static const struct {
    const char *decimal, *currency;
    int64_t minor;
    const char *words;
} cases[] = {
    { "1000", "usd", 100000, NULL },
    { "1000.00", "usd", 100000, NULL },
    { "19.99", "usd", 1999, NULL },
    { "19.9", "usd", 1990, NULL },
    { "0.01", "usd", 1, NULL },
    { "007", "usd", 700, NULL },
    { "92233720368547758.07", "usd", INT64_MAX, NULL },
    { "1000", "jpy", 1000, NULL },
    { "9223372036854775807", "jpy", INT64_MAX, NULL },
    { "1.230", "kwd", 1230, NULL },
    { "1.23", "kwd", 1230, NULL },
    { "1", "bhd", 1000, NULL },

    { "19.999", "usd", 0, "at most 2 decimals" },
    { "19.990", "usd", 0, "at most 2 decimals" },
    { "1000.0", "jpy", 0, "at most 0 decimals" },
    { "1.2300", "kwd", 0, "at most 3 decimals" },
    /* Stripe takes three-decimal currencies in steps of ten */
    { "1.234", "kwd", 0, "end in 0" },
    { "0.001", "tnd", 0, "end in 0" },

    { "92233720368547758.08", "usd", 0, "too large" },
    { "92233720368547759", "usd", 0, "too large" },
    { "9223372036854775808", "jpy", 0, "too large" },
    { "99999999999999999999999999", "usd", 0, "too large" },
    { "18446744073709551617", "jpy", 0, "too large" }, /* 2^64 + 1 */

    { "0", "usd", 0, "greater than 0" },
    { "0.00", "usd", 0, "greater than 0" },
    { "-1", "usd", 0, "greater than 0" },
    { "-0", "usd", 0, "greater than 0" },

    { "", "usd", 0, "decimal number" },
    { ".5", "usd", 0, "decimal number" },
    { "5.", "usd", 0, "decimal number" },
    { "+5", "usd", 0, "decimal number" },
    { " 5", "usd", 0, "decimal number" },
    { "5 ", "usd", 0, "decimal number" },
    { "1e3", "usd", 0, "decimal number" },
    { "1,5", "usd", 0, "decimal number" },
    { "1.2.3", "usd", 0, "decimal number" },
    { "0x10", "usd", 0, "decimal number" },
    { "nan", "usd", 0, "decimal number" },
    { "inf", "usd", 0, "decimal number" },
    { "٣", "usd", 0, "decimal number" },
};

static void
a_decimal_is_read_exactly_or_refused_with_its_reason(void **state)
{
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(cases); i++) {
        struct money money = { .minor = -7 };
        enum err err;

        ctx_forgive(cx);
        err = money_parse(cx, "/price", cases[i].decimal, cases[i].currency,
                          &money);
        if (!cases[i].words) {
            assert_int_equal(err, OK);
            if (money.minor != cases[i].minor)
                fail_msg("\"%s\" reads as %lld", cases[i].decimal,
                         (long long)money.minor);
            assert_string_equal(money.currency, cases[i].currency);
            continue;
        }
        if (err != ERR_INVALID)
            fail_msg("\"%s\" of %s is taken", cases[i].decimal,
                     cases[i].currency);
        assert_contains(detail_at(cx, "/price"), cases[i].words);
        assert_int_equal(money.minor, -7);
    }
}

static void
a_currency_that_cannot_be_charged_is_refused_at_its_own_field(void **state)
{
    static const char *const bad[] = { "",    "us",  "usdd", "USD",
                                       "Usd", "xxx", "isk",  "ugx",
                                       "   ", "d a", "aed ", " ae" };
    struct ctx *cx = *state;
    struct money money;

    for (size_t i = 0; i < COUNT(bad); i++) {
        ctx_forgive(cx);
        if (money_is_currency(bad[i]))
            fail_msg("\"%s\" passes for a currency", bad[i]);
        assert_int_equal(money_parse(cx, "/price", "1", bad[i], &money),
                         ERR_INVALID);
        assert_non_null(detail_at(cx, "/currency"));
    }
    assert_true(money_is_currency("usd"));
    assert_true(money_is_currency("zmw"));
    assert_true(money_is_currency("bif"));
    assert_true(money_is_currency("tnd"));
}

static void
a_total_that_overflows_is_refused(void **state)
{
    struct ctx *cx = *state;
    struct money total = { 0 };

    assert_int_equal(
        money_multiply(cx, "/price", money_of(1999, "usd"), 3, &total), OK);
    assert_true(money_is_equal(total, money_of(5997, "usd")));
    assert_int_equal(
        money_multiply(cx, "/price", money_of(INT64_MAX, "usd"), 2, &total),
        ERR_INVALID);
    assert_contains(detail_at(cx, "/price"), "too large");
    assert_int_equal(total.minor, 5997);
}

static void
an_amount_is_printed_with_all_its_decimals(void **state)
{
    static const struct {
        int64_t minor;
        const char *currency, *text;
    } amounts[] = {
        { 100000, "usd", "1000.00" },
        { 5, "usd", "0.05" },
        { 50, "usd", "0.50" },
        { 0, "usd", "0.00" },
        { 1000, "jpy", "1000" },
        { 0, "jpy", "0" },
        { 1230, "kwd", "1.230" },
        { 10, "kwd", "0.010" },
        { INT64_MAX, "usd", "92233720368547758.07" },
        { -5, "usd", "-0.05" },
        { -1999, "usd", "-19.99" },
        { -1000, "jpy", "-1000" },
        { INT64_MIN, "kwd", "-9223372036854775.808" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(amounts); i++) {
        char text[MONEY_TEXT];

        money_format(money_of(amounts[i].minor, amounts[i].currency), text);
        assert_string_equal(text, amounts[i].text);
    }
}

static void
what_is_printed_reads_back_the_same(void **state)
{
    static const char *const currencies[] = { "jpy", "usd", "kwd" };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(currencies); i++) {
        for (int64_t minor = 10; minor < INT64_MAX / 37; minor = minor * 37) {
            struct money money = money_of(minor, currencies[i]), again;
            char text[MONEY_TEXT];

            money_format(money, text);
            assert_int_equal(money_parse(cx, "/p", text, currencies[i], &again),
                             OK);
            assert_true(money_is_equal(money, again));
        }
    }
}

static void
the_same_count_of_another_currency_is_not_equal(void **state)
{
    (void)state;
    assert_false(money_is_equal(money_of(5, "usd"), money_of(5, "eur")));
    assert_false(money_is_equal(money_of(5, "usd"), money_of(6, "usd")));
}

static void
an_amount_is_shown_in_the_form_of_its_currency(void **state)
{
    static const struct {
        int64_t minor;
        const char *currency, *text;
    } amounts[] = {
        { 5850, "eur",
          "\xe2\x82\xac"
          "58.50" },
        { 5, "usd", "$0.05" },
        { 99999, "usd", "$999.99" },
        { 100000, "usd", "$1,000.00" },
        { 123456789, "gbp",
          "\xc2\xa3"
          "1,234,567.89" },
        { 0, "jpy",
          "\xc2\xa5"
          "0" },
        { 999, "jpy",
          "\xc2\xa5"
          "999" },
        { 5850, "jpy",
          "\xc2\xa5"
          "5,850" },
        { 1234560, "kwd",
          "KWD\xc2\xa0"
          "1,234.560" },
        { 950, "chf",
          "CHF\xc2\xa0"
          "9.50" },
        { 950, "aud", "A$9.50" },
        { INT64_MAX, "usd", "$92,233,720,368,547,758.07" },
        { -1999, "usd", "-$19.99" },
        { INT64_MIN, "kwd",
          "-KWD\xc2\xa0"
          "9,223,372,036,854,775.808" },
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(amounts); i++)
        assert_string_equal(
            money_show(cx->arena,
                       money_of(amounts[i].minor, amounts[i].currency)),
            amounts[i].text);
}

static void
a_currency_has_its_number_of_decimals(void **state)
{
    (void)state;
    assert_int_equal(money_decimals("usd"), 2);
    assert_int_equal(money_decimals("jpy"), 0);
    assert_int_equal(money_decimals("kwd"), 3);
    assert_int_equal(money_decimals("xxx"), -1);
    assert_int_equal(money_decimals("us"), -1);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_decimal_is_read_exactly_or_refused_with_its_reason),
        TEST(a_currency_that_cannot_be_charged_is_refused_at_its_own_field),
        TEST(a_total_that_overflows_is_refused),
        TEST(an_amount_is_printed_with_all_its_decimals),
        TEST(an_amount_is_shown_in_the_form_of_its_currency),
        TEST(a_currency_has_its_number_of_decimals),
        TEST(what_is_printed_reads_back_the_same),
        TEST(the_same_count_of_another_currency_is_not_equal),
    };

    return cmocka_run_group_tests_name("money", tests, NULL, NULL);
}
