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
        idempotency_store_open_mongo(store.mongo,
                                     IDEMPOTENCY_COLLECTION("notification"));
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

static const struct record_field notification_fields[] = {
    RECORD_TEXT("id"),
    RECORD_TEXT("user_id"),
    RECORD_TEXT("order_id"),
    RECORD_INT("refund"),
    RECORD_INT("amount"),
    RECORD_TEXT("currency"),
    RECORD_TEXT("status"),
    RECORD_INT("attempts"),
    RECORD_TIME("due_at"),
    RECORD_TEXT("mailbox"),
    RECORD_TEXT("draft_id"),
    RECORD_TIME("send_started_at"),
    RECORD_TIME("sent_at"),
    RECORD_TEXT("last_error"),
    RECORD_INT("version"),
    RECORD_TIME("created_at"),
    RECORD_TIME("updated_at"),
    RECORD_TIME("closed_at"),
    RECORD_TEXT("closed_by"),
    RECORD_TEXT("note"),
    { 0 },
};

static const struct record_field mailbox_fields[] = {
    RECORD_TEXT("id"),
    RECORD_TEXT("access_token"),
    RECORD_TIME("token_expires_at"),
    RECORD_TIME("refreshing_until"),
    RECORD_TIME("paused_until"),
    RECORD_TEXT("pause_reason"),
    RECORD_INT("failures"),
    RECORD_TIME("next_try_at"),
    RECORD_TIME("swept_at"),
    RECORD_TEXT("sweep_page"),
    RECORD_INT("version"),
    { 0 },
};

const struct record_kind notification_records[] = {
    { .table = "notifications",
      .collection = "notifications",
      .fields = notification_fields },
    { .table = "mailboxes",
      .collection = "mailboxes",
      .fields = mailbox_fields },
    IDEMPOTENCY_RECORDS("notification"),
    { 0 },
};
