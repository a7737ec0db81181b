/* Whether the services answer, and reach their databases. */
#ifndef TILL_READY_H
#define TILL_READY_H

#include "base/ctx.h"

enum { READY_SERVICES = 4 };

struct ready {
    const char *name;  /* "order" */
    const char *cause; /* why it isn't; NULL: it is */
};

/*
 * Each service is asked over HTTP for an object that can't exist: the right
 * answer, 404, has passed nginx, the program and the database. What was found
 * holds for a second, so that a monitor costs next to nothing; who asks while
 * another finds out waits for what that one finds. No cause names a host, a
 * file or a secret.
 */
void ready_ask(struct ctx *cx, struct ready ret_services[READY_SERVICES]);

#endif
