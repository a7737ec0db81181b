/*
 * HTTP to other services, through libcurl. Destinations come from settings
 * alone, never from a client. A call is sent once: libcurl may repeat it by
 * itself on a dead connection, so whatever must not happen twice carries an
 * idempotency key, or is_once, which costs a new connection.
 */
#ifndef TILL_HTTP_H
#define TILL_HTTP_H

#include "base/ctx.h"
#include "io/metric.h"

enum { HTTP_HEADERS = 8 };

struct http_call {
    enum metric_peer peer;             /* whom it is for, to be counted */
    const char *method;                /* "GET", "POST", "PATCH", "DELETE" */
    const char *base;                  /* "https://host", or "unix:PATH" */
    const char *path;                  /* "/api/order/..." */
    const char *headers[HTTP_HEADERS]; /* "Name: value", NULL-terminated */
    const char *content_type;          /* of the body */
    const char *body;                  /* or NULL */
    size_t body_size;
    const char *user; /* HTTP Basic's user name, or NULL */
    int64_t timeout;  /* milliseconds for the whole call */
    bool is_once;     /* libcurl must not repeat it by itself */
};

struct http_header; /* one line of an answer's head */

struct http_answer {
    int status;
    const char *body; /* NUL-terminated, at most 1 MiB */
    size_t size;
    unsigned retry_after; /* seconds, a day at most; 0: not said, or over */
    const struct http_header *headers;
};

/* The value of a header of the answer, or NULL. */
const char *http_header(const struct http_answer *answer, const char *name);

/* Once, before any thread is made. */
void http_init(void);

/*
 * Sends it and takes the answer, whatever its status. ERR_UNAVAILABLE: the
 * connection could not be made, so the request never left.
 * ERR_UNKNOWN_OUTCOME: it may have arrived (time-out, cut off, no answer).
 * Waits no longer than cx->deadline allows.
 */
enum err http_send(struct ctx *cx, const struct http_call *call,
                   struct http_answer *ret_answer);

/*
 * Whether a base may be used: https anywhere, http to loopback alone, or
 * unix:PATH. For settings, at start-up.
 */
bool http_is_base(const char *base);

#endif
