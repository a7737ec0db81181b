#include "order/order_store.h"

#include "io/idempotency.h"
#include "io/mongo.h"
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

    if (url.mongo) {
        if ((err = order_store_mongo_open(cx, url.mongo, &store)))
            return err;
        idempotency_store_open_mongo(store.mongo,
                                     IDEMPOTENCY_COLLECTION("order"));
        return OK;
    }
    if ((err = order_store_sqlite_open(cx, url.sqlite, &store)))
        return err;
    idempotency_store_open(store.db);
    *ret_db = store.db;
    return OK;
}

void
order_store_close(void)
{
    db_close(store.db);
    mongo_close(store.mongo);
    store = (struct order_store){ 0 };
}

static const struct record_field order_fields[] = {
    RECORD_TEXT("id"),
    RECORD_TEXT("user_id"),
    RECORD_TEXT("product_name"),
    RECORD_INT("quantity"),
    RECORD_INT("price"),
    RECORD_INT("total"),
    RECORD_TEXT("currency"),
    RECORD_TEXT("status"),
    RECORD_TEXT("payment_id"),
    RECORD_INT("version"),
    RECORD_TIME("created_at"),
    RECORD_TIME("updated_at"),
    { 0 },
};

const struct record_kind order_records[] = {
    { .table = "orders", .collection = "orders", .fields = order_fields },
    IDEMPOTENCY_RECORDS("order"),
    { 0 },
};
