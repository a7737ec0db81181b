/* application/x-www-form-urlencoded: a list of names and values, in order. */
#ifndef SANDBOX_FORM_H
#define SANDBOX_FORM_H

#include <stdbool.h>
#include <stddef.h>

#include "pool.h"

struct form_pair {
    const char *name, *value;
};

struct form {
    struct form_pair *pairs;
    size_t count;
};

/* false: a broken % escape, a NUL, invalid UTF-8, or more than 1000 pairs. */
bool form_parse(struct pool *pool, const char *text, size_t size,
                struct form *ret_form);

/* The last value of a name, as Rack-like servers take it; NULL: none. */
const char *form_get(const struct form *form, const char *name);

/* The same text for the same parameters in whatever order they came. */
char *form_canonical(struct pool *pool, const struct form *form);

/* Whether the bytes are valid UTF-8 without NUL. */
bool utf8_is_valid(const char *text, size_t size);

#endif
