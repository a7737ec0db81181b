#include "notification/notification_store.h"

#include "base/stop.h"
#include "io/idempotency.h"
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

    if (!url.sqlite)
        die("NOTIFICATION_DB: only sqlite:PATH is supported for notifications "
            "so far");
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
    store = (struct notification_store){ 0 };
}
