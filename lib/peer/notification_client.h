/* The notification service, as the payment service sees it. Errors: peer.h. */
#ifndef TILL_NOTIFICATION_CLIENT_H
#define TILL_NOTIFICATION_CLIENT_H

#include "base/ctx.h"
#include "base/money.h"

/* Asks for the order's receipt; the same order again changes nothing. */
enum err notification_client_notify(struct ctx *cx, const char *as,
                                    const char *user_id, const char *order_id);

/*
 * Asks for the mail about one refund of the order: the same number again
 * changes nothing.
 */
enum err notification_client_notify_refund(struct ctx *cx, const char *as,
                                           const char *user_id,
                                           const char *order_id, int64_t number,
                                           struct money amount);

#endif
