#include "base/money.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

/*
 * The currencies that Stripe charges, by their number of decimals. Left out on
 * purpose: isk and ugx, for which Stripe's own pages contradict each other
 * about decimals; a refused currency costs a sale, a wrong factor costs money.
 */
static const char *const currencies_by_decimals[] = {
    /* 0 */ " bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf ",
    /* 1 */ "",
    /* 2 */
    " usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bgn bmd bnd bob"
    " brl bsd bwp byn bzd cad cdf chf cny cop crc cve czk dkk dop dzd egp etb"
    " eur fjd fkp gbp gel gip gmd gtq gyd hkd hnl htg huf idr ils inr jmd kes"
    " kgs khr kyd kzt lak lbp lkr lrd lsl mad mdl mkd mmk mnt mop mur mvr mwk"
    " mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr pln qar ron rsd"
    " rub sar sbd scr sek sgd shp sle sos srd std szl thb tjs top try ttd twd"
    " tzs uah uyu uzs wst xcd yer zar zmw ",
    /* 3 */ " bhd jod kwd omr tnd ",
};

int
money_decimals(const char *currency)
{
    char word[6];

    if (strnlen(currency, 4) != 3)
        return -1;
    snprintf(word, sizeof word, " %s ", currency);
    for (int decimals = 0; decimals <= 3; decimals++) {
        if (strstr(currencies_by_decimals[decimals], word))
            return decimals;
    }
    return -1;
}

bool
money_is_currency(const char *currency)
{
    return money_decimals(currency) >= 0;
}

struct money
money_of(int64_t minor, const char *currency)
{
    struct money money = { .minor = minor };

    memcpy(money.currency, currency, strnlen(currency, 3));
    return money;
}

bool
money_is_equal(struct money one, struct money other)
{
    return one.minor == other.minor &&
           strcmp(one.currency, other.currency) == 0;
}

/* Appends a digit; false: too large. */
static bool
append(int64_t *minor, char digit)
{
    return !__builtin_mul_overflow(*minor, 10, minor) &&
           !__builtin_add_overflow(*minor, digit - '0', minor);
}

enum err
money_parse(struct ctx *cx, const char *pointer, const char *decimal,
            const char *currency, struct money *ret_money)
{
    int decimals = money_decimals(currency), given = 0;
    const char *at = decimal;
    int64_t minor = 0;
    bool fits = true;

    if (decimals < 0)
        return fail_field(cx, "/currency", "can't be charged in \"%.8s\"",
                          currency);
    if (*at == '-')
        return fail_field(cx, pointer, "must be greater than 0");
    if (!isdigit((unsigned char)*at))
        return fail_field(cx, pointer, "must be a decimal number");
    for (; isdigit((unsigned char)*at); at++)
        fits = fits && append(&minor, *at);
    if (*at == '.' && isdigit((unsigned char)at[1])) {
        for (at++; isdigit((unsigned char)*at); at++, given++) {
            if (given < decimals)
                fits = fits && append(&minor, *at);
        }
    }
    if (fits && *at)
        return fail_field(cx, pointer, "must be a decimal number");
    if (given > decimals)
        return fail_field(cx, pointer, "may have at most %d decimals in %s",
                          decimals, currency);
    while (given++ < decimals)
        fits = fits && append(&minor, '0');
    if (!fits)
        return fail_field(cx, pointer, "is too large");
    if (minor == 0)
        return fail_field(cx, pointer, "must be greater than 0");
    /* Stripe takes three-decimal amounts only as multiples of ten */
    if (decimals == 3 && minor % 10 != 0)
        return fail_field(cx, pointer, "must end in 0 in %s", currency);
    *ret_money = money_of(minor, currency);
    return OK;
}

enum err
money_multiply(struct ctx *cx, const char *pointer, struct money money,
               int64_t count, struct money *ret_product)
{
    struct money product = money;

    if (__builtin_mul_overflow(money.minor, count, &product.minor))
        return fail_field(cx, pointer, "makes the total too large");
    *ret_product = product;
    return OK;
}

void
money_format(struct money money, char *text)
{
    int decimals = money_decimals(money.currency);
    char digits[24];
    int size, whole;

    /* "5" with two decimals is "005", then "0.05" */
    size = snprintf(digits, sizeof digits, "%0*" PRId64,
                    (decimals > 0 ? decimals + 1 : 1) + (money.minor < 0),
                    money.minor);
    whole = decimals > 0 ? size - decimals : size;
    memcpy(text, digits, (size_t)whole);
    text += whole;
    if (decimals > 0) {
        *text++ = '.';
        memcpy(text, digits + whole, (size_t)decimals);
        text += decimals;
    }
    *text = '\0';
}
