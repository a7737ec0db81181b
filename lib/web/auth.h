/* Who is calling, by the Authorization header (RFC 6750, 2.1). */
#ifndef TILL_AUTH_H
#define TILL_AUTH_H

#include "base/ctx.h"

/*
 * Fills cx->caller. `callers` are the roles that may: ANYONE lets pass without
 * a look at the header. ERR_UNAUTHENTICATED: no token; ERR_BAD_TOKEN: not a
 * good one; ERR_FORBIDDEN: a role that may not.
 *
 * Tokens that were found good are remembered until they expire, in a table of
 * fixed size; a restart (a changed secret needs one) empties it.
 */
enum err auth_check(struct ctx *cx, const char *authorization,
                    unsigned callers);

#endif
