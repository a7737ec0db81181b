#include "notification/notification_store.h"

#include "io/idempotency.h"
#include "io/mongo.h"
#include "io/store_url.h"

static struct notification_store store;

struct notification_store *
notification_store(void)
{
    return &store;
}

enum err
notification_store_open(struct ctx *cx, struct db **ret_db)
{
    struct store_url url =
        store_url_of(SETTING_NOTIFICATION_DB, "notification");
    enum err err;

    if (url.mongo) {
        if ((err = notification_store_mongo_open(cx, url.mongo, &store)))
            return err;
        idempotency_store_open_mongo(store.mongo);
        return OK;
    }
    if ((err = notification_store_sqlite_open(cx, url.sqlite, &store)))
        return err;
    idempotency_store_open(store.db);
    *ret_db = store.db;
    return OK;
}

void
notification_store_close(void)
{
    db_close(store.db);
    mongo_close(store.mongo);
    store = (struct notification_store){ 0 };
}
