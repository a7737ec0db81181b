/* What the parts of the MongoDB home of accounts share. */
#ifndef TILL_USER_STORE_MONGO_H
#define TILL_USER_STORE_MONGO_H

#include "io/mongo.h"
#include "user/user.h"

#define USERS "users"

/* An account from its document; NULL: it isn't one as it is written here. */
struct user *user_mongo_read(struct ctx *cx, const struct mongo_doc *doc);

/* Fills in the function that searches. */
void user_mongo_add_search(struct user_store *store);

#endif
