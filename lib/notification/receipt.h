/*
 * What a customer reads after having paid: the receipt; or, after having got
 * money back, the notice about a refund.
 */
#ifndef TILL_RECEIPT_H
#define TILL_RECEIPT_H

#include "base/money.h"
#include "notification/mail.h"

struct receipt {
    const char *notification_id, *order_id;
    const char *username, *email;
    const char *product_name;
    int64_t quantity;
    struct money price, total;
    struct money refunded; /* of a notice; minor is 0: it is the receipt */
    int64_t paid_at; /* when it was asked for, which is when it was paid */
};

/*
 * Its mail, as of now. shop_url: where the shop is, or NULL. Whatever a
 * customer has written is escaped for HTML here, and checked for the headers
 * by mail_compose.
 */
struct mail receipt_mail(struct ctx *cx, const struct receipt *receipt,
                         const char *shop_name, const char *shop_url);

#endif
