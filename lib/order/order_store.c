#include "order/order_store.h"

#include "base/stop.h"
#include "io/store_url.h"

static struct order_store store;

struct order_store *
order_store(void)
{
    return &store;
}

enum err
order_store_open(struct ctx *cx, struct db **ret_db)
{
    struct store_url url = store_url_of(SETTING_ORDER_DB, "order");
    enum err err;

    if (!url.sqlite)
        die("ORDER_DB: only sqlite:PATH is supported for orders so far");
    if ((err = order_store_sqlite_open(cx, url.sqlite, &store)))
        return err;
    *ret_db = store.db;
    return OK;
}

void
order_store_close(void)
{
    db_close(store.db);
    store = (struct order_store){ 0 };
}
