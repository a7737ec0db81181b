#include "payment/payment_store.h"

#include "io/idempotency.h"
#include "io/mongo.h"
#include "io/store_url.h"

static struct payment_store store;

struct payment_store *
payment_store(void)
{
    return &store;
}

enum err
payment_store_open(struct ctx *cx, struct db **ret_db)
{
    struct store_url url = store_url_of(SETTING_PAYMENT_DB, "payment");
    enum err err;

    if (url.mongo) {
        if ((err = payment_store_mongo_open(cx, url.mongo, &store)))
            return err;
        idempotency_store_open_mongo(store.mongo,
                                     IDEMPOTENCY_COLLECTION("payment"));
        return OK;
    }
    if ((err = payment_store_sqlite_open(cx, url.sqlite, &store)))
        return err;
    idempotency_store_open(store.db);
    *ret_db = store.db;
    return OK;
}

void
payment_store_close(void)
{
    db_close(store.db);
    mongo_close(store.mongo);
    store = (struct payment_store){ 0 };
}
