/* A payment as clients see it, shared by the payment service's programs. */
#ifndef TILL_PAYMENT_JSON_H
#define TILL_PAYMENT_JSON_H

#include "payment/checkout.h"
#include "payment/refund.h"
#include "web/app.h"

/* Opens the store and reads Stripe's settings: every program's open(). */
enum err payment_open(struct ctx *cx, struct db **ret_db);

/* The id of the payment, whose it is, what it costs: into an open object. */
void payment_write_head(struct writer *writer, const struct payment *payment);

/* One refund, as an object of its own. */
void payment_write_refund(struct ctx *cx, struct writer *writer,
                          const char *name, const struct payment *payment,
                          const struct refund *refund);

#endif
