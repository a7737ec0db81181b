/* An order as clients see it, shared by the order service's programs. */
#ifndef TILL_ORDER_JSON_H
#define TILL_ORDER_JSON_H

#include "order/order.h"
#include "web/app.h"

/* Writes the order as one object. */
void order_write(struct writer *writer, const struct order *order);

/* Answers with the order and its ETag. */
enum err order_reply(struct ctx *cx, struct reply *reply, int status,
                     const struct order *order);

#endif
