/*
 * Holds mail.h and receipt.h to RFC 5322, 2045 and 2047: what is composed is
 * taken apart again by a parser that forgives nothing.
 */
#include "unit.h"

#include <string.h>
#include <strings.h>

#include "base/text.h"
#include "io/secret.h"
#include "notification/receipt.h"

static const struct sender sender = { "receipts@shop.example", "The Shop" };

static struct mail
a_mail(void)
{
    return (struct mail){
        .notification_id = "receipt_01a20bbc-d9c0-73ed-81bd-6deefa77535b",
        .order_id = "01a20bbc-d9c0-73ed-81bd-6deefa77535b",
        .to = "ada@example.com",
        .subject = "Your receipt",
        .text = "Hello\nyou\n",
        .html = "<p>Hello</p>\n",
        .date = 1795493255123,
    };
}

static const char *
compose(struct ctx *cx, const struct sender *from, const struct mail *mail)
{
    const char *bytes = NULL;
    size_t size = 0;

    assert_int_equal(mail_compose(cx, from, mail, &bytes, &size), OK);
    assert_int_equal(strlen(bytes), size);
    return bytes;
}

/* The line at *at, without its CR LF; *at goes past it. */
static const char *
next_line(struct ctx *cx, const char **at)
{
    const char *end = strstr(*at, "\r\n"), *line;

    assert_non_null(end);
    line = arena_strndup(cx->arena, *at, (size_t)(end - *at));
    assert_null(strpbrk(line, "\r\n"));
    *at = end + 2;
    return line;
}

/* A header's value, unfolded (RFC 5322, 2.2.3); it must be there once. */
static const char *
header(struct ctx *cx, const char *bytes, const char *name)
{
    const char *value = NULL, *at = bytes;
    size_t size = strlen(name);

    for (;;) {
        const char *line = next_line(cx, &at), *whole;

        if (!*line)
            break;
        assert_true(strlen(line) <= 78);
        whole = line;
        while (*at == ' ' || *at == '\t') {
            line = next_line(cx, &at);
            assert_true(strlen(line) <= 78 && line[strspn(line, " \t")]);
            whole = arena_printf(cx->arena, "%s%s", whole, line);
        }
        if (strncasecmp(whole, name, size) || whole[size] != ':')
            continue;
        assert_null(value);
        value = whole + size + 1;
        value += strspn(value, " ");
    }
    assert_non_null(value);
    return value;
}

static const char *
decode(struct ctx *cx, const char *base64, size_t size)
{
    char *url = arena_strndup(cx->arena, base64, size), *to = url;
    const char *bytes;
    size_t length;

    for (const char *at = url; *at; at++) {
        if (*at == '+')
            *to++ = '-';
        else if (*at == '/')
            *to++ = '_';
        else if (!strchr("=\r\n", *at))
            *to++ = *at;
    }
    *to = '\0';
    assert_int_equal(base64url_decode(cx, url, &bytes, &length), OK);
    assert_int_equal(strlen(bytes), length);
    assert_true(text_is_utf8(bytes, length));
    return bytes;
}

/* Encoded words, one after the other: each is short and whole UTF-8. */
static const char *
decode_words(struct ctx *cx, const char *value)
{
    const char *all = "";

    while (*value) {
        const char *end = strstr(value + 10, "?=");

        assert_int_equal(strncmp(value, "=?UTF-8?B?", 10), 0);
        assert_non_null(end);
        assert_true(end + 2 - value <= 75);
        all = arena_printf(cx->arena, "%s%s", all,
                           decode(cx, value + 10, (size_t)(end - value - 10)));
        value = end + 2;
        value += strspn(value, " ");
    }
    return all;
}

/* The body of a part, decoded; its lines are at most 76 long. */
static const char *
part(struct ctx *cx, const char *bytes, const char *type)
{
    const char *boundary = strstr(bytes, "boundary=\"") + 10, *at, *end;
    const char *delimiter = arena_printf(
        cx->arena, "\r\n--%.*s", (int)strcspn(boundary, "\""), boundary);

    at = strstr(bytes, arena_printf(cx->arena,
                                    "%s\r\nContent-Type: %s; charset=UTF-8\r\n"
                                    "Content-Transfer-Encoding: base64\r\n"
                                    "\r\n",
                                    delimiter, type));
    assert_non_null(at);
    at = strstr(at + 2, "\r\n\r\n") + 4;
    end = strstr(at, delimiter);
    assert_non_null(end);
    for (const char *line = at; line < end;)
        assert_true(strlen(next_line(cx, &line)) <= 76);
    return decode(cx, at, (size_t)(end - at));
}

static void
a_mail_has_the_headers_that_it_must_have(void **state)
{
    struct mail mail = a_mail();
    const char *bytes = compose(*state, &sender, &mail);

    assert_string_equal(header(*state, bytes, "Date"),
                        "Tue, 24 Nov 2026 04:07:35 +0000");
    assert_string_equal(header(*state, bytes, "From"),
                        "\"The Shop\" <receipts@shop.example>");
    assert_string_equal(header(*state, bytes, "To"), "ada@example.com");
    assert_string_equal(header(*state, bytes, "Subject"), "Your receipt");
    assert_string_equal(
        header(*state, bytes, "Message-ID"),
        "<receipt_01a20bbc-d9c0-73ed-81bd-6deefa77535b@shop.example>");
    assert_string_equal(header(*state, bytes, "MIME-Version"), "1.0");
    assert_string_equal(header(*state, bytes, "Auto-Submitted"),
                        "auto-generated");
    assert_string_equal(header(*state, bytes, "X-Till-Notification"),
                        mail.notification_id);
    assert_string_equal(header(*state, bytes, "X-Till-Order"), mail.order_id);
    assert_contains(header(*state, bytes, "Content-Type"),
                    "multipart/alternative; boundary=");
}

static void
text_comes_first_and_html_last(void **state)
{
    struct mail mail = a_mail();
    const char *bytes = compose(*state, &sender, &mail), *end;

    assert_string_equal(part(*state, bytes, "text/plain"), "Hello\r\nyou\r\n");
    assert_string_equal(part(*state, bytes, "text/html"), "<p>Hello</p>\r\n");
    assert_true(strstr(bytes, "text/plain") < strstr(bytes, "text/html"));
    end = bytes + strlen(bytes) - 4;
    assert_string_equal(end, "--\r\n");
}

static void
long_bodies_have_short_lines(void **state)
{
    struct mail mail = a_mail();
    struct text text;
    struct ctx *cx = *state;

    text_init(&text, cx->arena, 64 * KIB);
    for (int i = 0; i < 5000; i++)
        text_add(&text, "\xc3\xa4x");
    mail.text = text.bytes;
    assert_string_equal(
        part(*state, compose(*state, &sender, &mail), "text/plain"),
        text.bytes);
}

/* Every length up to 120, of characters of one to four bytes. */
static void
subjects_are_cut_between_characters(void **state)
{
    static const char *const characters[] = { "a", "\xc3\xa4", "\xe2\x84\x96",
                                              "\xf0\x9f\x8d\xb5" };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(characters); i++) {
        const char *subject = "\xc3\x9f";

        for (int length = 1; length < 120; length++) {
            struct mail mail = a_mail();

            mail.subject = subject =
                arena_printf(cx->arena, "%s%s", subject, characters[i]);
            assert_string_equal(
                decode_words(
                    cx, header(cx, compose(cx, &sender, &mail), "Subject")),
                subject);
        }
    }
}

static void
what_looks_encoded_is_encoded(void **state)
{
    struct mail mail = a_mail();

    mail.subject = "=?UTF-8?B?aGk=?=";
    assert_string_equal(
        decode_words(
            *state, header(*state, compose(*state, &sender, &mail), "Subject")),
        "=?UTF-8?B?aGk=?=");
}

static void
a_shops_name_is_quoted_or_encoded(void **state)
{
    struct sender from = { "a@b.example", "Say \"hi\" \\ <x@y>" };
    struct mail mail = a_mail();
    const char *value;

    assert_string_equal(header(*state, compose(*state, &from, &mail), "From"),
                        "\"Say \\\"hi\\\" \\\\ <x@y>\" <a@b.example>");
    from.name = "Sm\xc3\xb8rrebr\xc3\xb8"
                "d";
    value = header(*state, compose(*state, &from, &mail), "From");
    assert_contains(value, "?= <a@b.example>");
    value = arena_strndup(((struct ctx *)*state)->arena, value,
                          strlen(value) - strlen(" <a@b.example>"));
    assert_string_equal(decode_words(*state, value), from.name);
}

static void
must_refuse(struct ctx *cx, const struct sender *from, const struct mail *mail)
{
    const char *bytes;
    size_t size;

    assert_int_equal(mail_compose(cx, from, mail, &bytes, &size), ERR_INVALID);
    assert_non_null(cx->fault);
    ctx_forgive(cx);
}

static void
headers_are_refused_where_somebody_writes_their_own(void **state)
{
    static const char *const evil[] = {
        "x\r\nBcc: all@example.com",
        "x\nBcc: all@example.com",
        "x\rBcc: all@example.com",
        "x\x7f",
        "x\x01",
        "x\ty",
        "x\xff",
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(evil); i++) {
        struct sender from = sender;
        struct mail mail = a_mail();

        mail.subject = evil[i];
        must_refuse(cx, &sender, &mail);
        mail = a_mail();
        mail.order_id = evil[i];
        must_refuse(cx, &sender, &mail);
        mail = a_mail();
        mail.notification_id = evil[i];
        must_refuse(cx, &sender, &mail);
        mail = a_mail();
        mail.to = arena_printf(cx->arena, "ada@example.com%s", evil[i] + 1);
        must_refuse(cx, &sender, &mail);
        mail = a_mail();
        from.name = evil[i];
        must_refuse(cx, &from, &mail);
    }
}

static void
only_one_plain_address_is_one(void **state)
{
    static const char *const good[] = { "a@b", "ada.l+x_y@mail.example.com",
                                        "o'neil@xn--bcher-kva.example",
                                        "1@1.example" };
    static const char *const bad[] = {
        "",           "a",
        "@b",         "a@",
        "a@b@c",      "a b@c",
        "a@b c",      "a@b,c@d",
        "a@b;c@d",    "<a@b>",
        "Ada <a@b>",  "a@b>",
        "\"a\"@b",    "a(x)@b",
        "a..b@c",     ".a@b",
        "a.@b",       "a@.b",
        "a@b.",       "a@b..c",
        "a@-b",       "a@b-",
        "a@b-.c",     "\xc3\xa4@b",
        "a@\xc3\xa4", "a@[127.0.0.1]",
        "a@b\r\nx",   "a\\@b",
        "a@b_c",      "a:b@c",
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(good); i++)
        assert_true(mail_is_address(good[i]));
    for (size_t i = 0; i < COUNT(bad); i++)
        assert_false(mail_is_address(bad[i]));
    assert_true(mail_is_address(arena_printf(cx->arena, "%064d@b", 1)));
    assert_false(mail_is_address(arena_printf(cx->arena, "%065d@b", 1)));
    assert_true(mail_is_address(arena_printf(cx->arena, "a@%063d", 1)));
    assert_false(mail_is_address(arena_printf(cx->arena, "a@%064d", 1)));
}

static struct receipt
a_receipt(void)
{
    return (struct receipt){
        .notification_id = "receipt_01a20bbc-d9c0-73ed-81bd-6deefa77535b",
        .order_id = "01a20bbc-d9c0-73ed-81bd-6deefa77535b",
        .username = "Ada & \"Co\" <script>",
        .email = "ada@example.com",
        .product_name = "Tea <b>'No 5'</b>",
        .quantity = 3,
        .price = money_of(1950, "eur"),
        .total = money_of(5850, "eur"),
        .paid_at = 1795493255123,
    };
}

static void
a_receipt_says_what_was_paid(void **state)
{
    struct receipt receipt = a_receipt();
    struct mail mail =
        receipt_mail(*state, &receipt, "The Shop", "https://shop.example/");
    const char *const said[] = {
        receipt.order_id,
        "24 November 2026, 04:07 UTC",
        "3 \xc3\x97 \xe2\x82\xac"
        "19.50",
        "\xe2\x82\xac"
        "58.50",
        "Total paid",
        "The Shop",
        "https://shop.example/",
        "https://shop.example/#/order/01a20bbc-d9c0-73ed-81bd-6deefa77535b",
    };

    assert_string_equal(mail.to, "ada@example.com");
    assert_string_equal(mail.subject,
                        "Your receipt from The Shop: Tea <b>'No 5'</b>");
    for (size_t i = 0; i < COUNT(said); i++) {
        assert_contains(mail.text, said[i]);
        assert_contains(mail.html, said[i]);
    }
    assert_contains(mail.text, "\nTea <b>'No 5'</b>\n");
    assert_contains(mail.text, "\nTotal paid                                "
                               "\xe2\x82\xac"
                               "58.50\n");
    compose(*state, &sender, &mail);
}

static void
html_shows_what_customers_wrote_and_runs_nothing(void **state)
{
    struct receipt receipt = a_receipt();
    struct mail mail =
        receipt_mail(*state, &receipt, "A<&>B", "https://x/\"onclick='");

    assert_contains(mail.html, "Ada &amp; &quot;Co&quot; &lt;script&gt;");
    assert_contains(mail.html, "Tea &lt;b&gt;&#39;No 5&#39;&lt;/b&gt;");
    assert_contains(mail.html, "A&lt;&amp;&gt;B");
    assert_contains(mail.html, "\"https://x/&quot;onclick=&#39;\"");
    assert_null(strstr(mail.html, "<script"));
    assert_null(strstr(mail.html, "<b>"));
}

static void
currencies_without_decimals_have_none(void **state)
{
    struct receipt receipt = a_receipt();

    receipt.price = money_of(1950, "jpy");
    receipt.total = money_of(5850, "jpy");
    assert_contains(receipt_mail(*state, &receipt, "S", NULL).text, "\xc2\xa5"
                                                                    "5,850\n");
}

static void
a_notice_says_what_was_given_back_and_of_what(void **state)
{
    struct receipt receipt = a_receipt();
    struct mail mail;

    receipt.refunded = money_of(1000, "eur");
    mail = receipt_mail(*state, &receipt, "The Shop", NULL);
    assert_string_equal(mail.subject,
                        "Your refund from The Shop: Tea <b>'No 5'</b>");
    assert_contains(mail.text, "we have returned money to you");
    assert_contains(mail.text, "\xe2\x82\xac"
                               "58.50\n");
    assert_contains(mail.text, "Refunded ");
    assert_contains(mail.text, "\xe2\x82\xac"
                               "10.00\n");
    assert_null(strstr(mail.text, "Total paid"));
    assert_null(strstr(mail.html, "Total paid"));
}

static void
without_a_shop_on_the_web_nothing_is_linked(void **state)
{
    struct receipt receipt = a_receipt();
    struct mail mail = receipt_mail(*state, &receipt, "The Shop", NULL);

    assert_null(strstr(mail.text, "http"));
    assert_null(strstr(mail.html, "href"));
    assert_contains(mail.html, "The Shop");
}

/* What a reader of mail would ask for tells others that it was read. */
static void
a_receipt_asks_for_nothing_from_outside(void **state)
{
    struct receipt receipt = a_receipt();
    struct mail mail =
        receipt_mail(*state, &receipt, "The Shop", "https://shop.example");

    assert_null(strstr(mail.html, "<img"));
    assert_null(strstr(mail.html, "src="));
    assert_null(strstr(mail.html, "url("));
    assert_null(strstr(mail.html, "<link"));
    assert_null(strstr(mail.html, "@import"));
    assert_true(strlen(mail.html) < 6 * KIB);
}

/* Every field as long as it may be, of the widest characters. */
static void
the_longest_receipt_is_whole(void **state)
{
    struct receipt receipt = a_receipt();
    struct text name, product;
    struct ctx *cx = *state;
    struct mail mail;

    text_init(&name, cx->arena, KIB);
    text_init(&product, cx->arena, 4 * KIB);
    for (int i = 0; i < 64; i++)
        text_add(&name, "\"");
    for (int i = 0; i < 200; i++)
        text_add(&product, "'");
    receipt.username = name.bytes;
    receipt.product_name = product.bytes;
    receipt.quantity = 1000000;
    receipt.price = money_of(92233720368547, "kwd");
    receipt.total = money_of(INT64_MAX, "kwd");
    mail = receipt_mail(cx, &receipt, "The Shop", "https://shop.example");
    assert_contains(mail.html, "</body></html>\n");
    assert_contains(mail.text, "1000000 \xc3\x97 KWD\xc2\xa0"
                               "92,233,720,368.547 "
                               "KWD\xc2\xa0"
                               "9,223,372,036,854,775.807\n");
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mail_has_the_headers_that_it_must_have),
        TEST(text_comes_first_and_html_last),
        TEST(long_bodies_have_short_lines),
        TEST(subjects_are_cut_between_characters),
        TEST(what_looks_encoded_is_encoded),
        TEST(a_shops_name_is_quoted_or_encoded),
        TEST(headers_are_refused_where_somebody_writes_their_own),
        TEST(only_one_plain_address_is_one),
        TEST(a_receipt_says_what_was_paid),
        TEST(html_shows_what_customers_wrote_and_runs_nothing),
        TEST(currencies_without_decimals_have_none),
        TEST(a_notice_says_what_was_given_back_and_of_what),
        TEST(without_a_shop_on_the_web_nothing_is_linked),
        TEST(a_receipt_asks_for_nothing_from_outside),
        TEST(the_longest_receipt_is_whole),
    };

    secret_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
