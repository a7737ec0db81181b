/* What the parts of the SQLite home of notifications share. */
#ifndef TILL_NOTIFICATION_STORE_SQLITE_H
#define TILL_NOTIFICATION_STORE_SQLITE_H

#include "notification/notification_store.h"

/* Fills in the functions for what needs a person. */
void notification_sqlite_add_stuck(struct notification_store *store);

#endif
