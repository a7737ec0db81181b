#include "base/id.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "base/clock.h"
#include "base/stop.h"

static const char hex[] = "0123456789abcdef";

/* The version and the variant are set here, whatever the bytes are. */
static const char *
format(struct arena *arena, int64_t time, unsigned char bytes[16])
{
    char *text = arena_alloc(arena, ID_SIZE + 1), *to = text;

    for (int i = 0; i < 6; i++)
        bytes[i] = (unsigned char)((uint64_t)time >> (40 - 8 * i));
    bytes[6] = (unsigned char)(0x70 | (bytes[6] & 0x0f)); /* version 7 */
    bytes[8] = (unsigned char)(0x80 | (bytes[8] & 0x3f)); /* variant */
    for (int i = 0; i < 16; i++) {
        if (i == 4 || i == 6 || i == 8 || i == 10)
            *to++ = '-';
        *to++ = hex[bytes[i] >> 4];
        *to++ = hex[bytes[i] & 15];
    }
    return text;
}

const char *
id_new(struct arena *arena)
{
    unsigned char bytes[16];

    if (getrandom(bytes, sizeof bytes, 0) != sizeof bytes)
        die("the kernel gives no random bytes");
    return format(arena, clock_now(), bytes);
}

const char *
id_at(struct arena *arena, int64_t time)
{
    unsigned char bytes[16] = { 0 };

    return format(arena, time, bytes);
}

bool
id_is_valid(const char *text)
{
    if (strnlen(text, ID_SIZE + 1) != ID_SIZE)
        return false;
    for (int i = 0; i < ID_SIZE; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;

        if (is_dash ? text[i] != '-' : !memchr(hex, text[i], 16))
            return false;
    }
    return true;
}

int64_t
id_time(const char *id)
{
    if (!id_is_valid(id))
        return 0;
    /* the first 48 bits: 8 digits, a dash, 4 digits, a dash */
    return (int64_t)(strtoull(id, NULL, 16) << 16 | strtoull(id + 9, NULL, 16));
}
