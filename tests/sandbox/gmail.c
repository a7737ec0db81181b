/*
 * drafts and messages of users/me. Gmail has no idempotency key; what stands
 * in for it is that a draft can be sent once: sending deletes it, and sending
 * it again finds nothing.
 */
#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "gmail_message.h"
#include "google.h"
#include "store.h"
#include "tree.h"

enum { PAGE = 100, PAGE_MAX = 500 };

struct gmail_call {
    struct request *request;
    struct answer *answer;
    struct pool *pool;
    const char *id; /* of the path */
};

typedef bool gmail_handler(struct gmail_call *call);

static bool
refuse(struct gmail_call *call, unsigned status, const char *message)
{
    return google_refuse(call->request, call->answer, status, message);
}

/* Google's ids of messages are 16 hexadecimal digits. */
static char *
message_id_new(struct pool *pool)
{
    unsigned long long value;

    sqlite3_randomness(sizeof(value), &value);
    return pool_printf(pool, "%016llx", value);
}

static cJSON *
resource_new(const char *id, const char *thread, const char *label)
{
    cJSON *message = cJSON_CreateObject(), *labels = cJSON_CreateArray();

    tree_set_text(message, "id", id);
    tree_set_text(message, "threadId", thread);
    cJSON_AddItemToArray(labels, cJSON_CreateString(label));
    tree_set(message, "labelIds", labels);
    return message;
}

static bool
body_parse(struct gmail_call *call, cJSON **ret_body)
{
    const char *type = request_header(call->request, "Content-Type");

    if (!type || strncasecmp(type, "application/json", 16))
        return refuse(call, 400, "The body must be application/json.");
    if (!utf8_is_valid(call->request->body, call->request->body_size))
        return refuse(call, 400, "Invalid JSON payload received.");
    *ret_body = tree_parse(call->pool, call->request->body);
    if (!cJSON_IsObject(*ret_body))
        return refuse(call, 400,
                      "Invalid JSON payload received. Parse error.");
    return true;
}

/* Only the members named in `known`, which ends with NULL, may be there. */
static bool
members_check(struct gmail_call *call, const cJSON *object,
              const char *const *known)
{
    const cJSON *item;
    size_t i;

    cJSON_ArrayForEach(item, object) {
        for (i = 0; known[i] && strcmp(known[i], item->string); i++)
            ;
        if (!known[i])
            return refuse(
                call, 400,
                pool_printf(call->pool,
                            "Invalid JSON payload received. Unknown name "
                            "\"%s\": Cannot find field.",
                            item->string));
    }
    return true;
}

static bool
message_check(struct gmail_call *call, const char *raw, size_t size,
              struct message *ret_message)
{
    struct message message = { call->pool, raw, size };
    const char *fault = message_fault(&message);

    if (fault)
        return refuse(call, 400, fault);
    *ret_message = message;
    return true;
}

/* A Message resource with `raw`. */
static bool
raw_read(struct gmail_call *call, const cJSON *resource,
         struct message *ret_message)
{
    static const char *const known[] = { "raw", "threadId", "labelIds",
                                         NULL };
    const char *encoded = tree_text(resource, "raw");
    char *raw;
    size_t size;

    if (!members_check(call, resource, known))
        return false;
    if (!encoded)
        return refuse(call, 400,
                      "'raw' RFC822 payload message string or uploading "
                      "message via /upload/* URL required");
    raw = base64_decode(call->pool, BASE64_URL, encoded, &size);
    if (!raw)
        return refuse(call, 400,
                      "Invalid value at 'message.raw' (TYPE_BYTES), Base64 "
                      "decoding failed");
    return message_check(call, raw, size, ret_message);
}

/* What a client gave, put out: the ledger and the answer get a message. */
static bool
mail_send(struct gmail_call *call, const struct message *given,
          const char *thread)
{
    const char *id = message_id_new(call->pool);
    struct message message;

    if (!message_has_recipient(given))
        return refuse(call, 400, "Recipient address required");
    message = message_with_id(given);
    store_run("INSERT INTO mail(id, thread, recipient, subject, message_id,"
              " order_id, raw, created) VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
              "ssssssbi", id, thread ? thread : id,
              message_header(&message, "To"),
              message_header(&message, "Subject"),
              message_header(&message, "Message-ID"),
              message_header(&message, "X-Till-Order"), message.raw,
              message.size, store_now());
    answer_tree(call->request, call->answer, 200,
                pool_tree(call->pool,
                          resource_new(id, thread ? thread : id, "SENT")));
    return true;
}

static bool
messages_send(struct gmail_call *call)
{
    struct message message;
    cJSON *body;

    return body_parse(call, &body) && raw_read(call, body, &message) &&
           mail_send(call, &message, NULL);
}

/* uploadType=media: the body is the message itself. */
static bool
messages_upload(struct gmail_call *call)
{
    const char *kind = form_get(&call->request->query, "uploadType"),
               *type = request_header(call->request, "Content-Type");
    struct message message;

    if (!kind || strcmp(kind, "media") || !type ||
        strncasecmp(type, "message/rfc822", 14))
        return refuse(call, 400,
                      "uploadType=media with message/rfc822 is wanted.");
    return message_check(call, call->request->body,
                         call->request->body_size, &message) &&
           mail_send(call, &message, NULL);
}

static bool
drafts_create(struct gmail_call *call)
{
    static const char *const known[] = { "message", NULL };
    const char *id, *thread = message_id_new(call->pool);
    struct message message;
    cJSON *body, *draft;
    long long number;

    if (!body_parse(call, &body) || !members_check(call, body, known) ||
        !raw_read(call, tree_get(body, "message"), &message))
        return false;
    sqlite3_randomness(sizeof(number), &number);
    id = pool_printf(call->pool, "r%lld", number);
    store_run("INSERT INTO draft(id, message, thread, raw, created)"
              " VALUES(?, ?, ?, ?, ?)",
              "sssbi", id, thread, thread, message.raw, message.size,
              store_now());
    draft = pool_tree(call->pool, cJSON_CreateObject());
    tree_set_text(draft, "id", id);
    tree_set(draft, "message", resource_new(thread, thread, "DRAFT"));
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
        return refuse(call, 404, NULL);
    size = (size_t)sqlite3_column_bytes(query, 3);
    *ret_draft = (struct draft){
        .message_id = store_text(call->pool, query, 0),
        .thread = store_text(call->pool, query, 1),
        .created = sqlite3_column_int64(query, 2),
        .message = { call->pool,
                     pool_copy(call->pool, sqlite3_column_blob(query, 3),
                               size),
                     size },
    };
    store_end(query);
    return true;
}

/* format=full, metadata, minimal or raw; the parts of a body aren't shown. */
static bool
drafts_get(struct gmail_call *call)
{
    const char *format = form_get(&call->request->query, "format");
    cJSON *body, *resource, *payload;
    struct draft draft;

    if (format && strcmp(format, "full") && strcmp(format, "metadata") &&
        strcmp(format, "minimal") && strcmp(format, "raw"))
        return refuse(call, 400, "Invalid value at 'format'");
    if (!draft_get(call, call->id, &draft))
        return false;
    resource = resource_new(draft.message_id, draft.thread, "DRAFT");
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
    sqlite3_stmt *query = store_query(
        "SELECT seq, id, message, thread FROM draft WHERE seq < ?"
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

static bool
drafts_list(struct gmail_call *call)
{
    const struct form *query = &call->request->query;
    const char *limit = form_get(query, "maxResults"),
               *below = form_get(query, "pageToken");
    cJSON *body = pool_tree(call->pool, cJSON_CreateObject());
    long size = limit ? strtol(limit, NULL, 10) : PAGE;

    if (form_get(query, "q"))
        return refuse(call, 400, "The sandbox can't search: no `q` here.");
    if (size < 1 || size > PAGE_MAX)
        return refuse(call, 400, "Invalid value at 'max_results'");
    page_read(body, call->pool, below ? strtoll(below, NULL, 10) : 1LL << 60,
              size);
    answer_tree(call->request, call->answer, 200, body);
    return true;
}

static bool
drafts_send(struct gmail_call *call)
{
    static const char *const known[] = { "id", NULL };
    struct draft draft;
    const char *id;
    cJSON *body;

    if (!body_parse(call, &body) || !members_check(call, body, known))
        return false;
    if (!(id = tree_text(body, "id")))
        return refuse(call, 400, "Missing draft id");
    if (!draft_get(call, id, &draft) ||
        !mail_send(call, &draft.message, draft.thread))
        return false;
    store_run("DELETE FROM draft WHERE id = ?", "s", id);
    return true;
}

static bool
drafts_delete(struct gmail_call *call)
{
    struct draft draft;

    if (!draft_get(call, call->id, &draft))
        return false;
    store_run("DELETE FROM draft WHERE id = ?", "s", call->id);
    call->answer->status = 204;
    return true;
}

static const struct route {
    const char *method, *path;
    bool has_id;
    gmail_handler *handler;
} routes[] = {
    { "POST", "/gmail/v1/users/me/messages/send", false, messages_send },
    { "POST", "/upload/gmail/v1/users/me/messages/send", false,
      messages_upload },
    { "POST", "/gmail/v1/users/me/drafts", false, drafts_create },
    { "GET", "/gmail/v1/users/me/drafts", false, drafts_list },
    { "POST", "/gmail/v1/users/me/drafts/send", false, drafts_send },
    { "GET", "/gmail/v1/users/me/drafts/", true, drafts_get },
    { "DELETE", "/gmail/v1/users/me/drafts/", true, drafts_delete },
};

bool
gmail_serve(struct request *request, struct answer *answer)
{
    struct gmail_call call = { request, answer, request->pool, NULL };
    const struct route *route;
    size_t i, size;

    for (i = 0; i < sizeof(routes) / sizeof(*routes); i++) {
        route = &routes[i];
        size = strlen(route->path);
        if (strcmp(request->method, route->method) ||
            strncmp(request->path, route->path, size))
            continue;
        call.id = request->path + size;
        if (route->has_id ? *call.id && !strchr(call.id, '/') : !*call.id)
            return route->handler(&call);
    }
    return google_refuse(request, answer, 404, NULL);
}
