#include "web/reply.h"

#include <string.h>

#include "base/stop.h"

enum { HEADERS_MAX = 4 * KIB, BODY_MAX = MIB };

void
reply_init(struct reply *reply, struct arena *arena)
{
    *reply = (struct reply){ .status = HTTP_OK };
    text_init(&reply->headers, arena, HEADERS_MAX);
    text_init(&reply->body, arena, BODY_MAX);
}

struct text *
reply_text(struct reply *reply, int status, const char *content_type)
{
    reply->status = status;
    reply->content_type = content_type;
    reply->body.size = 0;
    return &reply->body;
}

struct writer *
reply_json(struct reply *reply, int status)
{
    writer_init(&reply->writer, reply_text(reply, status, "application/json"));
    return &reply->writer;
}

void
reply_header(struct reply *reply, const char *name, const char *value)
{
    if (text_has_control(value))
        bug("a control character in the header %s", name);
    text_add(&reply->headers, name);
    text_add(&reply->headers, ": ");
    text_add(&reply->headers, value);
    text_add(&reply->headers, "\r\n");
}

void
reply_location(struct reply *reply, const char *prefix, const char *id)
{
    text_add(&reply->headers, "Location: ");
    text_add(&reply->headers, prefix);
    text_add(&reply->headers, id);
    text_add(&reply->headers, "\r\n");
}

const char *
etag_of(struct ctx *cx, int64_t version)
{
    return arena_printf(cx->arena, "\"%lld\"", (long long)version);
}

bool
etag_is_in(const char *etag, const char *list)
{
    size_t size = strlen(etag);

    while (*list) {
        list += strspn(list, " \t,");
        if (*list == '*')
            return true;
        if (!strncmp(list, "W/", 2))
            list += 2;
        if (!strncmp(list, etag, size) &&
            (list[size] == '\0' || strchr(" \t,", list[size])))
            return true;
        list += strcspn(list, ",");
    }
    return false;
}

void
reply_etag(struct ctx *cx, struct reply *reply, int64_t version)
{
    reply->etag = etag_of(cx, version);
}

static void
write_field_faults(struct writer *writer, const struct field_fault *fault)
{
    if (!fault)
        return;
    writer_array(writer, "errors");
    for (; fault; fault = fault->next) {
        writer_object(writer, NULL);
        writer_text(writer, "pointer", fault->pointer);
        writer_text(writer, "detail", fault->detail);
        writer_object_end(writer);
    }
    writer_array_end(writer);
}

/* What a client may know of it: a 5xx's cause stays in the log. */
static const char *
detail_of(const struct ctx *cx, enum err err)
{
    if (err == ERR_UNKNOWN_OUTCOME)
        return "it is not known yet whether this was done; ask again, "
               "nothing is done twice";
    if (err_status(err) >= 500)
        return "try again in a moment; the request_id names this case in the "
               "server's log";
    return cx->fault ? cx->fault : err_title(err);
}

void
reply_problem(struct ctx *cx, struct reply *reply, enum err err,
              const char *allow)
{
    const char *type =
        arena_printf(cx->arena, PROBLEM_BASE "%s", err_type(err));
    struct writer *writer;

    reply_init(reply, cx->arena);
    writer = reply_json(reply, err_status(err));
    reply->content_type = "application/problem+json";
    writer_object(writer, NULL);
    writer_text(writer, "type", type);
    writer_text(writer, "title", err_title(err));
    writer_int(writer, "status", err_status(err));
    writer_text(writer, "detail", detail_of(cx, err));
    writer_text(writer, "request_id", cx->request_id);
    write_field_faults(writer, err == ERR_INVALID ? cx->field_faults : NULL);
    writer_object_end(writer);
    if (allow)
        reply_header(reply, "Allow", allow);
    /* RFC 6750, 3: no error code where no token was sent, as to log in */
    if (err == ERR_UNAUTHENTICATED)
        reply_header(reply, "WWW-Authenticate", "Bearer realm=\"till\"");
    if (err == ERR_BAD_TOKEN)
        reply_header(reply, "WWW-Authenticate",
                     "Bearer realm=\"till\", error=\"invalid_token\"");
    if (err_status(err) == 503 || err_status(err) == 429 || cx->retry_after)
        reply_header(reply, "Retry-After",
                     arena_printf(cx->arena, "%u",
                                  cx->retry_after ? cx->retry_after : 1));
}

static bool
is_whole(const struct reply *reply)
{
    return !reply->headers.has_overflowed && !reply->body.has_overflowed;
}

bool
reply_keep(const struct reply *reply, struct kept_answer *ret_answer)
{
    *ret_answer = (struct kept_answer){
        .status = reply->status,
        .content_type = reply->content_type,
        .etag = reply->etag,
        .headers = reply->headers.bytes,
        .body = reply->body.bytes,
    };
    return is_whole(reply);
}

void
reply_replay(struct reply *reply, const struct kept_answer *answer)
{
    reply->status = (int)answer->status;
    reply->content_type = answer->content_type;
    reply->etag = answer->etag;
    text_add(&reply->headers, answer->headers);
    text_add(&reply->body, answer->body);
    reply_header(reply, "Idempotency-Replayed", "true");
    reply->is_replay = true;
}

void
reply_send(struct ctx *cx, struct reply *reply, struct channel *channel)
{
    bool has_body = reply->status != HTTP_NOT_MODIFIED;
    struct text all;

    if (!is_whole(reply)) {
        fail(cx, ERR_INTERNAL, "the answer is too large");
        reply_problem(cx, reply, ERR_INTERNAL, NULL);
    }
    text_init(&all, cx->arena, HEADERS_MAX + KIB + BODY_MAX);
    text_add(&all, "Status: ");
    text_add_int(&all, reply->status);
    if (has_body) {
        text_add(&all, "\r\nContent-Type: ");
        text_add(&all, reply->content_type);
        text_add(&all, "\r\nContent-Length: ");
        text_add_int(&all, (int64_t)reply->body.size);
    }
    if (reply->etag) {
        text_add(&all, "\r\nETag: ");
        text_add(&all, reply->etag);
    }
    /* answers hold tokens and addresses; nginx says the same of its own */
    text_add(&all, "\r\nCache-Control: no-store\r\nX-Request-Id: ");
    text_add(&all, cx->request_id);
    text_add(&all, "\r\n");
    text_add_bytes(&all, reply->headers.bytes, reply->headers.size);
    text_add(&all, "\r\n");
    if (has_body)
        text_add_bytes(&all, reply->body.bytes, reply->body.size);
    channel->write(channel, all.bytes, all.size);
}
