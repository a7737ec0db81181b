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

static const struct record_field user_fields[] = {
    RECORD_TEXT("id"),
    RECORD_TEXT("username"),
    RECORD_TEXT("email"),
    RECORD_TEXT("email_key"),
    RECORD_TEXT("password_hash"),
    RECORD_TEXT("role"),
    RECORD_INT("version"),
    RECORD_TIME("created_at"),
    RECORD_TIME("updated_at"),
    { 0 },
};

static const struct record_field failure_fields[] = {
    RECORD_TEXT("email_key"),
    RECORD_INT("count"),
    RECORD_TIME("until"),
    { 0 },
};

/* In MongoDB an account exists when its address is settled. */
static const struct record_claim email_claim = { "user_emails", "email_key",
                                                 "user_id" };

const struct record_kind user_records[] = {
    { .table = "users",
      .collection = "users",
      .fields = user_fields,
      .claim = &email_claim },
    { .table = "login_failures",
      .collection = "user_login_failures",
      .fields = failure_fields,
      .expires = "until" },
    { 0 },
};
