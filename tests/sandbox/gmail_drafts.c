/*
 * Gmail has no idempotency key; what stands in for it is that a draft can be
 * sent once: sending deletes it, and sending it again finds nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "gmail.h"
#include "store.h"
#include "tree.h"

enum { PAGE = 100, PAGE_MAX = 500 };

bool
drafts_create(struct gmail_call *call)
{
    static const char *const known[] = { "message", NULL };
    const char *id, *thread = gmail_id(call->pool);
    struct message message;
    cJSON *body, *draft;
    long long number;

    if (!gmail_body(call, known, &body) ||
        !gmail_raw(call, tree_get(body, "message"), &message))
        return false;
    sqlite3_randomness(sizeof(number), &number);
    id = pool_printf(call->pool, "r%lld", number);
    store_run("INSERT INTO draft(id, message, thread, raw, created)"
              " VALUES(?, ?, ?, ?, ?)",
              "sssbi", id, thread, thread, message.raw, message.size,
              store_now());
    draft = pool_tree(call->pool, cJSON_CreateObject());
    tree_set_text(draft, "id", id);
    tree_set(draft, "message", gmail_resource(thread, thread, "DRAFT"));
    answer_tree(call->request, call->answer, 200, draft);
    return true;
}

struct draft {
    const char *message_id, *thread;
    long long created;
    struct message message;
};

static bool
draft_get(struct gmail_call *call, const char *id, struct draft *ret_draft)
{
    sqlite3_stmt *query = store_query(
        "SELECT message, thread, created, raw FROM draft WHERE id = ?", "s",
        id);
    size_t size;

    if (!store_next(query))
        return gmail_refuse(call, 404, NULL);
    size = (size_t)sqlite3_column_bytes(query, 3);
    *ret_draft = (struct draft){
        .message_id = store_text(call->pool, query, 0),
        .thread = store_text(call->pool, query, 1),
        .created = sqlite3_column_int64(query, 2),
        .message = { call->pool,
                     pool_copy(call->pool, sqlite3_column_blob(query, 3), size),
                     size },
    };
    store_end(query);
    return true;
}

/* format=full, metadata, minimal or raw; the parts of a body aren't shown. */
bool
drafts_get(struct gmail_call *call)
{
    const char *format = form_get(&call->request->query, "format");
    cJSON *body, *resource, *payload;
    struct draft draft;

    if (format && strcmp(format, "full") && strcmp(format, "metadata") &&
        strcmp(format, "minimal") && strcmp(format, "raw"))
        return gmail_refuse(call, 400, "Invalid value at 'format'");
    if (!draft_get(call, call->id, &draft))
        return false;
    resource = gmail_resource(draft.message_id, draft.thread, "DRAFT");
    tree_set_number(resource, "sizeEstimate", (long long)draft.message.size);
    tree_set_text(resource, "internalDate",
                  pool_printf(call->pool, "%lld000", draft.created));
    if (format && !strcmp(format, "raw"))
        tree_set_text(resource, "raw",
                      base64_encode_url(call->pool, draft.message.raw,
                                        draft.message.size));
    else if (!format || strcmp(format, "minimal")) {
        payload = cJSON_CreateObject();
        tree_set(payload, "headers", message_headers(&draft.message));
        tree_set(resource, "payload", payload);
    }
    body = pool_tree(call->pool, cJSON_CreateObject());
    tree_set_text(body, "id", call->id);
    tree_set(body, "message", resource);
    answer_tree(call->request, call->answer, 200, body);
    return true;
}

static void
page_read(cJSON *body, struct pool *pool, long long below, long limit)
{
    sqlite3_stmt *query =
        store_query("SELECT seq, id, message, thread FROM draft WHERE seq < ?"
                    " ORDER BY seq DESC LIMIT ?",
                    "ii", below, (long long)limit + 1);
    cJSON *drafts = cJSON_CreateArray(), *draft, *message;
    long long last = 0;

    while (store_next(query)) {
        if (cJSON_GetArraySize(drafts) == limit) {
            tree_set_text(body, "nextPageToken",
                          pool_printf(pool, "%lld", last));
            store_end(query);
            break;
        }
        last = sqlite3_column_int64(query, 0);
        message = cJSON_CreateObject();
        tree_set_text(message, "id", store_text(pool, query, 2));
        tree_set_text(message, "threadId", store_text(pool, query, 3));
        draft = cJSON_CreateObject();
        tree_set_text(draft, "id", store_text(pool, query, 1));
        tree_set(draft, "message", message);
        cJSON_AddItemToArray(drafts, draft);
    }
    tree_set_number(body, "resultSizeEstimate", cJSON_GetArraySize(drafts));
    if (cJSON_GetArraySize(drafts))
        tree_set(body, "drafts", drafts);
    else
        cJSON_Delete(drafts); /* an empty list is left out, as Google does */
}

bool
drafts_list(struct gmail_call *call)
{
    const struct form *query = &call->request->query;
    const char *limit = form_get(query, "maxResults"),
               *below = form_get(query, "pageToken");
    cJSON *body = pool_tree(call->pool, cJSON_CreateObject());
    long size = limit ? strtol(limit, NULL, 10) : PAGE;
    char *end = NULL;
    long long first = below ? strtoll(below, &end, 10) : 1LL << 60;

    if (form_get(query, "q"))
        return gmail_refuse(call, 400,
                            "The sandbox can't search: no `q` here.");
    if (size < 1 || size > PAGE_MAX)
        return gmail_refuse(call, 400, "Invalid value at 'max_results'");
    if (below && (end == below || *end))
        return gmail_refuse(call, 400, "Invalid pageToken");
    page_read(body, call->pool, first, size);
    answer_tree(call->request, call->answer, 200, body);
    return true;
}

bool
drafts_send(struct gmail_call *call)
{
    static const char *const known[] = { "id", NULL };
    struct draft draft;
    const char *id;
    cJSON *body;

    if (!gmail_body(call, known, &body))
        return false;
    if (!(id = tree_text(body, "id")))
        return gmail_refuse(call, 400, "Missing draft id");
    if (!draft_get(call, id, &draft) ||
        !gmail_send(call, &draft.message, draft.thread))
        return false;
    store_run("DELETE FROM draft WHERE id = ?", "s", id);
    return true;
}

bool
drafts_delete(struct gmail_call *call)
{
    struct draft draft;

    if (!draft_get(call, call->id, &draft))
        return false;
    store_run("DELETE FROM draft WHERE id = ?", "s", call->id);
    call->answer->status = 204;
    return true;
}
