#include "idempotency.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "store.h"
#include "tree.h"

enum { KEY_SIZE = 255, KEPT_SECONDS = 24 * 3600 };

/* Keys whose request is under way. In memory: a kill ends the request too. */
struct claim {
    struct claim *next;
    char key[KEY_SIZE + 1];
};

static struct claim *claims;
static pthread_mutex_t claims_lock = PTHREAD_MUTEX_INITIALIZER;

static bool
claim_add(const char *key)
{
    struct claim *claim;

    pthread_mutex_lock(&claims_lock);
    for (claim = claims; claim && strcmp(claim->key, key);)
        claim = claim->next;
    if (claim) {
        pthread_mutex_unlock(&claims_lock);
        return false;
    }
    claim = calloc(1, sizeof(*claim));
    if (!claim)
        abort();
    memcpy(claim->key, key, strlen(key));
    claim->next = claims;
    claims = claim;
    pthread_mutex_unlock(&claims_lock);
    return true;
}

void
idempotency_release(const char *key)
{
    struct claim **at, *claim;

    pthread_mutex_lock(&claims_lock);
    for (at = &claims; *at && strcmp((*at)->key, key);)
        at = &(*at)->next;
    claim = *at;
    if (claim)
        *at = claim->next;
    pthread_mutex_unlock(&claims_lock);
    free(claim);
}

static enum key_state
key_refuse(struct stripe_call *call, char *message)
{
    call->status = 400;
    call->body = pool_tree(call->pool, cJSON_CreateObject());
    tree_set(
        call->body, "error",
        stripe_error(call->pool, "idempotency_error", NULL, NULL, message));
    return KEY_REFUSED;
}

/* The kept request and this one must be the same. */
static enum key_state
kept_compare(struct stripe_call *call, const char *key, const char *path,
             const char *params)
{
    if (strcmp(path, call->request->path))
        return key_refuse(
            call,
            pool_printf(call->pool,
                        "Keys for idempotent requests can only be used for "
                        "the same endpoint they were first used for ('%s' "
                        "vs '%s'). Try using a key other than '%s' if you "
                        "meant to execute a different request.",
                        call->request->path, path, key));
    if (strcmp(params, form_canonical(call->pool, &call->form)))
        return key_refuse(
            call,
            pool_printf(call->pool,
                        "Keys for idempotent requests can only be used with "
                        "the same parameters they were first used with. Try "
                        "using a key other than '%s' if you meant to "
                        "execute a different request.",
                        key));
    return KEY_REPLAY;
}

static enum key_state
key_in_use(struct stripe_call *call, const char *key)
{
    stripe_refuse(call, 409, "idempotency_key_in_use", NULL,
                  "There is currently another in-progress request using this "
                  "Idempotent Key (that probably means you submitted twice, "
                  "and the other request is still going through): %s. "
                  "Please try again later.",
                  key);
    call->should_retry = "true";
    return KEY_REFUSED;
}

enum key_state
idempotency_claim(struct stripe_call *call, const char *key,
                  const char **ret_original)
{
    enum key_state state;
    sqlite3_stmt *query;

    if (!*key || strlen(key) > KEY_SIZE) {
        stripe_refuse(call, 400, NULL, NULL,
                      "Idempotency keys must have 1 to %d characters.",
                      KEY_SIZE);
        return KEY_REFUSED;
    }
    store_run("DELETE FROM idempotency WHERE created <= ?", "i",
              store_now() - KEPT_SECONDS);
    query = store_query("SELECT path, params, status, body, should_retry,"
                        " request_id FROM idempotency WHERE key = ?",
                        "s", key);
    if (!store_next(query))
        return claim_add(key) ? KEY_FREE : key_in_use(call, key);
    state = kept_compare(call, key, (const char *)sqlite3_column_text(query, 0),
                         (const char *)sqlite3_column_text(query, 1));
    if (state == KEY_REPLAY) {
        call->status = (unsigned)sqlite3_column_int(query, 2);
        call->body = pool_tree(
            call->pool,
            cJSON_CreateRaw((const char *)sqlite3_column_text(query, 3)));
        call->should_retry = store_text(call->pool, query, 4);
        *ret_original = store_text(call->pool, query, 5);
    }
    store_end(query);
    return state;
}

void
idempotency_keep(struct stripe_call *call, const char *key,
                 const char *request_id, const char *body)
{
    store_run("INSERT INTO idempotency(key, path, params, status, body,"
              " should_retry, request_id, created)"
              " VALUES(?, ?, ?, ?, ?, ?, ?, ?)",
              "sssisssi", key, call->request->path,
              form_canonical(call->pool, &call->form), (long long)call->status,
              body, call->should_retry, request_id, store_now());
}
