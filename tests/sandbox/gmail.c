/* The Gmail API's calls: messages, and the way to the drafts. */
#include <string.h>
#include <strings.h>

#include "base64.h"
#include "gmail.h"
#include "store.h"
#include "tree.h"

static const char *const resource_members[] = { "raw", "threadId", "labelIds",
                                                NULL };

bool
gmail_refuse(struct gmail_call *call, unsigned status, const char *message)
{
    return google_refuse(call->request, call->answer, status, message);
}

char *
gmail_id(struct pool *pool)
{
    unsigned long long value;

    sqlite3_randomness(sizeof(value), &value);
    return pool_printf(pool, "%016llx", value);
}

cJSON *
gmail_resource(const char *id, const char *thread, const char *label)
{
    cJSON *message = cJSON_CreateObject(), *labels = cJSON_CreateArray();

    tree_set_text(message, "id", id);
    tree_set_text(message, "threadId", thread);
    cJSON_AddItemToArray(labels, cJSON_CreateString(label));
    tree_set(message, "labelIds", labels);
    return message;
}

static bool
members_check(struct gmail_call *call, const cJSON *object,
              const char *const *known)
{
    const cJSON *item;
    size_t i;

    cJSON_ArrayForEach(item, object)
    {
        for (i = 0; known[i] && strcmp(known[i], item->string); i++)
            ;
        if (!known[i])
            return gmail_refuse(
                call, 400,
                pool_printf(call->pool,
                            "Invalid JSON payload received. Unknown name "
                            "\"%s\": Cannot find field.",
                            item->string));
    }
    return true;
}

bool
gmail_body(struct gmail_call *call, const char *const *known, cJSON **ret_body)
{
    const char *type = request_header(call->request, "Content-Type");

    if (!type || strncasecmp(type, "application/json", 16))
        return gmail_refuse(call, 400, "The body must be application/json.");
    if (!utf8_is_valid(call->request->body, call->request->body_size))
        return gmail_refuse(call, 400, "Invalid JSON payload received.");
    *ret_body = tree_parse(call->pool, call->request->body);
    if (!cJSON_IsObject(*ret_body))
        return gmail_refuse(call, 400,
                            "Invalid JSON payload received. Parse error.");
    return members_check(call, *ret_body, known);
}

static bool
message_check(struct gmail_call *call, const char *raw, size_t size,
              struct message *ret_message)
{
    struct message message = { call->pool, raw, size };
    const char *fault = message_fault(&message);

    if (fault)
        return gmail_refuse(call, 400, fault);
    *ret_message = message;
    return true;
}

bool
gmail_raw(struct gmail_call *call, const cJSON *resource,
          struct message *ret_message)
{
    const char *encoded = tree_text(resource, "raw");
    char *raw;
    size_t size;

    if (!cJSON_IsObject(resource))
        return gmail_refuse(call, 400, "Missing draft message");
    if (!members_check(call, resource, resource_members))
        return false;
    if (!encoded)
        return gmail_refuse(call, 400,
                            "'raw' RFC822 payload message string or uploading "
                            "message via /upload/* URL required");
    raw = base64_decode(call->pool, BASE64_URL, encoded, &size);
    if (!raw)
        return gmail_refuse(
            call, 400,
            "Invalid value at 'message.raw' (TYPE_BYTES), Base64 "
            "decoding failed");
    return message_check(call, raw, size, ret_message);
}

bool
gmail_send(struct gmail_call *call, const struct message *given,
           const char *thread)
{
    const char *id = gmail_id(call->pool);
    struct message message;

    if (!message_has_recipient(given))
        return gmail_refuse(call, 400, "Recipient address required");
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
                          gmail_resource(id, thread ? thread : id, "SENT")));
    return true;
}

static bool
messages_send(struct gmail_call *call)
{
    struct message message;
    cJSON *body;

    return gmail_body(call, resource_members, &body) &&
           gmail_raw(call, body, &message) && gmail_send(call, &message, NULL);
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
        return gmail_refuse(call, 400,
                            "uploadType=media with message/rfc822 is wanted.");
    return message_check(call, call->request->body, call->request->body_size,
                         &message) &&
           gmail_send(call, &message, NULL);
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
