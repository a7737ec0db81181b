#include "peer/peer.h"

#include <string.h>

#include "base/clock.h"
#include "base/trace.h"
#include "io/http.h"
#include "io/token.h"

/* One machine's neighbours answer in milliseconds; another's may be slow. */
enum { TIMEOUT = 4000 };

/* What its web server, or it, says by such a status. */
static const char *
words_of(int status)
{
    switch (status) {
    case 502:
        return "its program isn't there";
    case 503:
        return "it can't do its work at the moment: its log says why";
    case 504:
        return "it doesn't answer in time";
    default:
        return "it is in trouble: its log says why";
    }
}

static enum metric_peer
peer_of(enum setting service)
{
    switch (service) {
    case SETTING_USER_SERVICE_URL:
        return METRIC_USER;
    case SETTING_ORDER_SERVICE_URL:
        return METRIC_ORDER;
    case SETTING_PAYMENT_SERVICE_URL:
        return METRIC_PAYMENT;
    case SETTING_NOTIFICATION_SERVICE_URL:
        return METRIC_NOTIFICATION;
    default:
        return METRIC_OTHER;
    }
}

/* Who we are, and whose work it is. */
static void
add_headers(struct ctx *cx, const char *token, struct http_call *http)
{
    int count = 0;

    http->headers[count++] =
        arena_printf(cx->arena, "Authorization: Bearer %s", token);
    if (!cx->trace)
        return;
    http->headers[count++] = arena_printf(cx->arena, "traceparent: %s",
                                          trace_parent(cx->arena, cx->trace));
    if (cx->trace->state)
        http->headers[count++] =
            arena_printf(cx->arena, "tracestate: %s", cx->trace->state);
}

/* What a service's refusal means to who asked. */
static enum err
refused(struct ctx *cx, const struct peer_call *call,
        const struct http_answer *answer, const struct doc *doc)
{
    const char *detail = doc_text(doc_at(doc, "detail"));
    const char *type = doc_text(doc_at(doc, "type"));

    if (!detail)
        detail = "no detail given";
    /* a web server's own 404 says that the service isn't there */
    if (answer->status == 404 && type &&
        !strcmp(type, PROBLEM_BASE "not-found"))
        return fail(cx, ERR_NOT_FOUND, "%s", detail);
    if (answer->status == 409)
        return fail(cx, ERR_CONFLICT, "%s", detail);
    if (answer->status == 429 || answer->status >= 500)
        return fail(cx, ERR_UNAVAILABLE, "%s %s: status %d, %s", call->method,
                    call->path, answer->status, words_of(answer->status));
    return fail(cx, ERR_UPSTREAM, "%s %s: status %d, %s", call->method,
                call->path, answer->status, detail);
}

enum err
peer_send(struct ctx *cx, const struct peer_call *call,
          const struct doc **ret_doc)
{
    struct http_call http = {
        .peer = peer_of(call->service),
        .method = call->method,
        .base = config_required(call->service),
        .path = call->path,
        .content_type = "application/json",
        .body = call->body,
        .body_size = call->body ? strlen(call->body) : 0,
        .timeout = TIMEOUT,
    };
    const struct doc *doc = NULL;
    struct http_answer answer;
    const char *token;
    int64_t start;
    enum err err;

    if ((err = token_for_service(cx, call->as, &token)))
        return err;
    add_headers(cx, token, &http);
    start = clock_monotonic();
    err = http_send(cx, &http, &answer);
    ctx_waited(cx, clock_monotonic() - start);
    /* a question that got no answer has changed nothing */
    if (err == ERR_UNKNOWN_OUTCOME && !strcmp(call->method, "GET"))
        return ERR_UNAVAILABLE;
    if (err)
        return err;
    if (doc_parse(cx, answer.body, answer.size, &doc)) {
        ctx_forgive(cx);
        return fail(cx, ERR_UNAVAILABLE, "%s %s: status %d without JSON",
                    call->method, call->path, answer.status);
    }
    if (answer.status < 200 || answer.status > 299)
        return refused(cx, call, &answer, doc);
    *ret_doc = doc;
    return OK;
}

enum err
peer_text(struct ctx *cx, const struct doc *doc, const char *path,
          const char **ret_text)
{
    const char *text = doc_text(doc_at(doc, path));

    if (!text)
        return fail(cx, ERR_UPSTREAM, "an answer without \"%s\"", path);
    *ret_text = text;
    return OK;
}
