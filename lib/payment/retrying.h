/* Somebody who looks after the shop wants a payment looked at now. */
#ifndef TILL_RETRYING_H
#define TILL_RETRYING_H

#include "payment/payment_store.h"

/*
 * Makes the order's payment due at once, whatever it waits for; payment-worker
 * takes it up. Nothing is charged that wouldn't be. ERR_NOT_FOUND: there is
 * none; ERR_CONFLICT: nothing of it is open.
 */
enum err payment_retry(struct ctx *cx, struct payment_store *store,
                       const char *order_id);

#endif
