/*
 * Calls between services: over HTTP, as an outsider would, with a service
 * token that says who calls. Every call may be repeated: those that change
 * something say the same thing again.
 *
 * All calls of this room may return ERR_UNAVAILABLE: the service can't be
 * reached or is busy, ask again later; ERR_UNKNOWN_OUTCOME: a change may have
 * been made; ERR_UPSTREAM: it refuses us, which only an operator can mend
 * (another SERVICE_SECRET, an answer we can't read).
 */
#ifndef TILL_PEER_H
#define TILL_PEER_H

#include "base/config.h"
#include "base/ctx.h"
#include "io/doc.h"

struct peer_call {
    const char *as;       /* the service that calls: "payment" */
    enum setting service; /* SETTING_ORDER_SERVICE_URL, ... */
    const char *method, *path;
    const char *body; /* JSON, or NULL */
};

/*
 * ret_doc: the answer's JSON. A 404 is ERR_NOT_FOUND, a 409 ERR_CONFLICT,
 * both with the service's own words.
 */
enum err peer_send(struct ctx *cx, const struct peer_call *call,
                   const struct doc **ret_doc);

/* The text at a path of an answer; ERR_UPSTREAM: it isn't there. */
enum err peer_text(struct ctx *cx, const struct doc *doc, const char *path,
                   const char **ret_text);

#endif
