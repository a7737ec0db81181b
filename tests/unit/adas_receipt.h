/* What stands in the receipt that the tests of delivery mail. */
#ifndef TILL_ADAS_RECEIPT_H
#define TILL_ADAS_RECEIPT_H

#include "notification/notification.h"
#include "notification/receipt.h"

static inline struct receipt
adas_receipt(const struct notification *notification)
{
    return (struct receipt){
        .notification_id = notification->id,
        .order_id = notification->order_id,
        .username = "Ada",
        .email = "ada@example.com",
        .product_name = "Tea",
        .quantity = 1,
        .price = money_of(100, "usd"),
        .total = money_of(100, "usd"),
        .paid_at = notification->created_at,
    };
}

#endif
