/*
 * What Till looks at of a request's parameters (CGI/1.1), found in one pass
 * over all that came.
 */
#ifndef TILL_PARAMS_H
#define TILL_PARAMS_H

#include <stdbool.h>

#define PARAM_TABLE(X)                                                         \
    X(REQUEST_ID)                                                              \
    X(REQUEST_MSEC)                                                            \
    X(REQUEST_METHOD)                                                          \
    X(PATH_INFO)                                                               \
    X(DOCUMENT_URI)                                                            \
    X(REQUEST_URI)                                                             \
    X(QUERY_STRING)                                                            \
    X(CONTENT_TYPE)                                                            \
    X(CONTENT_LENGTH)                                                          \
    X(CLIENT_IP)                                                               \
    X(REMOTE_ADDR)                                                             \
    X(HTTP_AUTHORIZATION)                                                      \
    X(HTTP_IDEMPOTENCY_KEY)                                                    \
    X(HTTP_IF_MATCH)                                                           \
    X(HTTP_IF_NONE_MATCH)                                                      \
    X(HTTP_STRIPE_SIGNATURE)                                                   \
    X(HTTP_TRANSFER_ENCODING)                                                  \
    X(HTTP_X_REQUEST_ID)                                                       \
    X(HTTP_TRACEPARENT)                                                        \
    X(HTTP_TRACESTATE)

enum param {
#define X(name) PARAM_##name,
    PARAM_TABLE(X)
#undef X
        PARAMS
};

struct params {
    const char *values[PARAMS]; /* NULL: it didn't come; twice: the first */
    bool is_repeated[PARAMS];   /* two headers of one name */
};

/* pairs: "NAME=value", with a NULL at the end; the values stay in them. */
void params_find(char *const *pairs, struct params *ret_params);

/* The value, or `otherwise`. */
const char *params_get(const struct params *params, enum param param,
                       const char *otherwise);

#endif
