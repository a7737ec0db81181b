#include <ctype.h>
#include <string.h>

#include "base/money.h"
#include "base/text.h"

/* What English texts write for a currency (CLDR, "en"). */
static const struct {
    char currency[4];
    const char *sign;
} signs[] = {
    { "aud", "A$" },           { "brl", "R$" },
    { "cad", "CA$" },          { "cny", "CN\xc2\xa5" },
    { "eur", "\xe2\x82\xac" }, { "gbp", "\xc2\xa3" },
    { "hkd", "HK$" },          { "ils", "\xe2\x82\xaa" },
    { "inr", "\xe2\x82\xb9" }, { "jpy", "\xc2\xa5" },
    { "krw", "\xe2\x82\xa9" }, { "mxn", "MX$" },
    { "nzd", "NZ$" },          { "php", "\xe2\x82\xb1" },
    { "twd", "NT$" },          { "usd", "$" },
    { "vnd", "\xe2\x82\xab" },
};

static void
add_sign(struct text *out, const char *currency)
{
    for (size_t i = 0; i < sizeof signs / sizeof *signs; i++) {
        if (!strcmp(signs[i].currency, currency)) {
            text_add(out, signs[i].sign);
            return;
        }
    }
    for (const char *at = currency; *at; at++)
        text_add_char(out, (char)toupper((unsigned char)*at));
    text_add(out, "\xc2\xa0");
}

const char *
money_show(struct arena *arena, struct money money)
{
    char digits[MONEY_TEXT], *at = digits;
    struct text out;
    size_t whole;

    text_init(&out, arena, 2 * MONEY_TEXT);
    money_format(money, digits);
    if (*at == '-')
        text_add_char(&out, *at++);
    add_sign(&out, money.currency);
    for (whole = strcspn(at, "."); whole > 0; whole--) {
        text_add_char(&out, *at++);
        if (whole > 1 && whole % 3 == 1)
            text_add_char(&out, ',');
    }
    text_add(&out, at);
    return out.bytes;
}
