/* What a person does about a payment's flags (review.h): sees and closes. */
#ifndef TILL_REVIEWING_H
#define TILL_REVIEWING_H

#include "payment/payment_store.h"
#include "payment/review.h"

typedef void reviewing_function(struct ctx *cx, const struct payment *payment,
                                void *arg);

/* Each payment that has an open flag. */
enum err reviewing_each(struct ctx *cx, struct payment_store *store,
                        reviewing_function *on_payment, void *arg);

/*
 * Closes all open flags of an order's payment, with who did it and what they
 * have to say. No money moves by it; an order that may not be charged any
 * more can then be cancelled. ERR_NOT_FOUND: no flag of it is open.
 */
enum err reviewing_resolve(struct ctx *cx, struct payment_store *store,
                           const char *order_id, const char *by,
                           const char *note,
                           const struct payment **ret_payment);

#endif
