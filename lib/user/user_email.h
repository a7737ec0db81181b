/*
 * E-mail addresses of accounts: one addr-spec (RFC 5322, 3.4.1) in the form
 * that every mail server takes.
 */
#ifndef TILL_USER_EMAIL_H
#define TILL_USER_EMAIL_H

#include "base/ctx.h"

/* RFC 5321, 4.5.3.1: a path has 256 octets, two of them angle brackets. */
enum { USER_EMAIL_MAX = 254 };

/*
 * Whether it is one: a dot-atom of at most 64 bytes, "@", and a domain of at
 * least two labels (RFC 1123, 2.1), the last one not a number. Not taken,
 * though some RFC allows them: quoted local parts, comments, address literals,
 * and anything outside ASCII (RFC 6531 needs every server on the way).
 */
bool user_email_is_valid(const char *email);

/*
 * The normalised form, by which an address is unique and is looked up: ASCII
 * letters in lower case, nothing else changed. The domain has no case by RFC
 * 1035; the local part could have (RFC 5321, 2.4), but no provider tells
 * Bob@ from bob@, and if we did, one mailbox could have two accounts and its
 * owner could not log in with other capitals. What only some provider ignores
 * (dots, "+tag") stays: elsewhere those are different people.
 */
const char *user_email_key(struct ctx *cx, const char *email);

#endif
