/*
 * Misbehaviour on demand. A rule waits for a request by method and path and
 * is used up after `times` of them:
 *
 *   method    left out: any
 *   path      an fnmatch pattern, in which * also crosses a slash
 *   key       an fnmatch pattern for the Idempotency-Key
 *   order_id  of the metadata that the request brings, or of the Stripe object
 *             that it is about
 *   times     1 unless told
 *   delay_ms  how long the request is held, before its effect
 *   headers   of the answer, instead of the vendor's own: {"Retry-After": "1"}
 *   and at most one of
 *   status    the answer instead of the vendor's own, with `body` (text, or a
 *             JSON value), else the vendor's error of that status. `effect`:
 *             the request is carried out first. `reason` is put into the
 *             vendor's error: Google's reason, Stripe's code or decline_code
 *   drop      "before" or "after" the effect: closes without an answer
 *   hang      the same, but closes only when the client has, or when the
 *             faults are cleared
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
    const char *reason;
    const cJSON *headers;
    bool has_effect;
    enum fault_drop drop;
    bool has_hang; /* before the connection is dropped */
    long cut;      /* -1: whole */
};

/* Uses up one turn of the first rule that fits; none: a fault that is none. */
struct fault fault_take(const struct request *request);

/*
 * GET lists what is left, POST adds an array of rules, DELETE clears, and
 * lets go whoever is being delayed.
 */
void faults_serve(struct request *request, struct answer *answer);

#endif
