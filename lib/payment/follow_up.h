/*
 * What follows from whatever is known of a payment by now, whoever has found
 * it out: a worker, an event, somebody who looks.
 */
#ifndef TILL_FOLLOW_UP_H
#define TILL_FOLLOW_UP_H

#include "payment/settlement.h"

/*
 * With the lease, which is given back: cancels the intent of an order that is
 * over, carries out what follows from success, returns what is owed. What
 * can't be done now stays to be done; cx has nothing to say of it.
 */
void follow_up(struct ctx *cx, struct settlement *work);

#endif
