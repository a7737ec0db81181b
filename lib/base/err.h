/*
 * The one list of what can go wrong: a code for the caller, the HTTP status
 * and the title that a client sees. Its problem's type (RFC 9457) is the
 * address of a page on the same server, whatever that is called: PROBLEM_BASE
 * and the name. docs/openapi.yaml has what the page says; nginx/till-http.conf
 * names the problems that nginx words itself.
 */
#ifndef TILL_ERR_H
#define TILL_ERR_H

#define ERR_TABLE(X)                                                           \
    X(OK, 200, "ok", "OK")                                                     \
    X(ERR_MALFORMED, 400, "malformed", "The request is malformed")             \
    X(ERR_UNAUTHENTICATED, 401, "unauthenticated", "Authentication needed")    \
    X(ERR_BAD_TOKEN, 401, "unauthenticated", "Authentication needed")          \
    X(ERR_DECLINED, 402, "payment-declined", "The payment was declined")       \
    X(ERR_FORBIDDEN, 403, "forbidden", "Not allowed")                          \
    X(ERR_NOT_FOUND, 404, "not-found", "Not found")                            \
    X(ERR_METHOD, 405, "method-not-allowed", "Method not allowed")             \
    X(ERR_CONFLICT, 409, "conflict", "In conflict with the present state")     \
    X(ERR_PRECONDITION, 412, "precondition-failed", "Precondition failed")     \
    X(ERR_TOO_LARGE, 413, "too-large", "The body is too large")                \
    X(ERR_MEDIA_TYPE, 415, "media-type", "Unsupported content type")           \
    X(ERR_INVALID, 422, "invalid-fields", "Fields are invalid")                \
    X(ERR_KEY_REUSED, 422, "key-reused",                                       \
      "The Idempotency-Key was used for another request")                      \
    X(ERR_TOO_MANY, 429, "too-many-requests", "Too many requests")             \
    X(ERR_INTERNAL, 500, "internal", "Internal error")                         \
    X(ERR_UPSTREAM, 502, "upstream", "Another service refused")                \
    X(ERR_UNAVAILABLE, 503, "unavailable", "Temporarily unavailable")          \
    /* it may have happened or not: never treat this as "failed" */            \
    X(ERR_UNKNOWN_OUTCOME, 503, "outcome-unknown", "Outcome not known yet")

#define PROBLEM_BASE "/problems/"

enum err {
#define X(name, status, type, title) name,
    ERR_TABLE(X)
#undef X
};

/* The HTTP status that stands for err. */
int err_status(enum err err);

/* The problem's name, the last part of its type, e.g. "not-found". */
const char *err_type(enum err err);

/* The problem's title: the same for every problem of this type. */
const char *err_title(enum err err);

#endif
