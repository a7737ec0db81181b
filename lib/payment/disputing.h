/*
 * Disputes: the card's holder wants the money back. They are answered in
 * Stripe's dashboard by a person; Till raises a flag for each and follows it.
 */
#ifndef TILL_DISPUTING_H
#define TILL_DISPUTING_H

#include "payment/settlement.h"

/*
 * Takes in what Stripe has of a payment's disputes: each is a flag that is
 * closed when the shop keeps the money, and open again when it has lost.
 */
enum err disputing_hear(struct ctx *cx, struct settlement *work);

#endif
