#include "stripe_currency.h"

#include <string.h>

#include "stripe_params.h"

enum { AMOUNT_MAX = 99999999 };

static const char currencies[] =
    "usd aed afn all amd ang aoa ars aud awg azn bam bbd bdt bhd bif bmd bnd "
    "bob brl bsd bwp byn bzd cad cdf chf clp cny cop crc cve czk djf dkk dop "
    "dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg huf idr "
    "ils inr isk jmd jod jpy kes kgs khr kmf krw kwd kyd kzt lak lbp lkr lrd "
    "lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok "
    "npr nzd omr pab pen pgk php pkr pln pyg qar ron rsd rub rwf sar sbd scr "
    "sek sgd shp sle sos srd std szl thb tjs tnd top try ttd twd tzs uah ugx "
    "uyu uzs vnd vuv wst xaf xcd xof xpf yer zar zmw";

/* Currencies of three decimals, whose last must be 0. */
static const char three_decimals[] = "bhd jod kwd omr tnd";

/* What is documented for sure; below it other currencies take 1. */
static const struct minimum {
    const char *currency, *text;
    long long amount;
} minimums[] = {
    { "usd", "$0.50 usd", 50 },
    { "eur",
      "\xe2\x82\xac"
      "0.50 eur",
      50 },
    { "gbp",
      "\xc2\xa3"
      "0.30 gbp",
      30 },
    { "cad", "$0.50 cad", 50 },
    { "aud", "$0.50 aud", 50 },
    { "jpy",
      "\xc2\xa5"
      "50 jpy",
      50 },
};

static bool
is_listed(const char *list, const char *currency)
{
    return strlen(currency) == 3 && !strchr(currency, ' ') &&
           strstr(list, currency);
}

static bool
minimum_check(struct stripe_call *call, long long amount, const char *currency)
{
    size_t i;

    for (i = 0; i < sizeof(minimums) / sizeof(*minimums); i++)
        if (!strcmp(minimums[i].currency, currency) &&
            amount < minimums[i].amount)
            return stripe_refuse(call, 400, "amount_too_small", "amount",
                                 "Amount must be at least %s",
                                 minimums[i].text);
    return true;
}

bool
currency_check(struct stripe_call *call)
{
    const char *currency = param_text(call, "currency");
    long long amount = param_integer(call, "amount", 0);

    if (!is_listed(currencies, currency))
        return stripe_refuse(call, 400, NULL, "currency",
                             "Invalid currency: %.20s. Stripe currently "
                             "supports these currencies: %s",
                             currency, currencies);
    if (amount < 1)
        return stripe_refuse(call, 400, "parameter_invalid_integer", "amount",
                             "This value must be greater than or equal to "
                             "1.");
    if (amount > AMOUNT_MAX)
        return stripe_refuse(call, 400, "amount_too_large", "amount",
                             "Amount must be no more than %d, in the "
                             "smallest unit.",
                             AMOUNT_MAX);
    if (is_listed(three_decimals, currency) && amount % 10)
        return stripe_refuse(call, 400, NULL, "amount",
                             "Invalid amount: in %s the last digit must be "
                             "0.",
                             currency);
    return minimum_check(call, amount, currency);
}
