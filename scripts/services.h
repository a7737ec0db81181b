/* Every service's data, for the tools: its setting, and what MongoDB has. */
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
} services[] = {
    { SETTING_USER_DB, "user", user_collections },
    { SETTING_ORDER_DB, "order", order_collections },
    { SETTING_NOTIFICATION_DB, "notification", notification_collections },
    { SETTING_PAYMENT_DB, "payment", payment_collections },
};

enum { SERVICES = sizeof services / sizeof *services };

#endif
