/*
 * Where orders are kept: one interface, two homes (order_store_sqlite.c,
 * order_store_mongo.c), chosen by ORDER_DB.
 *
 * What comes back lives in cx->arena. Every call may return ERR_UNAVAILABLE:
 * the store can't be reached, and nothing is known to have changed; or
 * ERR_UNKNOWN_OUTCOME: it may have.
 */
#ifndef TILL_ORDER_STORE_H
#define TILL_ORDER_STORE_H

#include "base/ctx.h"
#include "io/db.h"
#include "io/mongo_schema.h"
#include "io/record.h"

struct order;
struct mongo;
enum order_status;

enum { ORDER_PAGE_MAX = 100 };

struct order_query {
    int status;         /* an order_status, or -1 for any */
    const char *before; /* the last id of the page before, or NULL */
    int64_t limit;      /* 1 to ORDER_PAGE_MAX */
};

struct order_page {
    struct order *orders; /* newest first */
    size_t count;
    bool has_more;
};

struct order_store {
    /* Keeps a new order. ERR_CONFLICT: the id exists. */
    enum err (*insert)(struct ctx *cx, struct order_store *store,
                       const struct order *order);

    /* ERR_NOT_FOUND: there is none. */
    enum err (*get)(struct ctx *cx, struct order_store *store, const char *id,
                    struct order **ret_order);

    /*
     * Keeps order's status, payment_id and updated_at if its version still is
     * order->version, which rises by one. ERR_CONFLICT: it isn't: read again
     * and decide again.
     */
    enum err (*update)(struct ctx *cx, struct order_store *store,
                       const struct order *order);

    /*
     * A user's orders, or with NULL everybody's, newest first. Of everybody's
     * Pending ones there is an index; for another status it looks at each
     * order until there are enough.
     */
    enum err (*list)(struct ctx *cx, struct order_store *store,
                     const char *user_id, const struct order_query *query,
                     struct order_page *ret_page);

    struct db *db;       /* SQLite's; NULL elsewhere */
    struct mongo *mongo; /* MongoDB's; NULL elsewhere */
};

/* The store of this process, between open and close. */
struct order_store *order_store(void);

/* Opens what ORDER_DB names. ret_db: the SQLite database, or NULL. */
enum err order_store_open(struct ctx *cx, struct db **ret_db);
void order_store_close(void);

/* The two homes; each is order_store_open's part for its kind. */
enum err order_store_sqlite_open(struct ctx *cx, const char *path,
                                 struct order_store *ret_store);
enum err order_store_mongo_open(struct ctx *cx, const char *uri,
                                struct order_store *ret_store);

/* What MongoDB keeps of them (io/mongo_schema.h). */
extern const struct mongo_collection order_collections[];

/* All that they are, for `till copy` (io/record.h); the last has no table. */
extern const struct record_kind order_records[];

#endif
