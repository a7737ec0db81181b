#ifndef SANDBOX_STRIPE_CURRENCY_H
#define SANDBOX_STRIPE_CURRENCY_H

#include "stripe.h"

/* Checks the call's amount and currency; docs.stripe.com/currencies. */
bool currency_check(struct stripe_call *call);

#endif
