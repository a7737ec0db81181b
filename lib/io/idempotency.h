/*
 * Requests that named an Idempotency-Key, kept for a day with their answers,
 * so that a repeated request gets the first one's answer and has no second
 * effect. SQLite keeps them in the service's own database, in the table
 * idempotency_keys, and so in the transaction of the effect where claim, work
 * and keep are inside one db_write.
 *
 * Every call may return ERR_UNAVAILABLE or ERR_UNKNOWN_OUTCOME (io/db.h).
 */
#ifndef TILL_IDEMPOTENCY_H
#define TILL_IDEMPOTENCY_H

#include "base/ctx.h"
#include "io/db.h"

/* Milliseconds that an answer is kept, from its request on. */
#define IDEMPOTENCY_LIFE (INT64_C(24) * 3600 * 1000)

/* What has become of a key. */
enum key_state {
    KEY_CLAIMED, /* it is ours: do the work, then keep or release */
    KEY_KEPT,    /* the work was done before: this was its answer */
    KEY_RUNNING, /* somebody else is doing it */
    KEY_REUSED,  /* it was used for another request */
};

struct key_claim {
    const char *key;     /* as it is kept: a name for caller, route and key */
    const char *request; /* tells this request from others with the key */
    const char *owner;   /* whose claim it is: an id of its own each */
    int64_t now;
    int64_t lease_until; /* then others may claim it: we must have died */
};

struct kept_answer {
    int64_t status;
    const char *content_type;
    const char *etag;    /* or NULL */
    const char *headers; /* lines ended by CR LF */
    const char *body;
};

struct idempotency_store {
    /*
     * Claims the key, or tells why not; ret_answer is filled with KEY_KEPT
     * alone. Throws away a few rows that are past their time.
     */
    enum err (*claim)(struct ctx *cx, struct idempotency_store *store,
                      const struct key_claim *claim, enum key_state *ret_state,
                      struct kept_answer *ret_answer);

    /* Keeps the answer, unless somebody else has the claim by now. */
    enum err (*keep)(struct ctx *cx, struct idempotency_store *store,
                     const struct key_claim *claim,
                     const struct kept_answer *answer);

    /*
     * Ends the claim without an answer. Where nothing was done the key is
     * forgotten, and may be used for anything; else for the same request.
     */
    enum err (*release)(struct ctx *cx, struct idempotency_store *store,
                        const struct key_claim *claim, bool is_undone);

    struct db *db; /* SQLite's; NULL elsewhere */
};

/* The store of this process. */
struct idempotency_store *idempotency_store(void);

/* Keeps them in this database from now on; it stays the caller's. */
void idempotency_store_open(struct db *db);

#endif
