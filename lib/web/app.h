/*
 * What an endpoint is. A program fills one `const struct app` and calls
 * app_run; everything that is true of every route happens behind it.
 */
#ifndef TILL_APP_H
#define TILL_APP_H

#include "base/config.h"
#include "base/ctx.h"
#include "base/text.h"
#include "io/db.h"
#include "web/fields.h"
#include "web/reply.h"
#include "web/request.h"

struct app {
    const char *name;   /* "order-create": of the socket, the log */
    const char *method; /* "GET" (HEAD goes with it), "POST", "PATCH" */
    const char *path;   /* for people: "/api/order/{order_id}" */
    unsigned callers;   /* roles that may call; ANYONE needs no token */
    size_t body_max;    /* bytes; 0: the route takes no body */

    /* What the body may hold, or a GET's query; NULL: the handler reads it. */
    const struct field *fields;

    /*
     * Whether the handler waits for something slow: other services, Stripe,
     * password hashing. If not, and if its store is SQLite, one thread runs
     * all requests and commits them in batches; otherwise THREADS threads run
     * one each.
     */
    bool waits;

    /*
     * Whether Idempotency-Key is honoured (web/once.h). Not for ANYONE. A
     * handler that waits must be idempotent by itself, too.
     */
    bool is_idempotent;

    /*
     * Once, before the first request: opens what the process holds for life.
     * ret_db is the SQLite database that the handler writes to, if any.
     */
    enum err (*open)(struct ctx *cx, struct db **ret_db);

    /*
     * Answers one request. Returns OK with the reply filled, or the err whose
     * problem the client gets.
     */
    enum err (*handle)(struct ctx *cx, const struct request *request,
                       struct reply *reply);

    void (*close)(void);
};

/*
 * Serves the app: FastCGI where descriptor 0 is a listening socket, until
 * SIGTERM; one CGI request where GATEWAY_INTERFACE is set. Returns the
 * process's exit status. SIGHUP restarts in place (serve.c).
 */
int app_run(const struct app *app);

#endif
