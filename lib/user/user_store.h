/*
 * Where accounts are kept: one interface, two homes (user_store_sqlite.c,
 * user_store_mongo.c), chosen by USER_DB or MONGO_URI.
 * tests/unit/user_store_test.c holds both to this page.
 *
 * What comes back lives in cx->arena. Every call may return ERR_UNAVAILABLE:
 * the store can't be reached, and nothing is known to have changed; or, where
 * it writes, ERR_UNKNOWN_OUTCOME: it may have.
 */
#ifndef TILL_USER_STORE_H
#define TILL_USER_STORE_H

#include "base/ctx.h"
#include "io/db.h"
#include "io/mongo_schema.h"
#include "io/record.h"

struct user;
struct mongo;

/* How many logins of an address may fail within how many milliseconds. */
enum { USER_FAILURES_MAX = 10, USER_FAILURES_WINDOW = 15 * 60 * 1000 };

struct user_failures {
    int64_t count;
    int64_t until; /* when they no longer count; milliseconds */
};

enum { USER_PAGE_MAX = 100 };

struct user_page {
    struct user *users; /* newest first */
    size_t count;
};

struct user_store {
    /* Keeps a new account. ERR_CONFLICT: its email_key is taken. */
    enum err (*insert)(struct ctx *cx, struct user_store *store,
                       const struct user *user);

    /* By id, or by email_key. ERR_NOT_FOUND: there is none. */
    enum err (*get)(struct ctx *cx, struct user_store *store, const char *id,
                    struct user **ret_user);
    enum err (*find)(struct ctx *cx, struct user_store *store,
                     const char *email_key, struct user **ret_user);

    /*
     * The newest accounts, at most so many (to USER_PAGE_MAX), of whose email
     * or username the text is a part, whatever the case of ASCII letters; ""
     * is a part of all. Looks at each account there is.
     */
    enum err (*search)(struct ctx *cx, struct user_store *store,
                       const char *text, int64_t most,
                       struct user_page *ret_page);

    /*
     * Keeps user's role, password_hash and updated_at if its version still is
     * user->version, which rises by one. ERR_CONFLICT: it isn't: read again.
     */
    enum err (*update)(struct ctx *cx, struct user_store *store,
                       const struct user *user);

    /* How many logins of an address have failed; none: count is 0. */
    enum err (*failures)(struct ctx *cx, struct user_store *store,
                         const char *email_key, int64_t now,
                         struct user_failures *ret_failures);

    /*
     * Counts one more. The first begins a window; when it is over, counting
     * begins anew. ERR_TOO_MANY: there were USER_FAILURES_MAX already. Many at
     * once are counted one after the other. `now` is the caller's clock.
     */
    enum err (*count_failure)(struct ctx *cx, struct user_store *store,
                              const char *email_key, int64_t now);

    /* Forgets all of them, unless there are USER_FAILURES_MAX. */
    enum err (*forget_failures)(struct ctx *cx, struct user_store *store,
                                const char *email_key);

    struct db *db;       /* SQLite's; NULL elsewhere */
    struct mongo *mongo; /* MongoDB's; NULL elsewhere */
};

/* The store of this process, between open and close. */
struct user_store *user_store(void);

/* Opens what the settings name. ret_db: the SQLite database, or NULL. */
enum err user_store_open(struct ctx *cx, struct db **ret_db);
void user_store_close(void);

/* The two homes; each is user_store_open's part for its kind. */
enum err user_store_sqlite_open(struct ctx *cx, const char *path,
                                struct user_store *ret_store);
enum err user_store_mongo_open(struct ctx *cx, const char *uri,
                               struct user_store *ret_store);

/* What MongoDB keeps of them (io/mongo_schema.h). */
extern const struct mongo_collection user_collections[];

/* All that they are, for `till copy` (io/record.h); the last has no table. */
extern const struct record_kind user_records[];

#endif
