/*
 * FastCGI through libfcgi, without a thread a connection: a connection is
 * lent to libfcgi for one request and taken back. The only file that includes
 * fcgiapp.h is fcgi.c.
 */
#ifndef TILL_FCGI_H
#define TILL_FCGI_H

#include <stdbool.h>

#include "web/channel.h"

struct fcgi;

/* Once, before the first. */
void fcgi_init(void);

/* Something that serves one request at a time; lives until fcgi_destroy. */
struct fcgi *fcgi_create(void);
void fcgi_destroy(struct fcgi *fcgi);

struct channel *fcgi_channel(struct fcgi *fcgi);

/*
 * Reads a request's head from a connection that has bytes, or is_closing: it
 * may have none. False: nginx has closed it, or sent what isn't FastCGI; the
 * connection is closed then.
 */
bool fcgi_borrow(struct fcgi *fcgi, int connection, bool is_closing);

/*
 * Ends the request. Returns the connection, to wait for its next request, or
 * -1 where it had to be closed.
 */
int fcgi_give_back(struct fcgi *fcgi);

#endif
