/*
 * Text that grows, with an end: every text has a maximum, and what goes past
 * it makes the text overflow (checked once, at the end) instead of growing.
 * Also the small questions about bytes that everybody asks.
 */
#ifndef TILL_TEXT_H
#define TILL_TEXT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/arena.h"

enum { KIB = 1024, MIB = 1024 * KIB };

struct text {
    struct arena *arena;
    char *bytes; /* NUL-terminated; never NULL */
    size_t size, room, max;
    bool has_overflowed;
};

/* An empty text of at most max bytes, in the arena. */
void text_init(struct text *text, struct arena *arena, size_t max);

void text_add(struct text *text, const char *more);
void text_add_bytes(struct text *text, const char *bytes, size_t size);
void text_add_char(struct text *text, char byte);
void text_add_int(struct text *text, int64_t number);
void text_printf(struct text *text, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Adds bytes as the inside of a JSON string (RFC 8259, 7). */
void text_add_escaped(struct text *text, const char *bytes);

/* Adds bytes percent-encoded, but for RFC 3986's unreserved characters. */
void text_add_percent(struct text *text, const char *bytes);

/* Whether the bytes are UTF-8 (RFC 3629): no surrogates, nothing overlong. */
bool text_is_utf8(const char *bytes, size_t size);

/* The number of code points in valid UTF-8. */
size_t text_length(const char *text);

/* Whether a control character (also U+007F) stands in it. */
bool text_has_control(const char *text);

/* The whole of text as a decimal number; false: it isn't one, or too big. */
bool text_to_int64(const char *text, int64_t *ret_number);

#endif
