#include "web/once.h"

#include "base/clock.h"
#include "base/id.h"
#include "base/log.h"
#include "io/idempotency.h"
#include "io/secret.h"

enum { KEY_MAX = 255 };

/* Milliseconds: more than any handler has, and what it may be late by. */
enum { HANDLER_MAX = 25 * 1000, LATE_MAX = 5 * 1000 };

struct once {
    const struct app *app;
    const struct request *request;
    struct reply *reply;
    bool is_atomic;   /* all in one transaction */
    const char *name; /* of caller, route and key, in words */
    struct key_claim claim;
};

static bool
is_visible(char byte)
{
    return byte > ' ' && byte <= '~';
}

/* Bare, or a string of RFC 8941, 3.3.3. */
static enum err
read_key(struct ctx *cx, const char *header, const char **ret_key)
{
    char *key = arena_alloc(cx->arena, KEY_MAX + 1);
    bool is_quoted = *header == '"';
    const char *at = header + is_quoted;
    size_t size = 0;

    while (size < KEY_MAX && is_visible(*at) && !(is_quoted && *at == '"')) {
        if (is_quoted && *at == '\\' && *++at != '\\' && *at != '"')
            break;
        key[size++] = *at++;
    }
    if (size == 0 || strcmp(at, is_quoted ? "\"" : "") != 0)
        return fail(cx, ERR_MALFORMED,
                    "Idempotency-Key must have 1 to %d visible ASCII "
                    "characters, bare or as one quoted string",
                    KEY_MAX);
    *ret_key = key;
    return OK;
}

static void
make_claim(struct ctx *cx, struct once *once, const char *key)
{
    const struct app *app = once->app;
    int64_t now = clock_now();

    once->name = arena_printf(
        cx->arena, "%s %s\n%s %s\n%s", app->method, app->path,
        caller_has(cx, SERVICE) ? "service" : "user", cx->caller.id, key);
    once->claim = (struct key_claim){
        .key = secret_name(cx->arena, once->name),
        .request = secret_name_bytes(cx->arena, once->request->body,
                                     once->request->body_size),
        .owner = id_new(cx->arena),
        .object_id = id_new(cx->arena),
        .now = now,
        .lease_until = now + ctx_time_left(cx, HANDLER_MAX) + LATE_MAX,
    };
}

static enum err
keep(struct ctx *cx, const struct once *once)
{
    struct idempotency_store *store = idempotency_store();
    struct kept_answer answer;

    if (!reply_keep(once->reply, &answer))
        return fail(cx, ERR_INTERNAL, "the answer is too large");
    answer.body = secret_seal(cx->arena, once->name, answer.body);
    return store->keep(cx, store, &once->claim, &answer);
}

/*
 * Work that has waited for others can't be undone: its answer is the truth,
 * whether or not it can be kept. What is left claimed runs out by itself.
 */
static enum err
settle(struct ctx *cx, const struct once *once, enum err err)
{
    struct idempotency_store *store = idempotency_store();
    bool is_kept = err == OK || err == ERR_DECLINED;
    bool is_undone = err_status(err) < 500;
    struct ctx before = *cx;

    if (err)
        reply_problem(cx, once->reply, err, NULL);
    ctx_forgive(cx);
    if (is_kept ? keep(cx, once)
                : store->release(cx, store, &once->claim, is_undone))
        log_event(cx, "error", "an Idempotency-Key could not be settled");
    *cx = before;
    return err;
}

static enum err
replay(struct ctx *cx, const struct once *once, struct kept_answer *answer)
{
    enum err err;

    if ((err = secret_unseal(cx, once->name, answer->body, &answer->body)))
        return err;
    reply_replay(once->reply, answer);
    return OK;
}

static enum err
handle_once(struct ctx *cx, struct db *db, void *arg)
{
    struct idempotency_store *store = idempotency_store();
    struct kept_answer answer;
    struct once *once = arg;
    enum key_state state;
    enum err err;

    (void)db;
    if ((err = store->claim(cx, store, &once->claim, &state, &answer)))
        return err;
    if (state == KEY_KEPT)
        return replay(cx, once, &answer);
    if (state == KEY_REUSED)
        return fail(cx, ERR_KEY_REUSED,
                    "this Idempotency-Key came with another body before");
    if (state == KEY_RUNNING) {
        cx->retry_after = 1;
        return fail(cx, ERR_CONFLICT,
                    "the request with this Idempotency-Key is still running");
    }
    cx->request_key = once->claim.key;
    cx->object_id = once->claim.object_id;
    err = once->app->handle(cx, once->request, once->reply);
    if (!once->is_atomic)
        return settle(cx, once, err);
    return err ? err : keep(cx, once); /* an err undoes it all */
}

enum err
once_handle(struct ctx *cx, const struct app *app,
            const struct request *request, struct reply *reply)
{
    struct db *db = idempotency_store()->db;
    struct once once = { app, request, reply, .is_atomic = !app->waits && db };
    const char *key = NULL;
    enum err err;

    if ((err = read_key(cx, request->idempotency_key, &key)))
        return err;
    make_claim(cx, &once, key);
    return once.is_atomic ? db_write(cx, db, handle_once, &once)
                          : handle_once(cx, db, &once);
}
