/*
 * Gmail's access token (RFC 6749, 6): got with the refresh token, kept in the
 * store, shared by all workers. One of them gets a new one, minutes before the
 * old one ends; the others go on with that until it's there.
 *
 * Errors as in mail_gateway.h; ERR_UNAUTHENTICATED: Google refuses the refresh
 * token or the client (invalid_grant and the like), for good.
 */
#ifndef TILL_GMAIL_TOKEN_H
#define TILL_GMAIL_TOKEN_H

#include "notification/mail_gateway.h"

enum err gmail_token_get(struct ctx *cx, const struct mail_gateway *gateway,
                         const char **ret_token);

/* Forgets a token that Gmail has refused, unless there is another by now. */
enum err gmail_token_forget(struct ctx *cx, const struct mail_gateway *gateway,
                            const char *token);

#endif
