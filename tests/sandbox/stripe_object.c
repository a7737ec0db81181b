#include "stripe_object.h"

#include "store.h"
#include "tree.h"

enum { ID_RANDOM = 23 };

char *
object_id(struct pool *pool, const char *prefix)
{
    char random[ID_RANDOM + 1];

    random_text(random, ID_RANDOM);
    return pool_printf(pool, "%s%s", prefix, random);
}

void
object_insert(struct pool *pool, const cJSON *body, const char *secret)
{
    store_run("INSERT INTO object(id, kind, created, body, secret)"
              " VALUES(?, ?, ?, ?, ?)",
              "ssiss", tree_text(body, "id"), tree_text(body, "object"),
              tree_number(body, "created"), tree_print(pool, body), secret);
}

void
object_update(struct pool *pool, const cJSON *body)
{
    store_run("UPDATE object SET body = ? WHERE id = ?", "ss",
              tree_print(pool, body), tree_text(body, "id"));
}

void
object_keep_secret(const char *id, const char *secret)
{
    store_run("UPDATE object SET secret = ? WHERE id = ?", "ss", secret, id);
}

cJSON *
object_get(struct pool *pool, const char *kind, const char *id,
           char **ret_secret)
{
    sqlite3_stmt *query =
        store_query("SELECT body, secret FROM object WHERE id = ? AND kind = ?",
                    "ss", id, kind);
    cJSON *body;

    if (!store_next(query))
        return NULL;
    body = tree_parse(pool, (const char *)sqlite3_column_text(query, 0));
    if (ret_secret)
        *ret_secret = store_text(pool, query, 1);
    store_end(query);
    return body;
}
