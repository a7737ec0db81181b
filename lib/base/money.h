/*
 * Money: a count of minor units (cents) and a currency (ISO 4217, lower
 * case, as Stripe writes it). Never a float. How many decimals a currency has
 * follows docs.stripe.com/currencies: where Stripe differs from ISO 4217,
 * Stripe's count is used, since that is what is charged.
 */
#ifndef TILL_MONEY_H
#define TILL_MONEY_H

#include <stdbool.h>

#include "base/ctx.h"

enum { MONEY_TEXT = 32 };

struct money {
    int64_t minor;
    char currency[4];
};

/*
 * Reads "19.99" of a currency. What is wrong is noted for the field at
 * pointer: no decimal number, too many decimals, not above zero, too large;
 * or, for "/currency", a currency that can't be charged.
 */
enum err money_parse(struct ctx *cx, const char *pointer, const char *decimal,
                     const char *currency, struct money *ret_money);

/* money * count; what overflows is noted for the field at pointer. */
enum err money_multiply(struct ctx *cx, const char *pointer, struct money money,
                        int64_t count, struct money *ret_product);

/* Money as it was kept: minor units and a currency of three letters. */
struct money money_of(int64_t minor, const char *currency);

bool money_is_equal(struct money one, struct money other);

/* "1000.00" into text of MONEY_TEXT bytes. */
void money_format(struct money money, char *text);

/*
 * As an English text shows it (CLDR, "en"): thousands apart, and before them
 * the currency's sign, or its code where English has none: "€1,000.00",
 * "¥5,850", "CHF 9.50" (a space that doesn't break).
 */
const char *money_show(struct arena *arena, struct money money);

/* How many decimals a currency has; -1: it can't be charged. */
int money_decimals(const char *currency);

/* Whether Till can charge it. */
bool money_is_currency(const char *currency);

#endif
