/* The lists: newest first, by pages. */

#include "store.h"
#include "stripe.h"
#include "stripe_event.h"
#include "stripe_params.h"
#include "tree.h"

enum { PAGE = 10, PAGE_MAX = 100, TYPES_MAX = 20 };

#define LIST_PARAMS                                                            \
    { "created", PARAM_INTEGER, 0, NULL },                                     \
        { "created[gt]", PARAM_INTEGER, 0, NULL },                             \
        { "created[gte]", PARAM_INTEGER, 0, NULL },                            \
        { "created[lt]", PARAM_INTEGER, 0, NULL },                             \
        { "created[lte]", PARAM_INTEGER, 0, NULL },                            \
        { "ending_before", PARAM_TEXT, 0, NULL },                              \
        { "expand", PARAM_ABSENT, 0, NULL },                                   \
        { "limit", PARAM_INTEGER, 0, NULL },                                   \
    {                                                                          \
        "starting_after", PARAM_TEXT, 0, NULL                                  \
    }

static const struct param intent_params[] = {
    LIST_PARAMS,
    { "customer", PARAM_ABSENT, 0, NULL },
    { "customer_account", PARAM_ABSENT, 0, NULL },
    { NULL, PARAM_TEXT, 0, NULL }
};

static const struct param money_params[] = { LIST_PARAMS,
                                             { "charge", PARAM_TEXT, 0, NULL },
                                             { "payment_intent", PARAM_TEXT, 0,
                                               NULL },
                                             { NULL, PARAM_TEXT, 0, NULL } };

static const struct param event_params[] = { LIST_PARAMS,
                                             { "delivery_success",
                                               PARAM_BOOLEAN, 0, NULL },
                                             { "type", PARAM_TEXT, 0, NULL },
                                             { "types", PARAM_LIST, 0, NULL },
                                             { NULL, PARAM_TEXT, 0, NULL } };

/* What a list is of. */
struct list {
    const char *kind, *url;
    long long since; /* older ones are not shown */
};

/* A page stands above one cursor or below the other; -1: it is unknown. */
struct page {
    long long above, below, limit;
    bool is_backwards;
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

static long long
cursor_find(struct stripe_call *call, const struct list *list, const char *name,
            long long missing)
{
    const char *id = param_text(call, name);
    long long seq = -1;
    sqlite3_stmt *query;

    if (!id)
        return missing;
    query = store_query("SELECT seq FROM object WHERE id = ? AND kind = ?",
                        "ss", id, list->kind);
    if (store_next(query)) {
        seq = sqlite3_column_int64(query, 0);
        store_end(query);
    }
    if (seq < 0)
        stripe_missing(call, 400, list->kind, name, id);
    return seq;
}

static bool
page_find(struct stripe_call *call, const struct list *list,
          struct page *ret_page)
{
    struct page page = { .limit = param_integer(call, "limit", PAGE),
                         .is_backwards = param_text(call, "ending_before") };

    if (page.limit < 1 || page.limit > PAGE_MAX)
        return stripe_refuse(call, 400, "parameter_invalid_integer", "limit",
                             "This value must be between 1 and %d.", PAGE_MAX);
    if (page.is_backwards && param_text(call, "starting_after"))
        return stripe_refuse(call, 400, NULL, NULL,
                             "You may only specify one of these parameters: "
                             "ending_before, starting_after.");
    page.above = cursor_find(call, list, "ending_before", 0);
    page.below = cursor_find(call, list, "starting_after", 1LL << 60);
    *ret_page = page;
    return page.above >= 0 && page.below >= 0;
}

/* type=charge.* and types[]=... as a JSON array of patterns; NULL: any. */
static const char *
types_read(struct stripe_call *call)
{
    const char *type = param_text(call, "type");
    cJSON *types = pool_tree(call->pool, cJSON_CreateArray());
    size_t i;

    if (type)
        cJSON_AddItemToArray(types, cJSON_CreateString(type));
    for (i = 0; i < call->form.count; i++)
        if (param_member(call->pool, &call->form.pairs[i], "types"))
            cJSON_AddItemToArray(types,
                                 cJSON_CreateString(call->form.pairs[i].value));
    return cJSON_GetArraySize(types) ? tree_print(call->pool, types) : NULL;
}

/* Filters of which a list doesn't know are absent from its checked form. */
static sqlite3_stmt *
page_query(struct stripe_call *call, const struct list *list,
           const struct page *page)
{
    static const char filter[] =
        "SELECT body FROM object WHERE kind = ?1"
        " AND created BETWEEN max(?2, ?3) AND ?4 AND seq > ?5 AND seq < ?6"
        " AND (?7 IS NULL OR json_extract(body, '$.charge') = ?7)"
        " AND (?8 IS NULL OR json_extract(body, '$.payment_intent') = ?8)"
        " AND (?9 IS NULL OR ?9 = CASE json_extract(body,"
        "  '$.pending_webhooks') WHEN 0 THEN 'true' ELSE 'false' END)"
        " AND (?10 IS NULL OR EXISTS(SELECT 1 FROM json_each(?10)"
        "  WHERE json_extract(body, '$.type') GLOB value))"
        " ORDER BY seq %s LIMIT ?11";

    return store_query(
        pool_printf(call->pool, filter, page->is_backwards ? "ASC" : "DESC"),
        "siiiiissssi", list->kind, low_bound(call), list->since,
        high_bound(call), page->above, page->below, param_text(call, "charge"),
        param_text(call, "payment_intent"),
        param_text(call, "delivery_success"), types_read(call),
        page->limit + 1);
}

static bool
list_answer(struct stripe_call *call, const struct list *list)
{
    cJSON *data = cJSON_CreateArray(), *item;
    sqlite3_stmt *query;
    struct page page = { 0 };
    bool has_more = false;

    call->status = 200;
    call->body = pool_tree(call->pool, cJSON_CreateObject());
    tree_set_text(call->body, "object", "list");
    tree_set(call->body, "data", data);
    if (!page_find(call, list, &page))
        return false;
    query = page_query(call, list, &page);
    while (store_next(query)) {
        if (cJSON_GetArraySize(data) == page.limit) {
            has_more = true;
            store_end(query);
            break;
        }
        item = cJSON_CreateRaw((const char *)sqlite3_column_text(query, 0));
        if (page.is_backwards)
            cJSON_InsertItemInArray(data, 0, item);
        else
            cJSON_AddItemToArray(data, item);
    }
    tree_set_bool(call->body, "has_more", has_more);
    tree_set_text(call->body, "url", list->url);
    return true;
}

bool
intent_list(struct stripe_call *call)
{
    static const struct list list = { "payment_intent", "/v1/payment_intents",
                                      0 };

    return params_check(call, intent_params) && list_answer(call, &list);
}

bool
refund_list(struct stripe_call *call)
{
    static const struct list list = { "refund", "/v1/refunds", 0 };

    return params_check(call, money_params) && list_answer(call, &list);
}

bool
dispute_list(struct stripe_call *call)
{
    static const struct list list = { "dispute", "/v1/disputes", 0 };

    return params_check(call, money_params) && list_answer(call, &list);
}

bool
event_list(struct stripe_call *call)
{
    struct list list = { "event", "/v1/events",
                         store_now() - EVENT_KEPT_SECONDS + 1 };
    const cJSON *types;
    const char *text;

    if (!params_check(call, event_params))
        return false;
    text = types_read(call);
    types = text ? tree_parse(call->pool, text) : NULL;
    if (types && param_text(call, "type") && cJSON_GetArraySize(types) > 1)
        return stripe_refuse(call, 400, NULL, NULL,
                             "You may only specify one of these parameters: "
                             "type, types.");
    if (types && cJSON_GetArraySize(types) > TYPES_MAX)
        return stripe_refuse(call, 400, NULL, "types",
                             "You may specify up to %d types.", TYPES_MAX);
    return list_answer(call, &list);
}
