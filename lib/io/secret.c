#include "io/secret.h"

#include <pthread.h>
#include <sodium.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "base/stop.h"
#include "base/text.h"

/* OWASP Password Storage Cheat Sheet, Argon2id: m = 19 MiB, t = 2, p = 1. */
enum { PASSES = 2, MEMORY = 19 * MIB };

/* How many may wait for each one that hashes: about half a second's worth. */
enum { QUEUE_PER_HASH = 20 };

_Static_assert(PASSWORD_HASH >= crypto_pwhash_STRBYTES, "the hash fits");

static struct {
    pthread_mutex_t mutex;
    pthread_cond_t free;
    int at_once, running, waiting;
} hashing = {
    .mutex = PTHREAD_MUTEX_INITIALIZER,
    .free = PTHREAD_COND_INITIALIZER,
};

/*
 * What is checked where there is no account: a hash of no password, of the
 * same cost as the others. Made without hashing: a process that answers one
 * CGI request would otherwise show by its time that there is no account.
 */
static char nobody[PASSWORD_HASH];

void
secret_init(void)
{
    if (sodium_init() < 0)
        die("libsodium can't be started");
    snprintf(nobody, sizeof nobody,
             "$argon2id$v=19$m=%d,t=%d,p=1$bm9ib2R5J3NzYWx0MTIzNA$"
             "bm9ib2R5J3NoYXNobm9ib2R5J3NoYXNobm9ib2R5J3M",
             MEMORY / KIB, PASSES);
    hashing.at_once = config_text(SETTING_HASHES_AT_ONCE)
                          ? (int)config_int(SETTING_HASHES_AT_ONCE, 1, 256)
                          : (int)sysconf(_SC_NPROCESSORS_ONLN);
}

static enum err
enter(struct ctx *cx)
{
    enum err err = OK;

    pthread_mutex_lock(&hashing.mutex);
    if (hashing.running == hashing.at_once &&
        hashing.waiting >= QUEUE_PER_HASH * hashing.at_once) {
        cx->retry_after = 1;
        err = fail(cx, ERR_UNAVAILABLE, "too many passwords to hash");
    } else {
        hashing.waiting++;
        while (hashing.running == hashing.at_once)
            pthread_cond_wait(&hashing.free, &hashing.mutex);
        hashing.waiting--;
        hashing.running++;
    }
    pthread_mutex_unlock(&hashing.mutex);
    return err;
}

static void
leave(void)
{
    pthread_mutex_lock(&hashing.mutex);
    hashing.running--;
    pthread_cond_signal(&hashing.free);
    pthread_mutex_unlock(&hashing.mutex);
}

enum err
password_hash(struct ctx *cx, const char *password, const char **ret_hash)
{
    char *hash = arena_alloc(cx->arena, PASSWORD_HASH);
    enum err err;
    int code;

    if ((err = enter(cx)))
        return err;
    code = crypto_pwhash_str_alg(hash, password, strlen(password), PASSES,
                                 MEMORY, crypto_pwhash_ALG_ARGON2ID13);
    leave();
    if (code)
        return fail(cx, ERR_UNAVAILABLE, "no memory to hash a password");
    *ret_hash = hash;
    return OK;
}

enum err
password_check(struct ctx *cx, const char *password, const char *hash,
               bool *ret_is_right, bool *ret_is_outdated)
{
    bool exists = hash != NULL;
    enum err err;
    int code;

    if (!exists)
        hash = nobody;
    if ((err = enter(cx)))
        return err;
    code = crypto_pwhash_str_verify(hash, password, strlen(password));
    leave();
    *ret_is_right = exists && code == 0;
    if (ret_is_outdated)
        *ret_is_outdated = *ret_is_right && crypto_pwhash_str_needs_rehash(
                                                hash, PASSES, MEMORY) != 0;
    return OK;
}

void
secret_random(void *bytes, size_t size)
{
    randombytes_buf(bytes, size);
}

const char *
secret_name(struct arena *arena, const char *text)
{
    return secret_name_bytes(arena, text, strlen(text));
}

const char *
secret_name_bytes(struct arena *arena, const char *bytes, size_t size)
{
    unsigned char hash[crypto_generichash_BYTES_MIN];

    crypto_generichash(hash, sizeof hash, (const unsigned char *)bytes, size,
                       NULL, 0);
    return base64url_encode(arena, hash, sizeof hash);
}

void
secret_hash(const void *bytes, size_t size, unsigned char hash[SECRET_HASH])
{
    crypto_generichash(hash, SECRET_HASH, bytes, size, NULL, 0);
}

/* longer than secret_name's, so that the one doesn't tell of the other */
static void
make_seal_key(const char *key, unsigned char *seal_key)
{
    crypto_generichash(seal_key, crypto_secretbox_KEYBYTES,
                       (const unsigned char *)key, strlen(key), NULL, 0);
}

const char *
secret_seal(struct arena *arena, const char *key, const char *text)
{
    unsigned char seal_key[crypto_secretbox_KEYBYTES], *sealed;
    size_t size = strlen(text),
           overhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;

    sealed = arena_alloc(arena, size + overhead);
    secret_random(sealed, crypto_secretbox_NONCEBYTES);
    make_seal_key(key, seal_key);
    crypto_secretbox_easy(sealed + crypto_secretbox_NONCEBYTES,
                          (const unsigned char *)text, size, sealed, seal_key);
    return base64url_encode(arena, sealed, size + overhead);
}

enum err
secret_unseal(struct ctx *cx, const char *key, const char *sealed,
              const char **ret_text)
{
    size_t size,
        overhead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
    unsigned char seal_key[crypto_secretbox_KEYBYTES];
    const unsigned char *nonce;
    const char *bytes;
    char *text;

    if (base64url_decode(cx, sealed, &bytes, &size) || size < overhead)
        return fail(cx, ERR_INTERNAL, "what was sealed is damaged");
    nonce = (const unsigned char *)bytes;
    text = arena_alloc(cx->arena, size - overhead + 1);
    make_seal_key(key, seal_key);
    if (crypto_secretbox_open_easy(
            (unsigned char *)text, nonce + crypto_secretbox_NONCEBYTES,
            size - crypto_secretbox_NONCEBYTES, nonce, seal_key))
        return fail(cx, ERR_INTERNAL, "what was sealed can't be opened");
    *ret_text = text;
    return OK;
}

bool
signature_is_right(const char *key, const char *bytes, size_t size,
                   const char *hex)
{
    unsigned char digest[crypto_auth_hmacsha256_BYTES];
    char wanted[2 * sizeof digest + 1];
    crypto_auth_hmacsha256_state state;

    crypto_auth_hmacsha256_init(&state, (const unsigned char *)key,
                                strlen(key));
    crypto_auth_hmacsha256_update(&state, (const unsigned char *)bytes, size);
    crypto_auth_hmacsha256_final(&state, digest);
    sodium_bin2hex(wanted, sizeof wanted, digest, sizeof digest);
    return strlen(hex) == sizeof wanted - 1 &&
           sodium_memcmp(hex, wanted, sizeof wanted - 1) == 0;
}

static char *
encode(struct arena *arena, const void *bytes, size_t size, int variant)
{
    size_t room = sodium_base64_encoded_len(size, variant);

    return sodium_bin2base64(arena_alloc(arena, room), room, bytes, size,
                             variant);
}

const char *
base64url_encode(struct arena *arena, const void *bytes, size_t size)
{
    return encode(arena, bytes, size, sodium_base64_VARIANT_URLSAFE_NO_PADDING);
}

enum err
base64url_decode(struct ctx *cx, const char *text, const char **ret_bytes,
                 size_t *ret_size)
{
    size_t room = strlen(text);
    unsigned char *bytes = arena_alloc(cx->arena, room + 1);

    if (sodium_base642bin(bytes, room, text, room, NULL, ret_size, NULL,
                          sodium_base64_VARIANT_URLSAFE_NO_PADDING))
        return fail(cx, ERR_MALFORMED, "not base64url");
    *ret_bytes = (const char *)bytes;
    return OK;
}

const char *
base64_encode(struct arena *arena, const void *bytes, size_t size)
{
    return encode(arena, bytes, size, sodium_base64_VARIANT_ORIGINAL);
}

const char *
base64_mime(struct arena *arena, const void *bytes, size_t size)
{
    enum { LINE = 76 };
    const char *line = base64_encode(arena, bytes, size);
    size_t left = strlen(line);
    struct text text;

    text_init(&text, arena, left + left / LINE * 2 + 2);
    for (; left > 0; line += LINE) {
        size_t taken = left < LINE ? left : LINE;

        text_add_bytes(&text, line, taken);
        text_add(&text, "\r\n");
        left -= taken;
    }
    return text.bytes;
}
