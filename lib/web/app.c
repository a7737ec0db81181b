#include "web/app.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/log.h"
#include "base/stop.h"
#include "io/http.h"
#include "io/idempotency.h"
#include "io/metric.h"
#include "io/secret.h"
#include "io/token.h"
#include "web/cgi.h"
#include "web/exchange.h"
#include "web/fcgi.h"
#include "web/server.h"

/* Whether descriptor 0 is what spawn-fcgi or systemd hands over. */
static bool
is_listening(void)
{
    int answer = 0;
    socklen_t size = sizeof answer;

    return !getsockopt(STDIN_FILENO, SOL_SOCKET, SO_ACCEPTCONN, &answer,
                       &size) &&
           answer;
}

static void
allow_many_connections(void)
{
    struct rlimit limit;

    if (getrlimit(RLIMIT_NOFILE, &limit))
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

static void
start(const struct app *app, struct ctx *cx, struct db **ret_db)
{
    umask(077);
    /* glibc would keep an arena a thread: megabytes for nothing */
    mallopt(M_ARENA_MAX, 2);
    /* a batch's memory is wanted again at once: don't give it back each time */
    mallopt(M_TRIM_THRESHOLD, 4 * MIB);
    mallopt(M_TOP_PAD, 256 * KIB);
    config_load();
    log_init(app->name);
    metric_open(app->name, app->method, app->path);
    secret_init();
    token_init();
    http_init();
    if (app->open && app->open(cx, ret_db))
        die("%s: %s", app->name,
            cx->cause   ? cx->cause
            : cx->fault ? cx->fault
                        : "can't start");
    /* who calls others must have committed what it wrote before */
    if (*ret_db)
        db_set_mode(*ret_db, app->waits ? DB_THREADS : DB_BATCH);
    if (app->is_idempotent &&
        (!idempotency_store()->claim || app->callers == ANYONE))
        bug("%s has no store, or no callers, for idempotency", app->name);
}

static enum server_wish
serve_fastcgi(const struct app *app, struct db *db, struct server *server)
{
    bool is_quick = !app->waits && db;

    allow_many_connections();
    fcgi_init();
    server_open(server, app, db, !is_quick);
    if (is_quick)
        return serve_batch(server);
    return serve_threads(server, (int)config_int(SETTING_THREADS, 1, 1024));
}

static void
serve_cgi(const struct app *app, struct db *db)
{
    struct exchange exchange;
    enum err err = OK;

    exchange_init(&exchange, cgi_channel());
    exchange_read(&exchange, app);
    exchange_handle(&exchange, app);
    if (db && (err = db_commit(&exchange.cx, db)))
        exchange_void(&exchange, err);
    exchange_finish(&exchange);
    exchange_destroy(&exchange);
}

int
app_run(const struct app *app)
{
    enum server_wish wish = SERVER_STOP;
    struct server server;
    struct arena *arena;
    struct db *db = NULL;
    struct ctx cx;

    if (!is_listening() && !getenv("GATEWAY_INTERFACE")) {
        fprintf(stderr,
                "%s answers %s %s. It is started by a web server: as FastCGI "
                "(spawn-fcgi -s SOCKET -- %s) or as CGI.\n",
                app->name, app->method, app->path, app->name);
        return EX_USAGE;
    }
    arena = arena_create();
    ctx_init(&cx, arena, app->name);
    start(app, &cx, &db);
    if (is_listening())
        wish = serve_fastcgi(app, db, &server);
    else
        serve_cgi(app, db);
    if (app->close)
        app->close();
    arena_free(arena);
    if (wish == SERVER_RESTART) {
        server_restart(&server);
        return EX_OSERR;
    }
    return EX_OK;
}
