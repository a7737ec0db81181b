/* What Stripe says of a payment's intent, for settlement*.c alone. */
#ifndef TILL_SETTLEMENT_INTENT_H
#define TILL_SETTLEMENT_INTENT_H

#include "payment/settlement.h"
#include "payment/stripe.h"

/*
 * Keeps what Stripe said of the payment's own intent; attempt_number is whose
 * answer it is, 0: it was only looked at. ERR_DECLINED: it can be tried again.
 * ERR_CONFLICT: it has succeeded, but not as it should have; a person is told.
 */
enum err settlement_take_in(struct ctx *cx, struct settlement *work,
                            const struct intent *intent,
                            int64_t attempt_number);

/*
 * Where Stripe has said nothing of it; err is why. ERR_NOT_FOUND, it doesn't
 * know it, becomes ERR_CONFLICT: nothing can be asked or done about what may
 * have been charged, so a person is told. Any other stays as it is.
 */
enum err settlement_miss(struct ctx *cx, struct settlement *work, enum err err);

/*
 * Whether it waits for a payment method or a confirmation: it was never tried,
 * or has failed, or is about to be tried.
 */
bool intent_is_back_at_beginning(const struct intent *intent);

#endif
