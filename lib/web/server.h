/*
 * What both serve loops stand on: the listening socket (descriptor 0), the
 * connections that nginx keeps open (parked in an epoll set while nothing
 * comes), the signals, and the restart in place.
 *
 * A program never closes a healthy kept connection by itself: nginx may be
 * writing a POST on it at that moment, and would answer 502. So SIGHUP hands
 * the parked connections, which carry no state between requests, to the next
 * execve of this program, by their numbers in TILL_PARKED.
 */
#ifndef TILL_SERVER_H
#define TILL_SERVER_H

#include "web/app.h"

struct epoll_event;

enum server_wish { SERVER_GO_ON, SERVER_STOP, SERVER_RESTART };

struct server {
    const struct app *app;
    struct db *db;   /* what batches are committed on, or NULL */
    int connections; /* epoll: parked connections */
    int control;     /* epoll: the listening socket and the signals; the
                        same set as connections where one thread does all */
    int signals;     /* signalfd */
    bool is_oneshot; /* several threads wait on connections */
};

/* Blocks the signals and makes the sets; adopts parked connections. */
void server_open(struct server *server, const struct app *app, struct db *db,
                 bool is_threaded);

/* Whether fd is the listening socket or the signalfd. */
bool server_is_control(const struct server *server, int fd);

/* Whether the event says that nginx sends no more on a connection. */
bool server_is_closing(const struct epoll_event *event);

/* Deals with an event on a control descriptor; says what is wished for. */
enum server_wish server_control(struct server *server, int fd);

/* Takes in all connections that wait at the listening socket. */
void server_accept(struct server *server);

/* Waits for the next request of a connection that was lent. */
void server_park(struct server *server, int connection);

/* Before a connection is lent: a restart must not hand it on half used. */
void server_unpark(int connection);

/* No new connections from here on; those that are there stay. */
void server_stop_listening(struct server *server);

/* Becomes the program anew, connections kept. Returns only if it can't. */
void server_restart(struct server *server);

/* The two loops (serve_batch.c, serve_threads.c); each returns the wish. */
enum server_wish serve_batch(struct server *server);
enum server_wish serve_threads(struct server *server, int threads);

#endif
