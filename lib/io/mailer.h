/* Mail submission by SMTP (RFC 6409), through libcurl. */
#ifndef TILL_MAILER_H
#define TILL_MAILER_H

#include "base/ctx.h"

struct mailer_call {
    const char *url; /* "smtps://host:465"; "smtp://host:587" with STARTTLS */
    const char *user, *password;
    const char *from, *to; /* addresses alone, without names */
    const char *message;   /* RFC 5322, lines ended by CR LF */
    size_t size;
    int64_t timeout; /* milliseconds for the whole call */
};

/*
 * Whether it may be used: smtps, or smtp, which is then held to STARTTLS but
 * on loopback. For the setting, at start-up.
 */
bool mailer_is_url(const char *url);

/*
 * Hands the message over. OK: the server has taken it. ERR_UNAVAILABLE: it
 * has not, another time it may. ERR_INVALID: it has refused this message or
 * address for good. ERR_UNAUTHENTICATED: it refuses the credentials, or
 * whatever we send. ERR_TOO_MANY: a quota; cx->retry_after says how long.
 * ERR_UNKNOWN_OUTCOME: the message left, and no answer came.
 */
enum err mailer_send(struct ctx *cx, const struct mailer_call *call);

#endif
