#include "base64.h"

#include <string.h>

static const char alphabets[2][65] = {
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/",
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_",
};

/* How many characters carry bits; -1 when the padding is wrong. */
static long
length_without_padding(enum base64_kind kind, const char *text)
{
    size_t length = strlen(text), padded = length;

    while (length && padded - length < 2 && text[length - 1] == '=')
        length--;
    if (length % 4 == 1)
        return -1;
    if (padded != length || kind == BASE64_PLAIN)
        return padded % 4 ? -1 : (long)length;
    return (long)length;
}

char *
base64_decode(struct pool *pool, enum base64_kind kind, const char *text,
              size_t *ret_size)
{
    long length = length_without_padding(kind, text), i;
    unsigned bits = 0, held = 0;
    size_t size = 0;
    const char *at;
    char *out;

    if (length < 0)
        return NULL;
    out = pool_alloc(pool, (size_t)length / 4 * 3 + 4);
    for (i = 0; i < length; i++) {
        at = memchr(alphabets[kind], text[i], 64);
        if (!at)
            return NULL;
        bits = bits << 6 | (unsigned)(at - alphabets[kind]);
        held += 6;
        if (held >= 8) {
            held -= 8;
            out[size++] = (char)(bits >> held & 0xff);
        }
    }
    if (bits & ((1u << held) - 1))
        return NULL;
    *ret_size = size;
    return out;
}

char *
base64_encode_url(struct pool *pool, const char *bytes, size_t size)
{
    char *out = pool_alloc(pool, size / 3 * 4 + 8), *to = out;
    const unsigned char *in = (const unsigned char *)bytes;
    unsigned bits;
    size_t i, left;

    for (i = 0; i < size; i += 3) {
        left = size - i;
        bits = (unsigned)in[i] << 16;
        bits |= left > 1 ? (unsigned)in[i + 1] << 8 : 0;
        bits |= left > 2 ? in[i + 2] : 0;
        *to++ = alphabets[BASE64_URL][bits >> 18];
        *to++ = alphabets[BASE64_URL][bits >> 12 & 63];
        *to++ = left > 1 ? alphabets[BASE64_URL][bits >> 6 & 63] : '=';
        *to++ = left > 2 ? alphabets[BASE64_URL][bits & 63] : '=';
    }
    return out;
}
