#include "web/request.h"

#include <string.h>

#include "base/id.h"
#include "base/text.h"
#include "web/reply.h"

/* Bytes. A longer path is none of ours, and would not fit in the log. */
enum { PATH_MAX_SIZE = KIB };

/* Of lengths of bodies. */
enum { MALFORMED = -1, UNCOUNTED = -2 };

/* Given twice, these would mean different things to nginx and to us. */
static const enum param not_twice[] = {
    PARAM_HTTP_AUTHORIZATION,    PARAM_HTTP_IDEMPOTENCY_KEY,
    PARAM_HTTP_STRIPE_SIGNATURE, PARAM_HTTP_IF_MATCH,
    PARAM_HTTP_IF_NONE_MATCH,    PARAM_CONTENT_TYPE,
};

/* The path without its query, wherever this kind of server puts it. */
static const char *
get_path(struct ctx *cx, const struct params *params)
{
    static const enum param places[] = { PARAM_PATH_INFO, PARAM_DOCUMENT_URI,
                                         PARAM_REQUEST_URI };

    for (size_t i = 0; i < sizeof places / sizeof *places; i++) {
        const char *path = params_get(params, places[i], "");

        /* nginx decodes it: any byte may stand in it, and any number */
        if (strlen(path) > PATH_MAX_SIZE || !text_is_utf8(path, strlen(path)))
            return "/";
        if (*path)
            return arena_strndup(cx->arena, path, strcspn(path, "?"));
    }
    return "/";
}

static void
take_params(struct ctx *cx, const struct params *params,
            struct request *request)
{
    const char *const *values = params->values;

    request->method = params_get(params, PARAM_REQUEST_METHOD, "");
    request->path = get_path(cx, params);
    request->id = strrchr(request->path, '/');
    request->id = request->id ? request->id + 1 : request->path;
    request->query = params_get(params, PARAM_QUERY_STRING, "");
    request->content_type = params_get(params, PARAM_CONTENT_TYPE, "");
    request->client_ip = params_get(params, PARAM_CLIENT_IP,
                                    params_get(params, PARAM_REMOTE_ADDR, ""));
    request->authorization = values[PARAM_HTTP_AUTHORIZATION];
    request->if_match = values[PARAM_HTTP_IF_MATCH];
    request->if_none_match = values[PARAM_HTTP_IF_NONE_MATCH];
    request->stripe_signature = values[PARAM_HTTP_STRIPE_SIGNATURE];
    request->idempotency_key = values[PARAM_HTTP_IDEMPOTENCY_KEY];
    request->body = "";
}

/*
 * What Content-Length says; UNCOUNTED for a body in chunks of a web server that
 * doesn't count them first (Apache), which ends where the channel ends.
 */
static int64_t
get_length(const struct params *params)
{
    const char *length = params_get(params, PARAM_CONTENT_LENGTH, "");
    int64_t announced;

    if (!*length)
        return params->values[PARAM_HTTP_TRANSFER_ENCODING] ? UNCOUNTED : 0;
    return text_to_int64(length, &announced) && announced >= 0 ? announced
                                                               : MALFORMED;
}

/* Reads to the end, keeping at most body_max bytes; returns all there were. */
static size_t
drain(struct ctx *cx, struct channel *channel, size_t body_max, int64_t length,
      struct request *request)
{
    size_t room = length == UNCOUNTED || length > (int64_t)body_max
                      ? body_max
                      : (size_t)(length > 0 ? length : 0);
    char *body = arena_alloc(cx->arena, room + 1), rest[4096];
    size_t size = 0, more;

    while (size < room &&
           (more = channel->read(channel, body + size, room - size)))
        size += more;
    request->body = body;
    request->body_size = size;
    while ((more = channel->read(channel, rest, sizeof rest)))
        size += more;
    return size;
}

enum err
request_read(struct ctx *cx, struct channel *channel,
             const struct params *params, size_t body_max,
             struct request *ret_request)
{
    int64_t length = get_length(params);
    size_t all;

    take_params(cx, params, ret_request);
    all = drain(cx, channel, body_max, length, ret_request);
    if (length != UNCOUNTED && (int64_t)all != length) {
        channel->distrust(channel);
        return fail(cx, ERR_MALFORMED,
                    "the body is not as long as Content-Length says");
    }
    for (size_t i = 0; i < sizeof not_twice / sizeof *not_twice; i++) {
        if (params->is_repeated[not_twice[i]])
            return fail(cx, ERR_MALFORMED, "a header is given twice");
    }
    if (all > body_max && body_max > 0)
        return fail(cx, ERR_TOO_LARGE, "the body may have at most %zu bytes",
                    body_max);
    return OK;
}

enum err
request_id(struct ctx *cx, const struct request *request, const char **ret_id)
{
    if (!id_is_valid(request->id))
        return fail(cx, ERR_MALFORMED,
                    "the path must end in an id: 36 characters, lower case");
    *ret_id = request->id;
    return OK;
}

enum err
request_match(struct ctx *cx, const struct request *request, int64_t version)
{
    const char *etag = etag_of(cx, version);

    if (!request->if_match || etag_is_in(etag, request->if_match))
        return OK;
    return fail(cx, ERR_PRECONDITION,
                "it has changed meanwhile: its ETag is %s now", etag);
}
