#include "base/text.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char hex[] = "0123456789ABCDEF";

void
text_init(struct text *text, struct arena *arena, size_t max)
{
    *text = (struct text){ .arena = arena, .max = max };
    text->room = max < 512 ? max + 1 : 512;
    text->bytes = arena_alloc(arena, text->room);
}

/* Makes room for size more bytes and a NUL; false: past the maximum. */
static bool
make_room(struct text *text, size_t size)
{
    size_t room = text->room;
    char *bytes;

    if (text->has_overflowed || size > text->max - text->size) {
        text->has_overflowed = true;
        return false;
    }
    if (size < room - text->size)
        return true;
    while (size >= room - text->size)
        room *= 2;
    bytes = arena_alloc(text->arena, room);
    memcpy(bytes, text->bytes, text->size);
    text->bytes = bytes;
    text->room = room;
    return true;
}

void
text_add_bytes(struct text *text, const char *bytes, size_t size)
{
    if (!make_room(text, size))
        return;
    memcpy(text->bytes + text->size, bytes, size);
    text->size += size;
    text->bytes[text->size] = '\0';
}

void
text_add(struct text *text, const char *more)
{
    text_add_bytes(text, more, strlen(more));
}

void
text_add_char(struct text *text, char byte)
{
    text_add_bytes(text, &byte, 1);
}

void
text_add_int(struct text *text, int64_t number)
{
    char digits[24], *at = digits + sizeof digits;
    uint64_t rest = number < 0 ? 0 - (uint64_t)number : (uint64_t)number;

    do
        *--at = (char)('0' + rest % 10);
    while ((rest /= 10));
    if (number < 0)
        *--at = '-';
    text_add_bytes(text, at, (size_t)(digits + sizeof digits - at));
}

void
text_printf(struct text *text, const char *format, ...)
{
    va_list list;

    va_start(list, format);
    text_add(text, arena_vprintf(text->arena, format, list));
    va_end(list);
}

void
text_add_escaped(struct text *text, const char *bytes)
{
    for (;;) {
        size_t plain = 0;
        unsigned char byte;

        while ((unsigned char)bytes[plain] >= 0x20 && bytes[plain] != '"' &&
               bytes[plain] != '\\')
            plain++;
        text_add_bytes(text, bytes, plain);
        if (!(byte = (unsigned char)bytes[plain]))
            return;
        if (byte == '"' || byte == '\\') {
            text_add_char(text, '\\');
            text_add_char(text, (char)byte);
        } else if (byte == '\n') {
            text_add(text, "\\n");
        } else {
            text_add(text, "\\u00");
            text_add_char(text, hex[byte >> 4]);
            text_add_char(text, hex[byte & 15]);
        }
        bytes += plain + 1;
    }
}

static bool
is_unreserved(char byte)
{
    return (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z') ||
           (byte >= '0' && byte <= '9') || (byte && strchr("-._~", byte));
}

void
text_add_percent(struct text *text, const char *bytes)
{
    for (; *bytes; bytes++) {
        unsigned char byte = (unsigned char)*bytes;

        if (is_unreserved(*bytes)) {
            text_add_char(text, *bytes);
            continue;
        }
        text_add_char(text, '%');
        text_add_char(text, hex[byte >> 4]);
        text_add_char(text, hex[byte & 15]);
    }
}

/* The bytes that one code point takes here, or 0 where it isn't UTF-8. */
static size_t
sequence(const unsigned char *at, size_t left)
{
    /* the least first continuation byte that isn't overlong; the greatest */
    unsigned char least = 0x80, most = 0xbf;
    size_t size;

    if (at[0] < 0x80)
        return 1;
    if (at[0] >= 0xc2 && at[0] <= 0xdf)
        size = 2;
    else if (at[0] >= 0xe0 && at[0] <= 0xef)
        size = 3;
    else if (at[0] >= 0xf0 && at[0] <= 0xf4)
        size = 4;
    else
        return 0;
    if (left < size)
        return 0;
    if (at[0] == 0xe0)
        least = 0xa0;
    if (at[0] == 0xed)
        most = 0x9f; /* surrogates */
    if (at[0] == 0xf0)
        least = 0x90;
    if (at[0] == 0xf4)
        most = 0x8f; /* past U+10FFFF */
    if (at[1] < least || at[1] > most)
        return 0;
    for (size_t i = 2; i < size; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
    }
    return size;
}

bool
text_is_utf8(const char *bytes, size_t size)
{
    const unsigned char *at = (const unsigned char *)bytes;

    while (size > 0) {
        size_t taken = sequence(at, size);

        if (taken == 0)
            return false;
        at += taken;
        size -= taken;
    }
    return true;
}

size_t
text_length(const char *text)
{
    size_t length = 0;

    for (; *text; text++)
        length += ((unsigned char)*text & 0xc0) != 0x80;
    return length;
}

bool
text_has_control(const char *text)
{
    for (; *text; text++) {
        if ((unsigned char)*text < 0x20 || *text == 0x7f)
            return true;
    }
    return false;
}

bool
text_to_int64(const char *text, int64_t *ret_number)
{
    long long number;
    char *end;

    /* strtoll takes leading space and a plus; we don't */
    if ((*text < '0' || *text > '9') && *text != '-')
        return false;
    errno = 0;
    number = strtoll(text, &end, 10);
    if (errno || *end || end == text)
        return false;
    *ret_number = number;
    return true;
}
