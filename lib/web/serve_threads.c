/*
 * The loop of waiting programs: one request a thread. Threads are made as
 * they are needed: there is always one that waits for the next request, up to
 * the limit.
 */
#include <errno.h>
#include <pthread.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "base/stop.h"
#include "web/exchange.h"
#include "web/fcgi.h"
#include "web/server.h"

enum { THREADS_MAX = 1024, STACK = 512 * KIB };

struct pool {
    struct server *server;
    int limit;
    int end; /* eventfd in the connections' set: readable when it's over */

    pthread_mutex_t mutex; /* guards what follows */
    int made, idle;
    pthread_t threads[THREADS_MAX];
};

static void spawn(struct pool *pool);

/* Around the wait for a request: the last idle thread makes its successor. */
static void
count_idle(struct pool *pool, int change)
{
    pthread_mutex_lock(&pool->mutex);
    pool->idle += change;
    if (pool->idle == 0 && pool->made < pool->limit)
        spawn(pool);
    pthread_mutex_unlock(&pool->mutex);
}

static void
serve_one(struct pool *pool, struct fcgi *fcgi, struct exchange *exchange,
          const struct epoll_event *event)
{
    const struct app *app = pool->server->app;
    int connection = event->data.fd;

    server_unpark(connection);
    if (!fcgi_borrow(fcgi, connection, server_is_closing(event)))
        return;
    exchange_read(exchange, app);
    exchange_handle(exchange, app);
    exchange_finish(exchange);
    connection = fcgi_give_back(fcgi);
    if (connection >= 0)
        server_park(pool->server, connection);
}

static void *
thread(void *arg)
{
    struct pool *pool = arg;
    struct fcgi *fcgi = fcgi_create();
    struct exchange exchange;

    exchange_init(&exchange, fcgi_channel(fcgi));
    for (;;) {
        struct epoll_event events[2];
        int ready;

        /*
         * One event when going on. At the end the eventfd is always ready, so
         * a second place shows whether a connection is, too.
         */
        count_idle(pool, +1);
        ready = epoll_wait(pool->server->connections, events, 1, -1);
        if (ready == 1 && events[0].data.fd == pool->end)
            ready = epoll_wait(pool->server->connections, events, 2, 0);
        count_idle(pool, -1);
        if (ready < 0 && errno != EINTR)
            die("epoll_wait: %s", strerror(errno));
        if (ready == 1 && events[0].data.fd == pool->end)
            break;
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd != pool->end)
                serve_one(pool, fcgi, &exchange, &events[i]);
        }
    }
    exchange_destroy(&exchange);
    fcgi_destroy(fcgi);
    return NULL;
}

/* The mutex is held. */
static void
spawn(struct pool *pool)
{
    pthread_attr_t attributes;

    pthread_attr_init(&attributes);
    pthread_attr_setstacksize(&attributes, STACK);
    /* without a thread more, requests wait for those that there are */
    if (pthread_create(&pool->threads[pool->made], &attributes, thread, pool) ==
        0)
        pool->made++;
    pthread_attr_destroy(&attributes);
}

/* Waits for signals and new connections until something is wished for. */
static enum server_wish
mind(struct server *server)
{
    enum server_wish wish = SERVER_GO_ON;

    while (wish == SERVER_GO_ON) {
        struct epoll_event event;
        int ready = epoll_wait(server->control, &event, 1, -1);

        if (ready < 0 && errno != EINTR)
            die("epoll_wait: %s", strerror(errno));
        if (ready == 1)
            wish = server_control(server, event.data.fd);
    }
    return wish;
}

/* Lets every thread finish what it runs, and what nginx has sent by now. */
static void
end_all(struct pool *pool)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = pool->end };
    int count;

    epoll_ctl(pool->server->connections, EPOLL_CTL_ADD, pool->end, &event);
    pthread_mutex_lock(&pool->mutex);
    count = pool->made;
    pool->limit = 0; /* no new ones */
    pthread_mutex_unlock(&pool->mutex);
    for (int i = 0; i < count; i++)
        pthread_join(pool->threads[i], NULL);
}

enum server_wish
serve_threads(struct server *server, int threads)
{
    static struct pool pool;
    enum server_wish wish;

    pool.server = server;
    pool.limit = threads < THREADS_MAX ? threads : THREADS_MAX;
    pool.end = eventfd(1, EFD_CLOEXEC | EFD_NONBLOCK);
    if (pool.end < 0)
        die("eventfd: %s", strerror(errno));
    pthread_mutex_init(&pool.mutex, NULL);
    pthread_mutex_lock(&pool.mutex);
    spawn(&pool);
    if (pool.made == 0)
        die("no thread can be made");
    pthread_mutex_unlock(&pool.mutex);
    wish = mind(server);
    if (wish == SERVER_STOP)
        server_accept(server); /* those that came before the signal */
    server_stop_listening(server);
    end_all(&pool);
    close(pool.end);
    return wish;
}
