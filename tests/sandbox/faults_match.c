#include "faults_match.h"

#include <fnmatch.h>
#include <string.h>

#include "store.h"
#include "tree.h"

/* The order of one of Stripe's objects; NULL: it has none. */
static const char *
order_of_object(struct pool *pool, const char *id)
{
    sqlite3_stmt *query =
        store_query("SELECT order_id FROM object WHERE id = ?", "s", id);
    const char *order = NULL;

    if (store_next(query)) {
        order = store_text(pool, query, 0);
        store_end(query);
    }
    return order;
}

/* By metadata, by what is refunded, or by the object of the path. */
static const char *
order_of(const struct request *request)
{
    static const char *const names[] = { "payment_intent", "charge" };
    struct pool *pool = request->pool;
    struct form form;
    const char *value, *path = request->path;
    size_t i;

    if (form_parse(pool, request->body, request->body_size, &form)) {
        if ((value = form_get(&form, "metadata[order_id]")))
            return value;
        for (i = 0; i < 2; i++)
            if ((value = form_get(&form, names[i])))
                return order_of_object(pool, value);
    }
    if (strncmp(path, "/v1/", 4) || !(path = strchr(path + 4, '/')))
        return NULL;
    return order_of_object(pool,
                           pool_copy(pool, path + 1, strcspn(path + 1, "/")));
}

static bool
rule_fits(const struct request *request, const cJSON *rule)
{
    const char *key = tree_text(rule, "key"),
               *order = tree_text(rule, "order_id"), *found;

    if (key && (!(found = request_header(request, "Idempotency-Key")) ||
                fnmatch(key, found, 0)))
        return false;
    return !order || ((found = order_of(request)) && !strcmp(order, found));
}

const cJSON *
rule_take(const struct request *request)
{
    sqlite3_stmt *query =
        store_query("SELECT seq, path, rule FROM fault"
                    " WHERE method IS NULL OR method = ? ORDER BY seq",
                    "s", request->method);
    const cJSON *rule;
    const char *path;
    long long seq;

    while (store_next(query)) {
        seq = sqlite3_column_int64(query, 0);
        path = (const char *)sqlite3_column_text(query, 1);
        if (fnmatch(path, request->path, 0))
            continue;
        rule = tree_parse(request->pool,
                          (const char *)sqlite3_column_text(query, 2));
        if (!rule_fits(request, rule))
            continue;
        store_end(query);
        store_run("UPDATE fault SET times = times - 1 WHERE seq = ?", "i", seq);
        store_run("DELETE FROM fault WHERE times <= 0", "");
        return rule;
    }
    return NULL;
}
