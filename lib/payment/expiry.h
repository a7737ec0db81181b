/* Orders that nobody pays expire, and what was begun to pay them ends. */
#ifndef TILL_EXPIRY_H
#define TILL_EXPIRY_H

#include "payment/payment_store.h"

/*
 * If it is time, and nobody else does it: sets orders Expired that have been
 * Pending for ORDER_EXPIRY hours, each after its intent was cancelled. One
 * that somebody is paying right now stays for a later turn. ret_is_idle: it
 * wasn't time.
 */
enum err expiry_turn(struct ctx *cx, struct payment_store *store,
                     bool *ret_is_idle);

#endif
