/*
 * Passwords and what else needs cryptography (libsodium). Passwords are kept
 * as Argon2id strings with OWASP's minimum: 2 passes over 19 MiB.
 */
#ifndef TILL_SECRET_H
#define TILL_SECRET_H

#include "base/ctx.h"

enum { PASSWORD_HASH = 128 };

/* Once, before anything else here. Dies where libsodium can't start. */
void secret_init(void);

/*
 * Hashes a password, waiting its turn: at most so many at once as
 * HASHES_AT_ONCE says, since each takes 19 MiB and a processor for about
 * 20 ms. ERR_UNAVAILABLE with retry_after: too many are waiting already.
 */
enum err password_hash(struct ctx *cx, const char *password,
                       const char **ret_hash);

/*
 * Whether the password is the one of hash. With hash NULL the same work is
 * done for nothing, so that time doesn't tell whether there is a hash.
 * ret_is_outdated (may be NULL): it should be hashed anew with today's cost.
 */
enum err password_check(struct ctx *cx, const char *password, const char *hash,
                        bool *ret_is_right, bool *ret_is_outdated);

/* size random bytes. */
void secret_random(void *bytes, size_t size);

/*
 * A name that texts like these alone have and that tells nothing of them
 * (BLAKE2b, 16 bytes, base64url): to know again what secrets were in use.
 */
const char *secret_name(struct arena *arena, const char *text);
const char *secret_name_bytes(struct arena *arena, const char *bytes,
                              size_t size);

/* BLAKE2b of 32 bytes, into `hash`. */
enum { SECRET_HASH = 32 };
void secret_hash(const void *bytes, size_t size,
                 unsigned char hash[SECRET_HASH]);

/*
 * Makes text unreadable without `key`, which may be any text and should be
 * hard to guess (libsodium's secretbox; base64url). ERR_INTERNAL from
 * secret_unseal: it was not sealed with this key.
 */
const char *secret_seal(struct arena *arena, const char *key, const char *text);
enum err secret_unseal(struct ctx *cx, const char *key, const char *sealed,
                       const char **ret_text);

/*
 * Whether hex is the HMAC-SHA256 (RFC 2104) of the bytes with this key, in
 * lower case. Takes the same time wherever they differ.
 */
bool signature_is_right(const char *key, const char *bytes, size_t size,
                        const char *hex);

/* RFC 4648, 5, without padding; in the arena. */
const char *base64url_encode(struct arena *arena, const void *bytes,
                             size_t size);

/* ERR_MALFORMED: it isn't base64url without padding. NUL is added. */
enum err base64url_decode(struct ctx *cx, const char *text,
                          const char **ret_bytes, size_t *ret_size);

/* RFC 4648, 4, with padding, in lines of 76 ended by CR LF (RFC 2045, 6.8). */
const char *base64_mime(struct arena *arena, const void *bytes, size_t size);

/* RFC 4648, 4, with padding, in one line. */
const char *base64_encode(struct arena *arena, const void *bytes, size_t size);

#endif
