/*
 * Every service's data, for the tools: its setting, and what MongoDB has. None
 * refers to one after it: an order has a user, a mail an order, and a payment
 * knows which order it has marked and which mail it has asked for.
 */
#ifndef TILL_SERVICES_H
#define TILL_SERVICES_H

#include "base/config.h"
#include "io/mongo_schema.h"
#include "notification/notification_store.h"
#include "order/order_store.h"
#include "payment/payment_store.h"
#include "user/user_store.h"

static const struct service {
    enum setting setting;
    const char *name;
    const struct mongo_collection *collections;
    const struct record_kind *records;
} services[] = {
    { SETTING_USER_DB, "user", user_collections, user_records },
    { SETTING_ORDER_DB, "order", order_collections, order_records },
    { SETTING_NOTIFICATION_DB, "notification", notification_collections,
      notification_records },
    { SETTING_PAYMENT_DB, "payment", payment_collections, payment_records },
};

enum { SERVICES = sizeof services / sizeof *services };

#endif
