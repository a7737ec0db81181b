/*
 * GET /api/health/live, /api/health/ready: for load balancers and monitors.
 *
 * Who     anyone
 * Out     live   200 this machine answers
 *         ready  200 every service answers and reaches its database;
 *                503 one doesn't: the body says which, and why
 *         404    another path
 *
 * Each service is asked over HTTP for an object that can't exist: the right
 * answer, 404, has passed nginx, the program and the database. What was found
 * holds for a second, so that a monitor costs next to nothing.
 */
#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "peer/peer.h"
#include "web/app.h"

enum { FOUND_HOLDS = 1000, TIMEOUT = 3000 };

#define NOBODY "00000000-0000-7000-8000-000000000000"

static const struct service {
    const char *name;
    enum setting url;
    const char *path;
} services[] = {
    { "user", SETTING_USER_SERVICE_URL, "/api/user/" NOBODY },
    { "order", SETTING_ORDER_SERVICE_URL, "/api/order/" NOBODY },
    { "payment", SETTING_PAYMENT_SERVICE_URL, "/api/payment/" NOBODY },
    { "notification", SETTING_NOTIFICATION_SERVICE_URL,
      "/api/notification/receipt_" NOBODY },
};

enum { SERVICES = sizeof services / sizeof *services };

static struct {
    pthread_mutex_t mutex;
    int64_t until; /* clock_monotonic() */
    bool is_up[SERVICES];
} found = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static bool
ask(struct ctx *cx, const struct service *service)
{
    struct peer_call call = {
        .as = "ops",
        .service = service->url,
        .method = "GET",
        .path = service->path,
    };
    const struct doc *doc;

    return peer_send(cx, &call, &doc) == ERR_NOT_FOUND;
}

/* Who asks while another finds out waits for what that one finds. */
static bool
find_out(struct ctx *cx, bool is_up[SERVICES])
{
    bool all = true;

    pthread_mutex_lock(&found.mutex);
    if (clock_monotonic() >= found.until) {
        for (int i = 0; i < SERVICES; i++)
            found.is_up[i] = ask(cx, &services[i]);
        found.until = clock_monotonic() + FOUND_HOLDS;
    }
    for (int i = 0; i < SERVICES; i++)
        all &= is_up[i] = found.is_up[i];
    pthread_mutex_unlock(&found.mutex);
    return all;
}

static void
write_ready(struct ctx *cx, struct reply *reply)
{
    bool is_up[SERVICES], all;
    struct writer *writer;

    cx->deadline = clock_monotonic() + TIMEOUT;
    all = find_out(cx, is_up);
    writer = reply_json(reply, all ? HTTP_OK : err_status(ERR_UNAVAILABLE));
    writer_object(writer, NULL);
    writer_text(writer, "status", all ? "ready" : "not ready");
    writer_object(writer, "services");
    for (int i = 0; i < SERVICES; i++)
        writer_text(writer, services[i].name, is_up[i] ? "up" : "down");
    writer_object_end(writer);
    writer_object_end(writer);
    if (!all)
        reply_header(reply, "Retry-After", "1");
}

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct writer *writer;

    if (!strcmp(request->id, "ready")) {
        write_ready(cx, reply);
        return OK;
    }
    if (strcmp(request->id, "live") != 0)
        return fail(cx, ERR_NOT_FOUND, "there is live and ready");
    writer = reply_json(reply, HTTP_OK);
    writer_object(writer, NULL);
    writer_text(writer, "status", "live");
    writer_object_end(writer);
    return OK;
}

static const struct app app = {
    .name = "ops-health",
    .method = "GET",
    .path = "/api/health/{live,ready}",
    .callers = ANYONE,
    .waits = true,
    .handle = handle,
};

int
main(void)
{
    return app_run(&app);
}
