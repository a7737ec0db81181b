#include "peer/ready.h"

#include <pthread.h>
#include <stdio.h>

#include "base/clock.h"
#include "peer/peer.h"

/* Milliseconds: what was found holds; all of them may take. */
enum { FOUND_HOLDS = 1000, TIMEOUT = 3000 };

#define NOBODY "00000000-0000-7000-8000-000000000000"

static const struct service {
    const char *name;
    enum setting url;
    const char *path;
} services[READY_SERVICES] = {
    { "user", SETTING_USER_SERVICE_URL, "/api/user/" NOBODY },
    { "order", SETTING_ORDER_SERVICE_URL, "/api/order/" NOBODY },
    { "payment", SETTING_PAYMENT_SERVICE_URL, "/api/payment/" NOBODY },
    { "notification", SETTING_NOTIFICATION_SERVICE_URL,
      "/api/notification/receipt_" NOBODY },
};

static struct {
    pthread_mutex_t mutex;
    int64_t until; /* clock_monotonic() */
    char causes[READY_SERVICES][256];
} found = { .mutex = PTHREAD_MUTEX_INITIALIZER };

static void
ask(const struct ctx *cx, const struct service *service, char *cause,
    size_t room)
{
    struct peer_call call = {
        .as = "ops",
        .service = service->url,
        .method = "GET",
        .path = service->path,
    };
    const struct doc *doc;
    struct ctx own = *cx; /* each has its own failure */
    enum err err;

    ctx_forgive(&own);
    err = peer_send(&own, &call, &doc);
    if (err == ERR_NOT_FOUND)
        *cause = '\0';
    else
        snprintf(cause, room, "%s",
                 own.cause   ? own.cause
                 : own.fault ? own.fault
                             : "it knows what can't exist");
}

void
ready_ask(struct ctx *cx, struct ready ret_services[READY_SERVICES])
{
    pthread_mutex_lock(&found.mutex);
    if (clock_monotonic() >= found.until) {
        cx->deadline = clock_monotonic() + TIMEOUT;
        for (int i = 0; i < READY_SERVICES; i++)
            ask(cx, &services[i], found.causes[i], sizeof *found.causes);
        found.until = clock_monotonic() + FOUND_HOLDS;
    }
    for (int i = 0; i < READY_SERVICES; i++)
        ret_services[i] = (struct ready){
            services[i].name,
            *found.causes[i] ? arena_strdup(cx->arena, found.causes[i]) : NULL,
        };
    pthread_mutex_unlock(&found.mutex);
}
