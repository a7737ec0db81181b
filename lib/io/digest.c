#include "io/digest.h"

#include <errno.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>

enum { PIECE = 64 * 1024 };

enum err
digest_file(struct ctx *cx, const char *path, char text[DIGEST_TEXT])
{
    unsigned char hash[crypto_hash_sha256_BYTES];
    unsigned char *piece = arena_alloc(cx->arena, PIECE);
    crypto_hash_sha256_state state;
    FILE *file = fopen(path, "rbe");
    bool is_whole;
    size_t size;

    if (!file)
        return fail(cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
    crypto_hash_sha256_init(&state);
    while ((size = fread(piece, 1, PIECE, file)) > 0)
        crypto_hash_sha256_update(&state, piece, size);
    is_whole = !ferror(file);
    fclose(file);
    if (!is_whole)
        return fail(cx, ERR_UNAVAILABLE, "%s can't be read", path);
    crypto_hash_sha256_final(&state, hash);
    sodium_bin2hex(text, DIGEST_TEXT, hash, sizeof hash);
    return OK;
}
