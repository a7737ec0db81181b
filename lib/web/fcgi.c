#include "web/fcgi.h"

#include <fcgiapp.h>
#include <limits.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/stop.h"

struct fcgi {
    struct channel channel; /* first: a channel is turned back into this */
    FCGX_Request request;
};

void
fcgi_init(void)
{
    /* to close a connection, it would wait 2 s for the other side to */
    setenv("LIBFCGI_OS_CLOSE_POLL_TIMEOUT", "0", 1);
    if (FCGX_Init())
        die("libfcgi can't be started");
}

static FCGX_Request *
request_of(struct channel *channel)
{
    return &((struct fcgi *)channel)->request;
}

static char *const *
get_params(struct channel *channel)
{
    return request_of(channel)->envp;
}

static size_t
read_body(struct channel *channel, char *bytes, size_t size)
{
    int limit = size > INT_MAX ? INT_MAX : (int)size;
    int taken = FCGX_GetStr(bytes, limit, request_of(channel)->in);

    return taken > 0 ? (size_t)taken : 0;
}

static void
write_reply(struct channel *channel, const char *bytes, size_t size)
{
    /* where nginx has gone away, nobody is left to be told */
    (void)FCGX_PutStr(bytes, (int)size, request_of(channel)->out);
}

static void
distrust(struct channel *channel)
{
    request_of(channel)->keepConnection = 0;
}

struct fcgi *
fcgi_create(void)
{
    struct fcgi *fcgi = calloc(1, sizeof *fcgi);

    if (!fcgi)
        die("out of memory");
    fcgi->channel =
        (struct channel){ get_params, read_body, write_reply, distrust };
    /*
     * No listening socket: libfcgi must never accept a connection by itself,
     * as it would after a broken one. The loop would not know of it.
     */
    FCGX_InitRequest(&fcgi->request, -1, 0);
    fcgi->request.ipcFd = -1;
    return fcgi;
}

void
fcgi_destroy(struct fcgi *fcgi)
{
    free(fcgi);
}

struct channel *
fcgi_channel(struct fcgi *fcgi)
{
    return &fcgi->channel;
}

bool
fcgi_borrow(struct fcgi *fcgi, int connection, bool is_closing)
{
    char byte;

    if (is_closing &&
        recv(connection, &byte, 1, MSG_PEEK | MSG_DONTWAIT) <= 0) {
        close(connection);
        return false;
    }
    fcgi->request.ipcFd = connection;
    /* or the Finish inside Accept would close it */
    fcgi->request.keepConnection = 1;
    return FCGX_Accept_r(&fcgi->request) == 0;
}

int
fcgi_give_back(struct fcgi *fcgi)
{
    int connection;

    /* closes it unless it is kept, but also where nginx has gone away */
    FCGX_Finish_r(&fcgi->request);
    connection = fcgi->request.ipcFd;
    fcgi->request.ipcFd = -1;
    return connection;
}
