/*
 * The loop of quick programs: one thread takes all requests that are ready,
 * runs their handlers one after the other, commits what they wrote once, and
 * only then lets the answers leave. Load makes the batches; nobody waits for
 * one.
 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "base/log.h"
#include "base/stop.h"
#include "web/exchange.h"
#include "web/fcgi.h"
#include "web/server.h"

enum { BATCH = 128 };

struct slot {
    struct fcgi *fcgi;
    struct exchange exchange;
};

/* Made when first needed: an idle program has one. */
static struct slot slots[BATCH];

static struct slot *
slot_at(int index)
{
    struct slot *slot = &slots[index];

    if (!slot->fcgi) {
        slot->fcgi = fcgi_create();
        exchange_init(&slot->exchange, fcgi_channel(slot->fcgi));
    }
    return slot;
}

/* Reads a request from each connection that has one; returns how many. */
static int
read_batch(struct server *server, const struct epoll_event *events, int ready,
           enum server_wish *wish)
{
    int count = 0;

    for (int i = 0; i < ready; i++) {
        struct slot *slot = slot_at(count);
        int fd = events[i].data.fd;

        if (server_is_control(server, fd)) {
            enum server_wish wished = server_control(server, fd);

            /* a restart wished for later does not undo a stop */
            if (wished != SERVER_GO_ON && *wish != SERVER_STOP)
                *wish = wished;
            continue;
        }
        server_unpark(fd);
        if (!fcgi_borrow(slot->fcgi, fd, server_is_closing(&events[i])))
            continue;
        exchange_read(&slot->exchange, server->app);
        count++;
    }
    return count;
}

static void
answer_batch(struct server *server, int count)
{
    enum err err = OK;

    for (int i = 0; i < count; i++)
        exchange_handle(&slots[i].exchange, server->app);
    if (count > 0 && server->db)
        err = db_commit(&slots[0].exchange.cx, server->db);
    for (int i = 0; i < count; i++) {
        int connection;

        /* who only read may have read what was not kept: void it all */
        if (err)
            exchange_void(&slots[i].exchange, err);
        exchange_finish(&slots[i].exchange);
        connection = fcgi_give_back(slots[i].fcgi);
        if (connection >= 0)
            server_park(server, connection);
    }
    log_flush();
}

enum server_wish
serve_batch(struct server *server)
{
    struct epoll_event events[BATCH];
    enum server_wish wish = SERVER_GO_ON;

    log_hold();
    for (;;) {
        /* asked to end: what nginx has sent by now is still answered */
        int patience = wish == SERVER_GO_ON ? -1 : 0;
        int ready = epoll_wait(server->connections, events, BATCH, patience);

        if (ready < 0 && errno != EINTR)
            die("epoll_wait: %s", strerror(errno));
        if (ready == 0 && wish != SERVER_GO_ON)
            break;
        answer_batch(server, read_batch(server, events, ready, &wish));
        if (wish == SERVER_RESTART)
            break; /* what is left is answered by our successor */
        if (wish == SERVER_STOP)
            server_stop_listening(server);
    }
    for (int i = 0; i < BATCH && slots[i].fcgi; i++) {
        exchange_destroy(&slots[i].exchange);
        fcgi_destroy(slots[i].fcgi);
        slots[i].fcgi = NULL;
    }
    return wish;
}
