#include "web/auth.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/stop.h"
#include "io/token.h"

/* A full table costs about 600 KiB. A token has a few places it may be at. */
enum { SETS = 256, PLACES = 4, REMEMBERED_SIZE = 512, CALLER_ID = 64 };

struct remembered {
    int64_t expires;
    enum role role;
    char id[CALLER_ID];
    char token[REMEMBERED_SIZE];
};

static struct {
    pthread_mutex_t mutex;
    struct remembered *sets[SETS][PLACES];
} memory = { .mutex = PTHREAD_MUTEX_INITIALIZER };

/* Of a token: from its last bytes, which are its signature. */
static size_t
hash_of(const char *token, size_t size)
{
    size_t hash = 5381;

    for (size_t i = size > 16 ? size - 16 : 0; i < size; i++)
        hash = hash * 33 + (unsigned char)token[i];
    return hash;
}

static bool
is_remembered(const struct remembered *slot, const char *token)
{
    /* by the whole text, never by its hash */
    return slot && slot->expires > clock_now() &&
           strcmp(slot->token, token) == 0;
}

static bool
recall(struct ctx *cx, const char *token, size_t size)
{
    struct remembered **set = memory.sets[hash_of(token, size) % SETS];
    bool is_known = false;

    pthread_mutex_lock(&memory.mutex);
    for (int i = 0; i < PLACES && !is_known; i++) {
        if (!(is_known = is_remembered(set[i], token)))
            continue;
        cx->caller = (struct caller){ set[i]->role,
                                      arena_strdup(cx->arena, set[i]->id) };
    }
    pthread_mutex_unlock(&memory.mutex);
    return is_known;
}

/* An empty place, or one that is free again, or somebody else's. */
static struct remembered *
place_for(size_t hash)
{
    struct remembered **set = memory.sets[hash % SETS];
    size_t place = hash / SETS % PLACES;

    for (size_t i = 0; i < PLACES; i++) {
        if (!set[i] || set[i]->expires <= clock_now())
            place = i;
    }
    if (!set[place] && !(set[place] = malloc(sizeof *set[place])))
        die("out of memory");
    return set[place];
}

static void
remember(const struct ctx *cx, const char *token, size_t size, int64_t expires)
{
    size_t id_size = strlen(cx->caller.id);
    struct remembered *slot;

    if (size >= REMEMBERED_SIZE || id_size >= CALLER_ID)
        return;
    pthread_mutex_lock(&memory.mutex);
    slot = place_for(hash_of(token, size));
    slot->expires = expires;
    slot->role = cx->caller.role;
    memcpy(slot->id, cx->caller.id, id_size + 1);
    memcpy(slot->token, token, size + 1);
    pthread_mutex_unlock(&memory.mutex);
}

static enum err
identify(struct ctx *cx, const char *token)
{
    size_t size = strnlen(token, TOKEN_MAX + 1);
    int64_t expires;
    enum err err;

    if (recall(cx, token, size))
        return OK;
    if ((err = token_check(cx, token, &cx->caller, &expires)))
        return err;
    remember(cx, token, size, expires);
    return OK;
}

enum err
auth_check(struct ctx *cx, const char *authorization, unsigned callers)
{
    static const char scheme[] = "Bearer ";
    enum err err;

    if (callers == ANYONE)
        return OK;
    if (!authorization || !*authorization)
        return ERR_UNAUTHENTICATED; /* the title says enough */
    if (strncasecmp(authorization, scheme, sizeof scheme - 1))
        return fail(cx, ERR_BAD_TOKEN,
                    "Authorization must be: Bearer, a space, a token");
    authorization += sizeof scheme - 1;
    authorization += strspn(authorization, " ");
    if ((err = identify(cx, authorization)))
        return err;
    if (!caller_has(cx, callers))
        return fail(cx, ERR_FORBIDDEN, "your role may not do this");
    return OK;
}
