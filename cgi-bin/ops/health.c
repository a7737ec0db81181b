/*
 * GET /api/health/live, /api/health/ready: for load balancers and monitors.
 *
 * Who     anyone
 * Out     live   200 this machine answers
 *         ready  200 every service answers and reaches its database;
 *                503 one doesn't: `services` says which is "down", `causes`
 *                why (peer/ready.h). `others` are those whose absence customers
 *                don't see at once, as this machine's programs have met them:
 *                the workers, Stripe, and where mail leaves by; they don't
 *                change the status. Who has not been met isn't there.
 *         404    another path
 */
#include <string.h>

#include "base/clock.h"
#include "io/metric_page.h"
#include "peer/ready.h"
#include "web/app.h"

/*
 * Milliseconds. A worker's turn may take two minutes; who has failed this long
 * ago, and was not called again, may be there again.
 */
enum { TURN_MOST = 150 * 1000, FAILURE_HOLDS = 10 * 60 * 1000 };

enum { OTHERS_MAX = 8 };

struct other {
    const char *name, *cause; /* as in struct ready */
};

struct others {
    struct other others[OTHERS_MAX];
    int count;
};

static void
add(struct others *others, const char *name, const char *cause)
{
    if (others->count < OTHERS_MAX)
        others->others[others->count++] = (struct other){ name, cause };
}

static void
add_worker(struct ctx *cx, struct others *others,
           const struct metric_page *page)
{
    int64_t turn_at = page->turn_at;
    char at[CLOCK_TEXT];

    if (*page->route || turn_at == 0)
        return;
    clock_rfc3339(turn_at, at);
    add(others, page->program,
        clock_now() - turn_at > TURN_MOST
            ? arena_printf(cx->arena, "its last turn ended at %s", at)
            : NULL);
}

/* One that is called: as the last of all calls of all programs went. */
static void
add_called(struct ctx *cx, struct others *others, const char *name,
           enum metric_peer peer, const struct metric_page **pages,
           size_t count)
{
    int64_t good_at = 0, bad_at = 0;
    char at[CLOCK_TEXT];

    for (size_t i = 0; i < count; i++) {
        const struct metric_calls *calls = &pages[i]->calls[peer];

        good_at = calls->good_at > good_at ? calls->good_at : good_at;
        bad_at = calls->bad_at > bad_at ? calls->bad_at : bad_at;
    }
    if (good_at == 0 && bad_at == 0)
        return;
    clock_rfc3339(bad_at, at);
    add(others, name,
        bad_at > good_at && clock_now() - bad_at < FAILURE_HOLDS
            ? arena_printf(cx->arena, "the last call, at %s, failed", at)
            : NULL);
}

/* Where nobody counts, nobody was met. */
static struct others
find_others(struct ctx *cx)
{
    const struct metric_page **pages;
    struct others others = { .count = 0 };
    size_t count;

    if (metric_pages(cx, &pages, &count))
        return others;
    for (size_t i = 0; i < count; i++)
        add_worker(cx, &others, pages[i]);
    add_called(cx, &others, "stripe", METRIC_STRIPE, pages, count);
    add_called(cx, &others, "gmail", METRIC_GMAIL, pages, count);
    add_called(cx, &others, "google-token", METRIC_GOOGLE, pages, count);
    add_called(cx, &others, "smtp", METRIC_SMTP, pages, count);
    return others;
}

static void
write_state(struct writer *writer, const char *name, const char *cause)
{
    writer_text(writer, name, cause ? "down" : "up");
}

static void
write_cause(struct writer *writer, const char *name, const char *cause)
{
    if (cause)
        writer_text(writer, name, cause);
}

static void
write_ready(struct ctx *cx, struct reply *reply)
{
    struct ready services[READY_SERVICES];
    struct others others;
    struct writer *writer;
    bool all = true;

    ready_ask(cx, services);
    others = find_others(cx);
    for (int i = 0; i < READY_SERVICES; i++)
        all &= !services[i].cause;
    writer = reply_json(reply, all ? HTTP_OK : err_status(ERR_UNAVAILABLE));
    writer_object(writer, NULL);
    writer_text(writer, "status", all ? "ready" : "not ready");
    writer_object(writer, "services");
    for (int i = 0; i < READY_SERVICES; i++)
        write_state(writer, services[i].name, services[i].cause);
    writer_object_end(writer);
    writer_object(writer, "others");
    for (int i = 0; i < others.count; i++)
        write_state(writer, others.others[i].name, others.others[i].cause);
    writer_object_end(writer);
    writer_object(writer, "causes");
    for (int i = 0; i < READY_SERVICES; i++)
        write_cause(writer, services[i].name, services[i].cause);
    for (int i = 0; i < others.count; i++)
        write_cause(writer, others.others[i].name, others.others[i].cause);
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
