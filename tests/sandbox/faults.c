#include "faults.h"

#include <string.h>

#include "control.h"
#include "faults_match.h"
#include "store.h"
#include "tree.h"

enum { TIMES_MAX = 1000000, DELAY_MAX = 600000 };

struct fault
fault_take(const struct request *request)
{
    struct fault fault = { .cut = -1 };
    struct pool *pool = request->pool;
    const cJSON *rule = rule_take(request), *body;
    const char *drop = tree_text(rule, "drop"), *hang = tree_text(rule, "hang");

    if (!rule)
        return fault;
    fault.delay_ms = (long)tree_number(rule, "delay_ms");
    fault.status = (unsigned)tree_number(rule, "status");
    fault.has_effect = cJSON_IsTrue(tree_get(rule, "effect"));
    if ((body = tree_get(rule, "body")))
        fault.body =
            cJSON_IsString(body) ? body->valuestring : tree_print(pool, body);
    fault.reason = tree_text(rule, "reason");
    fault.headers = tree_get(rule, "headers");
    fault.has_hang = hang != NULL;
    if (drop || hang)
        fault.drop =
            strcmp(drop ? drop : hang, "before") ? DROP_AFTER : DROP_BEFORE;
    if (tree_get(rule, "cut"))
        fault.cut = (long)tree_number(rule, "cut");
    return fault;
}

static bool
is_whole(const cJSON *item, long low, long high)
{
    return cJSON_IsNumber(item) && item->valuedouble >= low &&
           item->valuedouble <= high &&
           item->valuedouble == (double)(long)item->valuedouble;
}

/* Texts without control characters, and not too many for an answer. */
static bool
headers_are_good(const cJSON *headers)
{
    const cJSON *item;
    const char *at;

    cJSON_ArrayForEach(item, headers)
    {
        if (!cJSON_IsString(item))
            return false;
        for (at = item->valuestring; *at; at++)
            if ((unsigned char)*at < ' ')
                return false;
    }
    return cJSON_IsObject(headers) && cJSON_GetArraySize(headers) <= 4;
}

/* What is wrong with a member; NULL: nothing. */
static const char *
member_fault(const cJSON *item)
{
    const char *name = item->string;

    if (!strcmp(name, "method") || !strcmp(name, "path") ||
        !strcmp(name, "key") || !strcmp(name, "order_id") ||
        !strcmp(name, "reason"))
        return cJSON_IsString(item) ? NULL : "must be a text";
    if (!strcmp(name, "headers"))
        return headers_are_good(item) ? NULL : "must be up to 4 texts by name";
    if (!strcmp(name, "times"))
        return is_whole(item, 1, TIMES_MAX) ? NULL : "must be 1 to 1000000";
    if (!strcmp(name, "delay_ms"))
        return is_whole(item, 0, DELAY_MAX) ? NULL : "must be 0 to 600000";
    if (!strcmp(name, "status"))
        return is_whole(item, 200, 599) ? NULL : "must be 200 to 599";
    if (!strcmp(name, "cut"))
        return is_whole(item, 0, 1 << 30) ? NULL : "must be a size";
    if (!strcmp(name, "effect"))
        return cJSON_IsBool(item) ? NULL : "must be true or false";
    if (!strcmp(name, "drop") || !strcmp(name, "hang"))
        return cJSON_IsString(item) && (!strcmp(item->valuestring, "before") ||
                                        !strcmp(item->valuestring, "after"))
                   ? NULL
                   : "must be \"before\" or \"after\"";
    return strcmp(name, "body") ? "is not known" : NULL;
}

static const char *
rule_fault(struct pool *pool, const cJSON *rule)
{
    const cJSON *item;
    const char *wrong;
    int ways;

    if (!cJSON_IsObject(rule))
        return "each rule must be an object";
    cJSON_ArrayForEach(item, rule)
    {
        if ((wrong = member_fault(item)))
            return pool_printf(pool, "`%s` %s", item->string, wrong);
    }
    ways = !!tree_get(rule, "status") + !!tree_get(rule, "drop") +
           !!tree_get(rule, "hang") + !!tree_get(rule, "cut");
    if (ways > 1)
        return "at most one of `status`, `drop`, `hang` and `cut`";
    if (!tree_get(rule, "status") &&
        (tree_get(rule, "body") || tree_get(rule, "effect") ||
         tree_get(rule, "reason")))
        return "`body`, `effect` and `reason` go with `status`";
    if (!tree_get(rule, "path"))
        return "`path` is missing";
    return NULL;
}

static void
faults_add(struct request *request, struct answer *answer)
{
    const cJSON *rules = tree_parse(request->pool, request->body), *rule;
    const char *wrong;

    if (!cJSON_IsArray(rules)) {
        control_refuse(request, answer, 400, "an array of rules is wanted");
        return;
    }
    cJSON_ArrayForEach(rule, rules)
    {
        if ((wrong = rule_fault(request->pool, rule))) {
            control_refuse(request, answer, 400, wrong);
            return;
        }
    }
    store_begin();
    cJSON_ArrayForEach(rule, rules)
    {
        store_run("INSERT INTO fault(method, path, times, rule)"
                  " VALUES(?, ?, ?, ?)",
                  "ssis", tree_text(rule, "method"), tree_text(rule, "path"),
                  tree_get(rule, "times") ? tree_number(rule, "times") : 1LL,
                  tree_print(request->pool, rule));
    }
    store_commit();
}

void
faults_serve(struct request *request, struct answer *answer)
{
    cJSON *list = pool_tree(request->pool, cJSON_CreateArray()), *rule;
    sqlite3_stmt *query;

    answer->status = 0;
    if (!strcmp(request->method, "POST"))
        faults_add(request, answer);
    if (answer->status)
        return;
    store_begin();
    if (!strcmp(request->method, "DELETE")) {
        store_run("DELETE FROM fault", "");
        http_release();
    }
    query = store_query("SELECT rule, times FROM fault ORDER BY seq", "");
    while (store_next(query)) {
        rule = cJSON_Parse((const char *)sqlite3_column_text(query, 0));
        tree_set_number(rule, "times", sqlite3_column_int64(query, 1));
        cJSON_AddItemToArray(list, rule);
    }
    store_commit();
    answer_tree(request, answer, 200, list);
}
