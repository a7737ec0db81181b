/*
 * GET /metrics: what all programs of this machine count, for Prometheus.
 *
 * Who     anyone who reaches the internal listener
 * Out     200 Prometheus's text format: requests, calls, turns and what waits
 *             (io/metric_text.h); the services that answer; the sizes of the
 *             SQLite files, and what is free beside them
 *         503 METRICS_FOLDER can't be read
 */
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "io/metric_text.h"
#include "io/store_url.h"
#include "peer/ready.h"
#include "web/app.h"

static const struct database {
    const char *service;
    enum setting setting;
} databases[] = {
    { "user", SETTING_USER_DB },
    { "order", SETTING_ORDER_DB },
    { "payment", SETTING_PAYMENT_DB },
    { "notification", SETTING_NOTIFICATION_DB },
};

enum { DATABASES = sizeof databases / sizeof *databases };

static void
add_ready(struct ctx *cx, struct text *text)
{
    static const char name[] = "till_ready";
    struct ready services[READY_SERVICES];

    ready_ask(cx, services);
    metric_text_family(text, name, "gauge",
                       "Whether a service answers and reaches its database.");
    for (int i = 0; i < READY_SERVICES; i++)
        text_printf(text, "%s{service=\"%s\"} %d\n", name, services[i].name,
                    !services[i].cause);
}

/* A database on this machine has a file, and beside it perhaps a WAL. */
static void
add_size(struct ctx *cx, struct text *text, const struct database *database,
         const char *file, const char *suffix)
{
    struct store_url url = store_url_of(database->setting, database->service);
    struct stat status;

    if (!url.sqlite ||
        stat(arena_printf(cx->arena, "%s%s", url.sqlite, suffix), &status))
        return;
    text_printf(text, "till_database_bytes{service=\"%s\",file=\"%s\"} %lld\n",
                database->service, file, (long long)status.st_size);
}

static void
add_free(struct text *text, const struct database *database)
{
    struct store_url url = store_url_of(database->setting, database->service);
    struct statvfs status;

    if (!url.sqlite || statvfs(url.sqlite, &status))
        return;
    text_printf(text, "till_database_free_bytes{service=\"%s\"} %lld\n",
                database->service,
                (long long)status.f_bavail * (long long)status.f_frsize);
}

static void
add_databases(struct ctx *cx, struct text *text)
{
    metric_text_family(text, "till_database_bytes", "gauge",
                       "The size of a service's SQLite file, and of its WAL.");
    for (int i = 0; i < DATABASES; i++) {
        add_size(cx, text, &databases[i], "main", "");
        add_size(cx, text, &databases[i], "wal", "-wal");
    }
    metric_text_family(text, "till_database_free_bytes", "gauge",
                       "What the disk with that file has left for it.");
    for (int i = 0; i < DATABASES; i++)
        add_free(text, &databases[i]);
}

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct text *text =
        reply_text(reply, HTTP_OK, "text/plain; version=0.0.4; charset=utf-8");
    enum err err;

    (void)request;
    if ((err = metric_text(cx, text)))
        return err;
    add_ready(cx, text);
    add_databases(cx, text);
    return OK;
}

static const struct app app = {
    .name = "ops-metrics",
    .method = "GET",
    .path = "/metrics",
    .callers = ANYONE,
    .waits = true,
    .handle = handle,
};

int
main(void)
{
    return app_run(&app);
}
