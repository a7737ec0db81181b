/*
 * responder: what Till's programs are measured against. It speaks FastCGI as
 * they do, one thread over parked connections, and does nothing: every request
 * is answered with the same bytes.
 *
 *     spawn-fcgi -n -s SOCKET -- responder SIZE
 *
 * SIZE: of the answer's body, which is a JSON text. Ends on SIGTERM.
 */
#include <errno.h>
#include <fcgiapp.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { AT_ONCE = 128, LISTENER = STDIN_FILENO, SIZE_MAX_ = 7 * 1024 };

static FCGX_Request requests[AT_ONCE];
static char answer[SIZE_MAX_ + 256];
static int answer_size, ready_set;

static void
give_up(const char *what)
{
    fprintf(stderr, "responder: %s: %s\n", what, strerror(errno));
    exit(71);
}

/* The whole answer, made once: "xxx..." where Till has an order. */
static void
make_answer(int size)
{
    static char filling[SIZE_MAX_];

    memset(filling, 'x', sizeof filling);
    answer_size = snprintf(answer, sizeof answer,
                           "Status: 200\r\n"
                           "Content-Type: application/json\r\n"
                           "Content-Length: %d\r\n"
                           "\r\n"
                           "\"%.*s\"",
                           size, size - 2, filling);
}

static void
wait_on(int fd)
{
    struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

    if (epoll_ctl(ready_set, EPOLL_CTL_ADD, fd, &event))
        give_up("epoll_ctl");
}

static void
accept_waiting(void)
{
    int fd;

    while ((fd = accept4(LISTENER, NULL, NULL, SOCK_CLOEXEC)) >= 0)
        wait_on(fd);
}

/* Reads one request and its body from a connection that has something. */
static int
take(FCGX_Request *request, int fd)
{
    char bytes[4096];

    if (recv(fd, bytes, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) {
        close(fd); /* nginx has, too */
        return 0;
    }
    request->ipcFd = fd;
    request->keepConnection = 1; /* or the connection would be closed here */
    if (FCGX_Accept_r(request))
        return 0;
    while (FCGX_GetStr(bytes, sizeof bytes, request->in) > 0)
        continue;
    return 1;
}

static void
reply(FCGX_Request *request)
{
    FCGX_PutStr(answer, answer_size, request->out);
    FCGX_Finish_r(request); /* closes a connection that isn't to be kept */
    request->ipcFd = -1;
}

static void
serve(void)
{
    struct epoll_event events[AT_ONCE];

    for (;;) {
        int taken = 0, ready = epoll_wait(ready_set, events, AT_ONCE, -1);

        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd == LISTENER)
                accept_waiting();
            else
                taken += take(&requests[taken], events[i].data.fd);
        }
        for (int i = 0; i < taken; i++)
            reply(&requests[i]);
    }
}

int
main(int argc, char **argv)
{
    long size = argc == 2 ? strtol(argv[1], NULL, 10) : 0;

    if (size < 2 || size > SIZE_MAX_) {
        fprintf(stderr, "usage: responder SIZE (2 to %d)\n", SIZE_MAX_);
        return 64;
    }
    make_answer((int)size);
    FCGX_Init();
    signal(SIGTERM, SIG_DFL); /* libfcgi would wait for one more request */
    for (int i = 0; i < AT_ONCE; i++)
        FCGX_InitRequest(&requests[i], LISTENER, 0);
    if ((ready_set = epoll_create1(EPOLL_CLOEXEC)) < 0)
        give_up("epoll_create1");
    if (fcntl(LISTENER, F_SETFL, O_RDWR | O_NONBLOCK))
        give_up("descriptor 0");
    wait_on(LISTENER);
    serve();
}
