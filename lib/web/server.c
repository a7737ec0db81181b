#include "web/server.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "base/stop.h"
#include "io/signals.h"

enum { LISTENER = STDIN_FILENO, CONNECTIONS_MAX = 16384 };

/*
 * Seconds that a read from a connection may wait for its next byte. nginx has
 * a whole request before it sends one, so only what isn't nginx ever stalls.
 */
enum { PATIENCE = 2 };

/* Of a connection: bytes, or that the other side sends no more. */
enum { WANTED = EPOLLIN | EPOLLRDHUP };

/*
 * Which descriptors are parked connections. Written by the thread that holds
 * the connection; read after all threads have ended.
 */
static unsigned char parked[CONNECTIONS_MAX];

static void
watch(int set, int fd, uint32_t events)
{
    struct epoll_event event = { .events = events, .data.fd = fd };

    if (epoll_ctl(set, EPOLL_CTL_ADD, fd, &event))
        die("epoll_ctl: %s", strerror(errno));
}

/* Takes a new connection in; one that doesn't fit the table is closed. */
static void
adopt(struct server *server, int fd)
{
    uint32_t events = WANTED | (server->is_oneshot ? EPOLLONESHOT : 0);
    const struct timeval patience = { .tv_sec = PATIENCE };

    if (fd >= CONNECTIONS_MAX) {
        close(fd);
        return;
    }
    fcntl(fd, F_SETFD, FD_CLOEXEC);
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    parked[fd] = 1;
    watch(server->connections, fd, events);
}

/* The connections that the program before us left open for us. */
static void
adopt_inherited(struct server *server)
{
    const char *list = getenv("TILL_PARKED");
    char *end;

    for (; list && *list; list = end) {
        long fd = strtol(list, &end, 10);

        if (end == list)
            break;
        if (fd > STDERR_FILENO && fcntl((int)fd, F_GETFD) >= 0)
            adopt(server, (int)fd);
    }
    unsetenv("TILL_PARKED");
}

static int
open_set(void)
{
    int set = epoll_create1(EPOLL_CLOEXEC);

    if (set < 0)
        die("epoll_create1: %s", strerror(errno));
    return set;
}

void
server_open(struct server *server, const struct app *app, struct db *db,
            bool is_threaded)
{
    *server =
        (struct server){ .app = app, .db = db, .is_oneshot = is_threaded };
    server->signals = signals_open();
    signal(SIGPIPE, SIG_IGN);
    server->connections = open_set();
    server->control = is_threaded ? open_set() : server->connections;
    fcntl(LISTENER, F_SETFL, fcntl(LISTENER, F_GETFL) | O_NONBLOCK);
    watch(server->control, LISTENER, EPOLLIN);
    watch(server->control, server->signals, EPOLLIN);
    adopt_inherited(server);
}

bool
server_is_closing(const struct epoll_event *event)
{
    return event->events & (EPOLLRDHUP | EPOLLHUP | EPOLLERR);
}

bool
server_is_control(const struct server *server, int fd)
{
    return fd == LISTENER || fd == server->signals;
}

static enum server_wish
read_signal(struct server *server)
{
    struct signalfd_siginfo info;

    /* unread, it would stay pending through execve: restarts without end */
    if (read(server->signals, &info, sizeof info) != sizeof info)
        return SERVER_GO_ON;
    return info.ssi_signo == SIGHUP ? SERVER_RESTART : SERVER_STOP;
}

enum server_wish
server_control(struct server *server, int fd)
{
    if (fd == server->signals)
        return read_signal(server);
    server_accept(server);
    return SERVER_GO_ON;
}

void
server_accept(struct server *server)
{
    int fd;

    while ((fd = accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        adopt(server, fd);
    /* EAGAIN: none left. EMFILE: nginx's requests wait in the backlog. */
}

void
server_park(struct server *server, int connection)
{
    struct epoll_event event = { .events = WANTED | EPOLLONESHOT,
                                 .data.fd = connection };

    parked[connection] = 1;
    if (server->is_oneshot &&
        epoll_ctl(server->connections, EPOLL_CTL_MOD, connection, &event))
        bug("a connection is not in the set: %s", strerror(errno));
}

void
server_unpark(int connection)
{
    parked[connection] = 0;
}

void
server_stop_listening(struct server *server)
{
    epoll_ctl(server->control, EPOLL_CTL_DEL, LISTENER, NULL);
}

void
server_restart(struct server *server)
{
    size_t room = (size_t)CONNECTIONS_MAX * 6 + 1, used = 0;
    char *list = calloc(1, room);
    char *self[] = { program_invocation_name, NULL };

    (void)server;
    if (!list)
        die("out of memory");
    for (int fd = STDERR_FILENO + 1; fd < CONNECTIONS_MAX; fd++) {
        if (!parked[fd])
            continue;
        fcntl(fd, F_SETFD, 0);
        used += (size_t)snprintf(list + used, room - used, "%d ", fd);
    }
    setenv("TILL_PARKED", list, 1);
    execvp(self[0], self);
    fprintf(stderr, "till: restart: %s: %s\n", self[0], strerror(errno));
    free(list);
}
