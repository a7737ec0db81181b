#include "user/user_store.h"

#include "io/mongo.h"
#include "io/store_url.h"

static struct user_store store;

struct user_store *
user_store(void)
{
    return &store;
}

enum err
user_store_open(struct ctx *cx, struct db **ret_db)
{
    struct store_url url = store_url_of(SETTING_USER_DB, "user");
    enum err err;

    if (url.mongo)
        return user_store_mongo_open(cx, url.mongo, &store);
    if ((err = user_store_sqlite_open(cx, url.sqlite, &store)))
        return err;
    *ret_db = store.db;
    return OK;
}

void
user_store_close(void)
{
    db_close(store.db);
    mongo_close(store.mongo);
    store = (struct user_store){ 0 };
}
