/* What the parts of the MongoDB home of notifications share. */
#ifndef TILL_NOTIFICATION_STORE_MONGO_H
#define TILL_NOTIFICATION_STORE_MONGO_H

#include "notification/notification_store.h"

#define NOTIFICATIONS "notifications"
#define MAILBOXES_KEPT "mailboxes"

/* Fills in the functions for what needs a person. */
void notification_mongo_add_stuck(struct notification_store *store);

#endif
