/*
 * The way one request comes in and its answer leaves: FastCGI (fcgi.c) or
 * plain CGI (cgi.c). exchange.c is written against this alone.
 */
#ifndef TILL_CHANNEL_H
#define TILL_CHANNEL_H

#include <stddef.h>

struct channel {
    /* The parameters, "NAME=value", NULL at their end; the channel's. */
    char *const *(*params)(struct channel *channel);

    /* Up to size bytes of the body; 0 at its end, or where it breaks off. */
    size_t (*read)(struct channel *channel, char *bytes, size_t size);

    void (*write)(struct channel *channel, const char *bytes, size_t size);

    /* The body isn't what was announced: don't keep the connection. */
    void (*distrust)(struct channel *channel);
};

#endif
