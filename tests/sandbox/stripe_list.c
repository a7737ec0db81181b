/* GET /v1/payment_intents: newest first, by pages. */
#include <string.h>

#include "store.h"
#include "stripe_intent.h"
#include "stripe_object.h"
#include "stripe_params.h"
#include "tree.h"

enum { PAGE = 10, PAGE_MAX = 100 };

static const struct param list_params[] = {
    { "created", PARAM_INTEGER, 0, NULL },
    { "created[gt]", PARAM_INTEGER, 0, NULL },
    { "created[gte]", PARAM_INTEGER, 0, NULL },
    { "created[lt]", PARAM_INTEGER, 0, NULL },
    { "created[lte]", PARAM_INTEGER, 0, NULL },
    { "limit", PARAM_INTEGER, 0, NULL },
    { "starting_after", PARAM_TEXT, 0, NULL },
    { "customer", PARAM_ABSENT, 0, NULL },
    { "customer_account", PARAM_ABSENT, 0, NULL },
    { "ending_before", PARAM_ABSENT, 0, NULL },
    { "expand", PARAM_ABSENT, 0, NULL },
    { NULL, PARAM_TEXT, 0, NULL }
};

static long long
low_bound(struct stripe_call *call)
{
    long long low = param_integer(call, "created[gte]", 0),
              above = param_integer(call, "created[gt]", -1) + 1;

    return param_integer(call, "created", low > above ? low : above);
}

static long long
high_bound(struct stripe_call *call)
{
    const long long end = 1LL << 60;
    long long high = param_integer(call, "created[lte]", end),
              below = param_integer(call, "created[lt]", end + 1) - 1;

    return param_integer(call, "created", high < below ? high : below);
}

/* The sequence number to start below; -1 when the cursor is unknown. */
static long long
cursor_find(struct stripe_call *call)
{
    const char *after = param_text(call, "starting_after");
    long long seq = -1;
    sqlite3_stmt *query;

    if (!after)
        return 1LL << 60;
    query = store_query("SELECT seq FROM object WHERE id = ?"
                        " AND kind = 'payment_intent'",
                        "s", after);
    if (store_next(query)) {
        seq = sqlite3_column_int64(query, 0);
        store_end(query);
    }
    return seq;
}

static void
page_read(struct stripe_call *call, long long below, long long limit)
{
    cJSON *data = cJSON_CreateArray();
    sqlite3_stmt *query = store_query(
        "SELECT body FROM object WHERE kind = 'payment_intent'"
        " AND created BETWEEN ? AND ? AND seq < ? ORDER BY seq DESC LIMIT ?",
        "iiii", low_bound(call), high_bound(call), below, limit + 1);
    bool has_more = false;

    while (store_next(query)) {
        if (cJSON_GetArraySize(data) == limit) {
            has_more = true;
            store_end(query);
            break;
        }
        cJSON_AddItemToArray(
            data, cJSON_CreateRaw((const char *)sqlite3_column_text(query, 0)));
    }
    tree_set_text(call->body, "object", "list");
    tree_set(call->body, "data", data);
    tree_set_bool(call->body, "has_more", has_more);
    tree_set_text(call->body, "url", "/v1/payment_intents");
}

bool
intent_list(struct stripe_call *call)
{
    long long limit, below;

    if (!params_check(call, list_params))
        return false;
    limit = param_integer(call, "limit", PAGE);
    if (limit < 1 || limit > PAGE_MAX)
        return stripe_refuse(call, 400, "parameter_invalid_integer", "limit",
                             "This value must be between 1 and %d.", PAGE_MAX);
    below = cursor_find(call);
    if (below < 0)
        return stripe_missing(call, 400, "payment_intent", "starting_after",
                              param_text(call, "starting_after"));
    call->status = 200;
    call->body = pool_tree(call->pool, cJSON_CreateObject());
    page_read(call, below, limit);
    return true;
}
