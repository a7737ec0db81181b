/*
 * The Idempotency-Key header (draft-ietf-httpapi-idempotency-key-header-07):
 * the same caller, route, key and body get the same answer, marked
 * Idempotency-Replayed: true, for a day; then the key is forgotten.
 *
 * The key is 1 to 255 visible ASCII characters, bare (as Stripe takes it) or
 * as a quoted string (as the draft writes it); both are the same key. What is
 * kept of an answer is its status, body, Location and other headers of the
 * handler's; the body can be read only with the client's key, since it may
 * hold what must not be stored (Stripe's client_secret).
 *
 * Kept is the answer of a request that did something: 2xx, and 402, behind
 * which is an attempt to charge. Refusals that did nothing are not: the key
 * may be used again, with a corrected body, too. So it is with Stripe for
 * what is refused before it begins (400, 401, 403, 413, 415, 422), and here
 * also for 404 and 409: they speak of the moment ("is being paid right now",
 * "not Paid yet"), and to repeat them for a day would trap a customer. Nor
 * are 5xx: the same request may be sent again, and the handler finds out what
 * came of the first; since that may be something, another body is refused.
 *
 * A program that touches only SQLite claims the key, does the work and keeps
 * the answer in one transaction: all of it or nothing. One that waits claims
 * it, with a lease, before the work, and keeps the answer after it; what a
 * crash in between has left is claimed by the next request after the lease
 * (at most 30 s), and its handler, which is idempotent by itself, finds what
 * was done.
 */
#ifndef TILL_ONCE_H
#define TILL_ONCE_H

#include "web/app.h"

/*
 * Answers a request that has the header: by app->handle, or as before.
 * Besides the handler's errors: ERR_MALFORMED: the key isn't well formed;
 * ERR_KEY_REUSED: it came with another body; ERR_CONFLICT with retry_after:
 * the first request with it is still running.
 */
enum err once_handle(struct ctx *cx, const struct app *app,
                     const struct request *request, struct reply *reply);

#endif
