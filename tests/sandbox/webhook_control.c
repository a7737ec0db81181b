/*
 * GET    /sandbox/webhook         the settings, and how deliveries stand
 * POST   /sandbox/webhook         sets what webhook_settings.h lists
 * DELETE /sandbox/webhook         no endpoint, nothing waits to be delivered
 * POST   /sandbox/webhook/flush {"seed": N}
 *                                 all that waits is due now, in the order of
 *                                 the events or, with a seed, in a random one;
 *                                 answers when each was tried, but after
 *                                 20 seconds at the latest
 * POST   /sandbox/webhook/replay {"events": [id, ...]}
 *                                 delivers these once more, in that order,
 *                                 whatever else is held; answers likewise
 *
 * All answer as GET does.
 */
#include <string.h>
#include <time.h>

#include "control.h"
#include "store.h"
#include "tree.h"
#include "webhook.h"
#include "webhook_settings.h"

enum { SETTLE_SECONDS = 20, LOOK_MS = 20 };

static void
counts_add(cJSON *answer)
{
    sqlite3_stmt *query = store_query(
        "SELECT count(*) FILTER (WHERE state = 0 AND due IS NOT NULL)"
        " AS pending, count(*) FILTER (WHERE state = 0 AND due IS NULL)"
        " AS held, count(*) FILTER (WHERE state = 1 AND forge IS NULL)"
        " AS delivered, count(*) FILTER (WHERE state = 2 AND attempts > 0"
        " AND forge IS NULL) AS given_up, count(*) FILTER (WHERE state = 2"
        " AND attempts = 0) AS dropped, count(*) FILTER (WHERE forge"
        " IS NOT NULL AND attempts > 0) AS forged, count(*) FILTER (WHERE"
        " forge IS NOT NULL AND state = 1) AS forged_accepted,"
        " coalesce(sum(attempts), 0) AS attempts FROM delivery",
        "");
    int i;

    store_next(query);
    for (i = 0; i < sqlite3_column_count(query); i++)
        tree_set_number(answer, sqlite3_column_name(query, i),
                        sqlite3_column_int64(query, i));
    store_end(query);
}

static void
state_answer(struct request *request, struct answer *answer)
{
    cJSON *body;

    store_begin();
    body = webhook_settings(request->pool);
    counts_add(body);
    store_commit();
    answer_tree(request, answer, 200, body);
}

static const char *
settings_post(struct request *request, const cJSON *wishes)
{
    struct pool *pool = request->pool;
    const char *fault;
    cJSON *settings;

    store_begin();
    settings = webhook_settings(pool);
    fault = webhook_change(pool, settings, wishes);
    if (!fault)
        store_remember("webhook", tree_print(pool, settings));
    store_commit();
    webhook_wake();
    return fault;
}

static void
webhook_forget(struct pool *pool)
{
    store_begin();
    store_remember("webhook", tree_print(pool, webhook_standard(pool)));
    store_run("UPDATE delivery SET state = 2 WHERE state = 0", "");
    store_commit();
}

static bool
is_settled(long long until)
{
    sqlite3_stmt *query;
    bool is_waiting;

    store_begin();
    query = store_query("SELECT 1 FROM delivery WHERE state = 0"
                        " AND (due <= ? OR is_running) LIMIT 1",
                        "i", until);
    is_waiting = store_next(query);
    if (is_waiting)
        store_end(query);
    store_commit();
    return !is_waiting;
}

static time_t
seconds_up(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec;
}

/* Until whatever is due by then was tried once, but not for ever. */
static void
settle(long long until)
{
    time_t end = seconds_up() + SETTLE_SECONDS;

    webhook_wake();
    while (!is_settled(until) && seconds_up() < end)
        if (!webhook_wait(LOOK_MS))
            return;
}

/* Those under way stay as they are; the rest gets its turn. */
static void
turns_shuffle(struct pool *pool, unsigned long long seed)
{
    sqlite3_stmt *query = store_query("SELECT seq FROM delivery WHERE state = 0"
                                      " AND NOT is_running ORDER BY seq",
                                      "");
    cJSON *list = pool_tree(pool, cJSON_CreateArray());
    const cJSON *item;
    unsigned long long n = 0;

    while (store_next(query))
        cJSON_AddItemToArray(
            list, cJSON_CreateNumber((double)sqlite3_column_int64(query, 0)));
    cJSON_ArrayForEach(item, list)
    {
        store_run("UPDATE delivery SET turn = ? WHERE seq = ?", "ii",
                  (long long)(webhook_mix(seed, n++) >> 2),
                  (long long)item->valuedouble);
    }
}

static const char *
flush_post(struct request *request, const cJSON *wishes)
{
    const cJSON *seed = tree_get(wishes, "seed");
    long long now;

    if (seed && (!cJSON_IsNumber(seed) || seed->valuedouble < 0))
        return "`seed` must be a number";
    store_begin();
    now = store_now_ms();
    store_run("UPDATE delivery SET due = ?, turn = 0 WHERE state = 0"
              " AND NOT is_running",
              "i", now);
    if (seed)
        turns_shuffle(request->pool, (unsigned long long)seed->valuedouble);
    store_commit();
    settle(now);
    return NULL;
}

static bool
is_event(const cJSON *id)
{
    sqlite3_stmt *query;

    if (!cJSON_IsString(id))
        return false;
    query = store_query("SELECT 1 FROM object WHERE id = ? AND kind = 'event'",
                        "s", id->valuestring);
    if (!store_next(query))
        return false;
    store_end(query);
    return true;
}

static const char *
replay_post(struct request *request, const cJSON *wishes)
{
    const cJSON *events = tree_get(wishes, "events"), *id;
    const char *fault =
        cJSON_IsArray(events) ? NULL : "`events` must be an array";
    long long now;

    (void)request;
    store_begin();
    now = store_now_ms();
    cJSON_ArrayForEach(id, events)
    {
        if (!fault && !is_event(id))
            fault = "`events` holds what is no event's id";
    }
    if (!fault)
        cJSON_ArrayForEach(id, events)
        {
            store_run("INSERT INTO delivery(event, created, due)"
                      " VALUES(?, ?, ?)",
                      "sii", id->valuestring, now / 1000, now);
        }
    store_commit();
    if (!fault)
        settle(now);
    return fault;
}

void
webhook_serve(struct request *request, struct answer *answer)
{
    static const struct {
        const char *path;
        const char *(*post)(struct request *, const cJSON *);
    } posts[] = { { "", settings_post },
                  { "/flush", flush_post },
                  { "/replay", replay_post } };
    const char *rest = request->path + strlen("/sandbox/webhook"),
               *fault = "no such route";
    const char *text = request->body_size ? request->body : "{}";
    size_t i;

    if (!strcmp(request->method, "POST")) {
        for (i = 0; i < sizeof(posts) / sizeof(*posts); i++)
            if (!strcmp(posts[i].path, rest))
                fault = posts[i].post(request, tree_parse(request->pool, text));
    } else if (!*rest && !strcmp(request->method, "DELETE")) {
        webhook_forget(request->pool);
        fault = NULL;
    } else if (!*rest && !strcmp(request->method, "GET")) {
        fault = NULL;
    }
    if (fault)
        control_refuse(request, answer, 400, fault);
    else
        state_answer(request, answer);
}
