/*
 * Requests that named an Idempotency-Key, kept for a day with their answers,
 * so that a repeated request gets the first one's answer and has no second
 * effect. One interface, two homes, each in the service's own database:
 *
 * SQLite (idempotency_sqlite.c) has them in the transaction of the effect,
 * where claim, work and keep are inside one db_write. MongoDB
 * (idempotency_mongo.c) reserves with each the id of the object that the
 * request makes, so that who takes over a claim makes no second one.
 *
 * Every call may return ERR_UNAVAILABLE or ERR_UNKNOWN_OUTCOME.
 */
#ifndef TILL_IDEMPOTENCY_H
#define TILL_IDEMPOTENCY_H

#include "base/ctx.h"
#include "io/db.h"
#include "io/mongo_schema.h"
#include "io/record.h"

struct mongo;

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

    /*
     * The id of what the request makes. KEY_CLAIMED: in MongoDB, and of a key
     * that was copied from there, that of the first claim for this request;
     * else in SQLite, where nothing is left of a claim whose work isn't kept,
     * this one's.
     */
    const char *object_id;
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
     * alone, claim->object_id with KEY_CLAIMED. What is past its time goes
     * by and by.
     */
    enum err (*claim)(struct ctx *cx, struct idempotency_store *store,
                      struct key_claim *claim, enum key_state *ret_state,
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

    struct db *db;       /* SQLite's; NULL elsewhere */
    struct mongo *mongo; /* MongoDB's; NULL elsewhere */
    const char *keys;    /* its collection */
};

/* The store of this process. */
struct idempotency_store *idempotency_store(void);

/*
 * Keeps them in this database from now on; it stays the caller's. In MongoDB
 * each service has a collection of its own, so that several may have one
 * database.
 */
void idempotency_store_open(struct db *db);
void idempotency_store_open_mongo(struct mongo *mongo, const char *keys);

#define IDEMPOTENCY_COLLECTION(service) service "_idempotency_keys"

/* What MongoDB has of them, a row of a service's table (mongo_schema.h). */
#define IDEMPOTENCY_SCHEMA(service)                                            \
    {                                                                          \
        IDEMPOTENCY_COLLECTION(service),                                       \
            "_id:string request:string owner:string lease_until:date "         \
            "expires_at:date status:long",                                     \
        {                                                                      \
            {                                                                  \
                "expires_at:1", NULL, true                                     \
            }                                                                  \
        }                                                                      \
    }

/* For `till copy`, a row of a service's table (record.h). */
extern const struct record_field idempotency_fields[];
#define IDEMPOTENCY_RECORDS(service)                                           \
    {                                                                          \
        .table = "idempotency_keys",                                           \
        .collection = IDEMPOTENCY_COLLECTION(service),                         \
        .fields = idempotency_fields, .expires = "expires_at"                  \
    }

#endif
