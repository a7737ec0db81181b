/*
 * Where payments are kept, chosen by PAYMENT_DB. A payment is read and
 * written as a whole, with its attempts and effects: in SQLite as rows of one
 * transaction, in MongoDB as one document.
 *
 * What comes back lives in cx->arena. Every call may return ERR_UNAVAILABLE:
 * nothing is known to have changed; or ERR_UNKNOWN_OUTCOME: it may have.
 */
#ifndef TILL_PAYMENT_STORE_H
#define TILL_PAYMENT_STORE_H

#include "io/db.h"
#include "io/mongo_schema.h"
#include "io/record.h"
#include "payment/payment.h"

struct mongo;

/* An event of Stripe's, as it waits to be dealt with (inbox.h). */
struct inbox_event {
    const char *id, *type;
    const char *order_id, *intent_id; /* what it is about; or NULL */
    int64_t created, received_at;
    int64_t due_at; /* 0: dealt with */
    int64_t tries;
    const char *outcome;
};

/* Some orders' ids. */
enum { ORDER_IDS = 100 };

struct order_ids {
    const char *ids[ORDER_IDS];
    size_t count;
};

/* Of something that waits: how much, since when, and when it is due. */
struct payment_waiting {
    int64_t count;
    int64_t since, due_at; /* the least of all; 0: there is none */
};

struct payment_store {
    /* Keeps a new payment. ERR_CONFLICT: the order has one. */
    enum err (*insert)(struct ctx *cx, struct payment_store *store,
                       const struct payment *payment);

    /* ERR_NOT_FOUND: the order has none. */
    enum err (*get)(struct ctx *cx, struct payment_store *store,
                    const char *order_id, struct payment **ret_payment);

    /*
     * Keeps all of it if its version still is payment->version, and raises
     * that by one. ERR_CONFLICT: it isn't; read again and decide again.
     */
    enum err (*save)(struct ctx *cx, struct payment_store *store,
                     struct payment *payment);

    /* The order whose payment has been due longest. ERR_NOT_FOUND: none is. */
    enum err (*due)(struct ctx *cx, struct payment_store *store, int64_t now,
                    const char **ret_order_id);

    /* The payment with this intent. ERR_NOT_FOUND: there is none. */
    enum err (*find)(struct ctx *cx, struct payment_store *store,
                     const char *intent_id, struct payment **ret_payment);

    /*
     * The orders after this one (NULL: from the first) whose payments have an
     * open review; fewer than ORDER_IDS: there are no more.
     */
    enum err (*reviewed)(struct ctx *cx, struct payment_store *store,
                         const char *after, struct order_ids *ret_ids);

    /*
     * The newest orders whose payments are in this state; at most so many, to
     * ORDER_IDS. Looks at each payment until there are enough.
     */
    enum err (*list)(struct ctx *cx, struct payment_store *store,
                     enum payment_state state, int64_t most,
                     struct order_ids *ret_ids);

    /* Keeps an event. ERR_CONFLICT: it is kept already. */
    enum err (*insert_event)(struct ctx *cx, struct payment_store *store,
                             const struct inbox_event *event);

    /* The event that has been due longest. ERR_NOT_FOUND: none is. */
    enum err (*due_event)(struct ctx *cx, struct payment_store *store,
                          int64_t now, struct inbox_event *ret_event);

    /* Keeps its due_at, tries and outcome. */
    enum err (*save_event)(struct ctx *cx, struct payment_store *store,
                           const struct inbox_event *event);

    /*
     * Forgets events that were dealt with, received before; some at a time.
     * ret_count: how many; 0: there are no more.
     */
    enum err (*sweep_events)(struct ctx *cx, struct payment_store *store,
                             int64_t before, int64_t *ret_count);

    /*
     * Takes the turn of some work, "events" or "expiry", if its time has come,
     * and sets the next. ERR_NOT_FOUND: it hasn't, or somebody was faster.
     * ret_known: how far it has come, as finish_turn was told; 0: nowhere.
     */
    enum err (*claim_turn)(struct ctx *cx, struct payment_store *store,
                           const char *name, int64_t now, int64_t next_at,
                           int64_t *ret_known);

    /* Keeps how far it has come, and when it is due again. */
    enum err (*finish_turn)(struct ctx *cx, struct payment_store *store,
                            const char *name, int64_t known, int64_t next_at);

    /*
     * The payments that somebody has to look at some time, by their state
     * (since: they were made), and the events that nobody has dealt with
     * (since: they came). Where there are none it leaves what it is given.
     */
    enum err (*waiting)(struct ctx *cx, struct payment_store *store,
                        struct payment_waiting payments[PAYMENT_STATES],
                        struct payment_waiting *events);

    struct db *db;       /* SQLite's; NULL elsewhere */
    struct mongo *mongo; /* MongoDB's; NULL elsewhere */
};

/* The store of this process, between open and close. */
struct payment_store *payment_store(void);

/* Opens what PAYMENT_DB names. ret_db: the SQLite database, or NULL. */
enum err payment_store_open(struct ctx *cx, struct db **ret_db);
void payment_store_close(void);

/* The two homes; each is payment_store_open's part for its kind. */
enum err payment_store_sqlite_open(struct ctx *cx, const char *path,
                                   struct payment_store *ret_store);
enum err payment_store_mongo_open(struct ctx *cx, const char *uri,
                                  struct payment_store *ret_store);

/* What MongoDB keeps of them (io/mongo_schema.h). */
extern const struct mongo_collection payment_collections[];

/* All that they are, for `till copy` (io/record.h); the last has no table. */
extern const struct record_kind payment_records[];

#endif
