/*
 * Misbehaviour on demand. A rule waits for a request by method and path and
 * is used up after `times` of them:
 *
 *   method    left out: any
 *   path      an fnmatch pattern, in which * also crosses a slash
 *   times     1 unless told
 *   delay_ms  how long the request is held, before its effect
 *   and at most one of
 *   status    the answer instead of the vendor's own, with `body` (text, or a
 *             JSON value), else the vendor's error of that status. `effect`:
 *             the request is carried out first
 *   drop      "before" or "after" the effect: closes without an answer
 *   cut       sends the answer's header, whose Content-Length is the true
 *             one, and so many bytes of the body, then closes
 */
#ifndef SANDBOX_FAULTS_H
#define SANDBOX_FAULTS_H

#include <stdbool.h>

#include "http.h"

enum fault_drop { DROP_NOT, DROP_BEFORE, DROP_AFTER };

struct fault {
    long delay_ms;
    unsigned status;  /* 0: the vendor's own */
    const char *body; /* NULL: the vendor's for the status */
    bool has_effect;
    enum fault_drop drop;
    long cut; /* -1: whole */
};

/* Uses up one turn of the first rule that fits; none: a fault that is none. */
struct fault fault_take(struct pool *pool, const char *method,
                        const char *path);

/*
 * GET lists what is left, POST adds an array of rules, DELETE clears, and
 * lets go whoever is being delayed.
 */
void faults_serve(struct request *request, struct answer *answer);

#endif
