/* The payment service, as the order service sees it. Errors: peer.h. */
#ifndef TILL_PAYMENT_CLIENT_H
#define TILL_PAYMENT_CLIENT_H

#include "base/ctx.h"

/*
 * Makes sure that what was begun to pay this order can't succeed any more.
 * ERR_CONFLICT: too late, it is paid, or about to be.
 */
enum err payment_client_cancel(struct ctx *cx, const char *as,
                               const char *order_id);

#endif
