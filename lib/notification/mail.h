/*
 * One mail as bytes (RFC 5322, MIME): text and HTML as alternatives, both
 * UTF-8 in base64. Control characters in what becomes a header are refused,
 * never taken out: they would be somebody's attempt to write headers.
 */
#ifndef TILL_MAIL_H
#define TILL_MAIL_H

#include "base/ctx.h"

/* What every mail of this shop has in common. */
struct sender {
    const char *address;
    const char *name; /* shown beside it */
};

struct mail {
    const char *notification_id; /* the Message-ID is made of it */
    const char *order_id;
    const char *to; /* an address */
    const char *subject;
    const char *text, *html; /* lines ended by LF */
    int64_t date;
};

/*
 * Whether it can stand in To: and in SMTP's RCPT TO: one addr-spec (RFC 5322,
 * 3.4.1) of ASCII without quotes, comments or spaces, at most 254 characters.
 */
bool mail_is_address(const char *address);

/*
 * The mail's bytes, lines ended by CR LF. The same mail gets the same
 * Message-ID. ERR_INVALID: something in it can't be mailed.
 */
enum err mail_compose(struct ctx *cx, const struct sender *sender,
                      const struct mail *mail, const char **ret_bytes,
                      size_t *ret_size);

#endif
