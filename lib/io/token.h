/*
 * Tokens: JWT (RFC 7519) signed with HS256, through libjwt, with the checks
 * that its decoder leaves out: the algorithm, exp, iat, nbf, iss, aud and sub.
 *
 * Users' tokens are signed with JWT_SECRET (two, comma-separated, while
 * rotating: the first signs, both are accepted); the services' with
 * SERVICE_SECRET, for another audience, so that neither passes for the other.
 */
#ifndef TILL_TOKEN_H
#define TILL_TOKEN_H

#include "base/ctx.h"

enum { TOKEN_MAX = 4096, TOKEN_SECRET_MIN = 32 };

/* Reads the secrets; dies where one is missing or shorter than 32 bytes. */
void token_init(void);

/* A user's token, valid for `seconds`. */
enum err token_for_user(struct ctx *cx, const char *user_id, enum role role,
                        int64_t seconds, const char **ret_token);

/* A service's own token, valid for a minute: who calls between services. */
enum err token_for_service(struct ctx *cx, const char *service,
                           const char **ret_token);

/*
 * Whose token it is, and until when (milliseconds). ERR_BAD_TOKEN: it is
 * malformed, of another algorithm, secret or audience, or expired.
 */
enum err token_check(struct ctx *cx, const char *token,
                     struct caller *ret_caller, int64_t *ret_expires);

#endif
