#include "web/exchange.h"

#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "base/trace.h"
#include "io/metric.h"
#include "web/auth.h"
#include "web/once.h"
#include "web/params.h"

/*
 * nginx gives up after 30 s (nginx/till-params.conf): what is answered later
 * than this after the request came in, nobody hears.
 */
enum { DEADLINE = 25 * 1000 };

/*
 * Clients hear within three seconds that a store is away: what was begun
 * before this is over takes twice as long at most (io/mongo_driver.h).
 */
enum { PATIENCE = 900 };

void
exchange_init(struct exchange *exchange, struct channel *channel)
{
    *exchange =
        (struct exchange){ .channel = channel, .arena = arena_create() };
}

void
exchange_destroy(struct exchange *exchange)
{
    arena_free(exchange->arena);
}

/*
 * nginx's id, else the client's, else a new one; only characters that fit in a
 * header.
 */
static const char *
get_request_id(struct exchange *exchange, const struct params *params)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789._-";
    const char *own = params_get(params, PARAM_HTTP_X_REQUEST_ID, "");
    const char *given = params_get(params, PARAM_REQUEST_ID, own);
    size_t size = strspn(given, allowed);

    if (size < 8 || size > 64 || given[size])
        return id_new(exchange->arena);
    return given;
}

/* Given twice, it is as if it weren't given. */
static const struct trace *
get_trace(struct exchange *exchange, const struct params *params)
{
    const char *parent = params->values[PARAM_HTTP_TRACEPARENT];

    if (!parent || params->is_repeated[PARAM_HTTP_TRACEPARENT])
        return NULL;
    return trace_read(exchange->arena, parent,
                      params->values[PARAM_HTTP_TRACESTATE]);
}

/* Milliseconds that it has waited already: REQUEST_MSEC is "1700000000.123". */
static int64_t
waited(const struct params *params)
{
    const char *since = params->values[PARAM_REQUEST_MSEC];
    int64_t left =
        since ? clock_now() - (int64_t)(strtod(since, NULL) * 1000) : 0;

    return left > 0 ? left : 0;
}

void
exchange_read(struct exchange *exchange, const struct app *app)
{
    struct channel *channel = exchange->channel;
    struct ctx *cx = &exchange->cx;
    struct params params;

    exchange->started = clock_micros();
    params_find(channel->params(channel), &params);
    ctx_init(cx, exchange->arena, get_request_id(exchange, &params));
    cx->trace = get_trace(exchange, &params);
    cx->deadline = clock_monotonic() + DEADLINE - waited(&params);
    cx->patience = PATIENCE;
    reply_init(&exchange->reply, exchange->arena);
    exchange->err =
        request_read(cx, channel, &params, app->body_max, &exchange->request);
    exchange->request.fields = app->fields;
}

static bool
is_method(const struct app *app, const char *method)
{
    return !strcmp(app->method, method) ||
           (!strcmp(app->method, "GET") && !strcmp(method, "HEAD"));
}

static bool
is_json(const char *content_type)
{
    static const char *const types[] = { "application/json",
                                         "application/merge-patch+json" };

    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        size_t size = strlen(types[i]);

        if (!strncasecmp(content_type, types[i], size) &&
            (content_type[size] == '\0' || content_type[size] == ';' ||
             content_type[size] == ' '))
            return true;
    }
    return false;
}

/* What every route refuses, before any work; refusals in a fixed order. */
static enum err
admit(struct exchange *exchange, const struct app *app)
{
    const struct request *request = &exchange->request;
    struct ctx *cx = &exchange->cx;
    enum err err;

    if (!is_method(app, request->method))
        return fail(cx, ERR_METHOD, "%s takes only %s", app->path, app->method);
    if (exchange->err)
        return exchange->err; /* the body was too large, or broken */
    if ((err = auth_check(cx, request->authorization, app->callers)))
        return err;
    if (app->body_max > 0 && !is_json(request->content_type))
        return fail(cx, ERR_MEDIA_TYPE,
                    "Content-Type must be application/json");
    if (ctx_time_left(cx, DEADLINE) == 0)
        return fail(cx, ERR_UNAVAILABLE, "it waited past its deadline");
    return OK;
}

/* A GET whose answer the client has already (RFC 9110, 13.1.2). */
static bool
is_unchanged(const struct exchange *exchange)
{
    const char *list = exchange->request.if_none_match;

    return exchange->reply.etag && list && exchange->reply.status == HTTP_OK &&
           etag_is_in(exchange->reply.etag, list);
}

static enum err
run(struct exchange *exchange, const struct app *app)
{
    const struct request *request = &exchange->request;

    if (app->is_idempotent && request->idempotency_key)
        return once_handle(&exchange->cx, app, request, &exchange->reply);
    return app->handle(&exchange->cx, request, &exchange->reply);
}

void
exchange_handle(struct exchange *exchange, const struct app *app)
{
    struct ctx *cx = &exchange->cx;
    bool is_get = !strcmp(app->method, "GET");

    exchange->err = admit(exchange, app);
    if (!exchange->err)
        exchange->err = run(exchange, app);
    if (exchange->err)
        reply_problem(cx, &exchange->reply, exchange->err,
                      exchange->err != ERR_METHOD ? NULL
                      : is_get                    ? "GET, HEAD"
                                                  : app->method);
    else if (is_get && is_unchanged(exchange))
        exchange->reply.status = HTTP_NOT_MODIFIED;
}

void
exchange_void(struct exchange *exchange, enum err err)
{
    fail(&exchange->cx, err, "the batch could not be committed");
    exchange->err = err;
    reply_problem(&exchange->cx, &exchange->reply, err, NULL);
}

static void
write_log(struct exchange *exchange, int64_t micros)
{
    struct ctx *cx = &exchange->cx;
    bool is_error = exchange->reply.status >= 500;
    struct log_line line;

    log_begin(&line, cx, is_error ? "error" : "info", "request");
    writer_text(&line.writer, "request_id", cx->request_id);
    writer_text(&line.writer, "method", exchange->request.method);
    writer_text(&line.writer, "path", exchange->request.path);
    writer_int(&line.writer, "status", exchange->reply.status);
    writer_int(&line.writer, "micros", micros);
    if (*cx->caller.id)
        writer_text(&line.writer, "caller", cx->caller.id);
    if (exchange->reply.is_replay)
        writer_bool(&line.writer, "replayed", true);
    if (exchange->err)
        writer_text(&line.writer, "error", err_type(exchange->err));
    if (cx->cause)
        writer_text(&line.writer, "cause", cx->cause);
    log_end(&line);
}

void
exchange_finish(struct exchange *exchange)
{
    int64_t micros;

    reply_send(&exchange->cx, &exchange->reply, exchange->channel);
    micros = clock_micros() - exchange->started;
    metric_request(exchange->reply.status, micros);
    write_log(exchange, micros);
    arena_reset(exchange->arena);
}
