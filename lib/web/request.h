/* What a client asked, as a handler sees it; it lives as long as that. */
#ifndef TILL_REQUEST_H
#define TILL_REQUEST_H

#include "base/ctx.h"
#include "web/channel.h"
#include "web/params.h"

struct field;

struct request {
    const char *method;
    const char *path;         /* decoded, without the query */
    const char *id;           /* the path's last segment */
    const char *query;        /* undecoded; "" where there is none */
    const char *content_type; /* "" where there is none */
    const char *client_ip;
    const char *authorization; /* or NULL, like those below */
    const char *if_match;
    const char *if_none_match;
    const char *stripe_signature;
    const char *idempotency_key; /* as it came; see web/once.h */
    const char *body;            /* NUL-terminated */
    size_t body_size;
    const struct field *fields; /* the route's table (web/app.h) */
};

/*
 * Takes a request in: its parameters, then the whole body, always, up to its
 * end: bytes left unread would be parsed as a next request that nginx never
 * sent. ERR_TOO_LARGE: the body is over body_max (and was thrown away).
 * ERR_MALFORMED: it isn't as long as was announced.
 */
enum err request_read(struct ctx *cx, struct channel *channel,
                      const struct params *params, size_t body_max,
                      struct request *ret_request);

/*
 * Fills `into` by the route's table of fields (web/fields.h) from the JSON
 * body, or from the query. ERR_INVALID names each field that is wrong;
 * ERR_MALFORMED: it isn't a JSON object, or not a well-formed query.
 */
enum err request_fields(struct ctx *cx, const struct request *request,
                        void *into);
enum err request_query(struct ctx *cx, const struct request *request,
                       void *into);

/* The id in the path. ERR_MALFORMED: it isn't one of ours. */
enum err request_id(struct ctx *cx, const struct request *request,
                    const char **ret_id);

/*
 * Whether If-Match allows changing an object of this version (RFC 9110,
 * 13.1.1). ERR_PRECONDITION: it doesn't. Without the header everything may.
 */
enum err request_match(struct ctx *cx, const struct request *request,
                       int64_t version);

#endif
