/* Base64 of RFC 4648: section 4 (plain) and section 5 (URL, padding or not). */
#ifndef SANDBOX_BASE64_H
#define SANDBOX_BASE64_H

#include <stddef.h>

#include "pool.h"

enum base64_kind { BASE64_PLAIN, BASE64_URL };

/*
 * NULL when the text is not Base64 of that kind: another alphabet, white
 * space, a broken length, or bits behind the end. A NUL follows the bytes.
 */
char *base64_decode(struct pool *pool, enum base64_kind kind, const char *text,
                    size_t *ret_size);

/* With padding, as Google's API writes it. */
char *base64_encode_url(struct pool *pool, const char *bytes, size_t size);

#endif
