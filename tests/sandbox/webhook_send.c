/*
 * The thread that delivers: it takes what is due from the store, keeps some
 * of it in flight at once, and writes down what came of each.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <curl/curl.h>

#include "store.h"
#include "stripe_event.h"
#include "stripe_object.h"
#include "stripe_refund.h"
#include "tree.h"
#include "webhook.h"

enum { ANSWER_SECONDS = 10, IDLE_MS = 60000, TRIED_SECONDS = 3 * 24 * 3600 };

struct flight {
    struct pool *pool;
    long long seq;
    const char *event, *forge;
    struct curl_slist *headers;
};

static CURLM *multi;
static pthread_t thread;
static int flying;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t attempted = PTHREAD_COND_INITIALIZER;
static bool is_stopping;

void
webhook_wake(void)
{
    if (multi)
        curl_multi_wakeup(multi);
}

static bool
must_stop(void)
{
    bool stops;

    pthread_mutex_lock(&lock);
    stops = is_stopping;
    pthread_mutex_unlock(&lock);
    return stops;
}

bool
webhook_wait(long milliseconds)
{
    struct timespec until;

    clock_gettime(CLOCK_REALTIME, &until);
    until.tv_nsec += milliseconds * 1000000;
    until.tv_sec += until.tv_nsec / 1000000000;
    until.tv_nsec %= 1000000000;
    pthread_mutex_lock(&lock);
    pthread_cond_timedwait(&attempted, &lock, &until);
    pthread_mutex_unlock(&lock);
    return !must_stop();
}

static size_t
answer_ignore(char *data, size_t size, size_t count, void *to)
{
    (void)data;
    (void)to;
    return size * count;
}

static void
flight_header(struct flight *flight, const char *line)
{
    flight->headers = curl_slist_append(flight->headers, line);
    if (!flight->headers)
        abort();
}

/* Stripe prints its events over many lines; the signature is of those bytes. */
static void
flight_start(struct flight *flight, const cJSON *settings, const cJSON *event)
{
    CURL *easy = curl_easy_init();
    char *printed = cJSON_Print(event);
    const char *body = pool_copy(flight->pool, printed, strlen(printed)),
               *signature =
                   webhook_sign(flight->pool, tree_get(settings, "secrets"),
                                body, flight->forge);

    if (!easy)
        abort();
    free(printed);
    if (flight->forge && !strcmp(flight->forge, "body"))
        body = pool_printf(flight->pool, "%s ", body);
    flight_header(flight, "Content-Type: application/json; charset=utf-8");
    flight_header(flight, "Expect:");
    if (signature)
        flight_header(flight, pool_printf(flight->pool, "Stripe-Signature: %s",
                                          signature));
    curl_easy_setopt(easy, CURLOPT_URL, tree_text(settings, "url"));
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_USERAGENT,
                     "Stripe/1.0 (+https://stripe.com/docs/webhooks)");
    curl_easy_setopt(easy, CURLOPT_HTTPHEADER, flight->headers);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDS, body);
    curl_easy_setopt(easy, CURLOPT_POSTFIELDSIZE_LARGE,
                     (curl_off_t)strlen(body));
    curl_easy_setopt(easy, CURLOPT_TIMEOUT, (long)ANSWER_SECONDS);
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, answer_ignore);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, flight);
    curl_multi_add_handle(multi, easy);
    flying++;
}

static void
flight_end(struct flight *flight, CURL *easy)
{
    curl_multi_remove_handle(multi, easy);
    curl_easy_cleanup(easy);
    curl_slist_free_all(flight->headers);
    pool_free(flight->pool);
    flying--;
}

/* Stripe's waits, live: minutes first, then hours, three days in all. */
static long long
wait_ms(long long attempts, long long speed)
{
    static const long long seconds[] = { 300, 1800, 7200, 18000, 36000 };
    long long last = sizeof(seconds) / sizeof(*seconds);
    long long wait = attempts <= last ? seconds[attempts - 1] : 12 * 3600;

    wait = wait * 1000 / speed;
    return wait ? wait : 1;
}

static void
retry_plan(struct pool *pool, long long seq)
{
    long long speed = tree_number(webhook_settings(pool), "speed"), due;
    sqlite3_stmt *query = store_query(
        "SELECT attempts, created FROM delivery WHERE seq = ?", "i", seq);
    long long created;

    store_next(query);
    due = store_now_ms() + wait_ms(sqlite3_column_int64(query, 0), speed);
    created = sqlite3_column_int64(query, 1);
    store_end(query);
    store_run("UPDATE delivery SET due = ?, turn = 0, state = ?"
              " WHERE seq = ? AND state = 0",
              "iii", due, due > (created + TRIED_SECONDS) * 1000 ? 2LL : 0LL,
              seq);
}

/* A forged one has only one try; whether it was taken is its state. */
static void
flight_land(struct flight *flight, long status)
{
    bool is_taken = status >= 200 && status < 300;

    store_begin();
    store_run("UPDATE delivery SET is_running = 0, attempts = attempts + 1,"
              " status = ? WHERE seq = ?",
              "ii", (long long)status, flight->seq);
    if (is_taken || flight->forge)
        store_run("UPDATE delivery SET state = ? WHERE seq = ?", "ii",
                  is_taken ? 1LL : 2LL, flight->seq);
    else
        retry_plan(flight->pool, flight->seq);
    if (is_taken && !flight->forge)
        event_delivered(flight->event);
    store_commit();
    pthread_mutex_lock(&lock);
    pthread_cond_broadcast(&attempted);
    pthread_mutex_unlock(&lock);
}

/* The next delivery that is due; false: none. */
static bool
flight_take(long long now, struct flight *ret_flight)
{
    sqlite3_stmt *query =
        store_query("SELECT seq, event, forge FROM delivery WHERE state = 0"
                    " AND NOT is_running AND due <= ?"
                    " ORDER BY due, turn, seq LIMIT 1",
                    "i", now);

    if (!store_next(query))
        return false;
    ret_flight->pool = pool_new();
    ret_flight->seq = sqlite3_column_int64(query, 0);
    ret_flight->event = store_text(ret_flight->pool, query, 1);
    ret_flight->forge = store_text(ret_flight->pool, query, 2);
    store_end(query);
    store_run("UPDATE delivery SET is_running = 1 WHERE seq = ?", "i",
              ret_flight->seq);
    return true;
}

/* How long nothing will be due. */
static int
idle_ms(long long now, long long ripe)
{
    sqlite3_stmt *query = store_query("SELECT due FROM delivery WHERE state = 0"
                                      " AND NOT is_running AND due IS NOT NULL"
                                      " ORDER BY due LIMIT 1",
                                      "");
    long long next = now + IDLE_MS;

    if (store_next(query)) {
        if (sqlite3_column_int64(query, 0) < next)
            next = sqlite3_column_int64(query, 0);
        store_end(query);
    }
    if (ripe && ripe < next)
        next = ripe;
    return next > now ? (int)(next - now) : 0;
}

/* Starts what is due and for which there is room; returns how long to wait. */
static int
flights_start(void)
{
    struct pool *pool = pool_new();
    struct flight taken, *flight;
    const cJSON *settings;
    long long now, ripe;
    int idle = IDLE_MS, room;

    store_begin();
    ripe = refunds_ripen(pool);
    settings = webhook_settings(pool);
    now = store_now_ms();
    room = (int)tree_number(settings, "parallel");
    while (tree_text(settings, "url") && flying < room &&
           flight_take(now, &taken)) {
        flight = pool_alloc(taken.pool, sizeof(*flight));
        *flight = taken;
        flight_start(flight, settings,
                     object_get(flight->pool, "event", flight->event, NULL));
    }
    if (tree_text(settings, "url") && flying < room)
        idle = idle_ms(now, ripe);
    else if (ripe && ripe - now < idle)
        idle = ripe > now ? (int)(ripe - now) : 0;
    store_commit();
    pool_free(pool);
    return idle;
}

/* Whether any of them made room. */
static bool
flights_land(void)
{
    struct flight *flight;
    bool has_landed = false;
    CURLMsg *message;
    CURL *easy;
    int left;
    long status;

    curl_multi_perform(multi, &left);
    while ((message = curl_multi_info_read(multi, &left))) {
        easy = message->easy_handle;
        status = 0;
        if (message->data.result == CURLE_OK)
            curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
        curl_easy_getinfo(easy, CURLINFO_PRIVATE, &flight);
        flight_land(flight, status);
        flight_end(flight, easy);
        has_landed = true;
    }
    return has_landed;
}

static void *
deliver(void *unused)
{
    int idle;

    (void)unused;
    while (!must_stop()) {
        idle = flights_start();
        if (!flights_land())
            curl_multi_poll(multi, NULL, 0, idle, NULL);
    }
    return NULL;
}

void
webhook_start(void)
{
    store_begin();
    store_run("UPDATE delivery SET is_running = 0 WHERE is_running", "");
    store_commit();
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    if (!multi || pthread_create(&thread, NULL, deliver, NULL)) {
        fputs("till-sandbox: no thread to deliver webhooks\n", stderr);
        exit(1);
    }
}

void
webhook_stop(void)
{
    pthread_mutex_lock(&lock);
    is_stopping = true;
    pthread_mutex_unlock(&lock);
    webhook_wake();
    pthread_join(thread, NULL);
}
