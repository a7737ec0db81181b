#include "web/cgi.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/text.h"

/*
 * What of the body is still to come: CGI doesn't close standard input, but for
 * a body in chunks (request.c).
 */
static struct {
    bool is_known;
    int64_t left;
} body;

static char *const *
get_params(struct channel *channel)
{
    (void)channel;
    return environ;
}

/* What CONTENT_LENGTH says, or all there is of a body that came in chunks. */
static int64_t
get_length(void)
{
    const char *length = getenv("CONTENT_LENGTH");
    int64_t announced;

    if ((!length || !*length) && getenv("HTTP_TRANSFER_ENCODING"))
        return INT64_MAX;
    return length && text_to_int64(length, &announced) ? announced : 0;
}

static size_t
read_body(struct channel *channel, char *bytes, size_t size)
{
    ssize_t taken;

    (void)channel;
    if (!body.is_known)
        body.left = get_length();
    body.is_known = true;
    if (body.left <= 0)
        return 0;
    if (size > (size_t)body.left)
        size = (size_t)body.left;
    taken = read(STDIN_FILENO, bytes, size);
    if (taken <= 0)
        return 0;
    body.left -= taken;
    return (size_t)taken;
}

static void
write_reply(struct channel *channel, const char *bytes, size_t size)
{
    (void)channel;
    while (size > 0) {
        ssize_t taken = write(STDOUT_FILENO, bytes, size);

        if (taken <= 0)
            return;
        bytes += taken;
        size -= (size_t)taken;
    }
}

static void
distrust(struct channel *channel)
{
    (void)channel; /* the connection isn't ours */
}

struct channel *
cgi_channel(void)
{
    static struct channel channel = { get_params, read_body, write_reply,
                                      distrust };

    return &channel;
}
