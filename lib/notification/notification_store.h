/*
 * Where notifications are kept: one interface, two homes
 * (notification_store_sqlite.c, notification_store_mongo.c), chosen by
 * NOTIFICATION_DB. Each call reads or changes one row (one
 * document), by its id and on condition of its version; nothing needs a
 * transaction across rows.
 *
 * What comes back lives in cx->arena. Every call may return ERR_UNAVAILABLE:
 * the store can't be reached, and nothing is known to have changed; or
 * ERR_UNKNOWN_OUTCOME: it may have.
 */
#ifndef TILL_NOTIFICATION_STORE_H
#define TILL_NOTIFICATION_STORE_H

#include "base/ctx.h"
#include "io/db.h"
#include "io/mongo_schema.h"
#include "io/record.h"

struct notification;
struct mongo;

/*
 * An account that mail leaves by, as all workers share it. Its id is made of
 * its credentials, so that new settings begin with a fresh one.
 */
struct mailbox {
    const char *id;
    const char *access_token; /* OAuth's, or NULL */
    int64_t token_expires_at;
    int64_t refreshing_until; /* one worker gets a new token until then */
    int64_t paused_until;     /* nobody sends before */
    const char *pause_reason; /* NULL: mail goes out */
    int64_t failures;         /* mails in a row that failed in passing */
    int64_t next_try_at;      /* while they do, nobody tries one before */
    int64_t swept_at;         /* when stray drafts were last looked for */
    const char *sweep_page;   /* of a look that isn't at its end, or NULL */
    int64_t version;          /* 0: not kept yet */
};

/* Some notifications' ids, and some mailboxes. */
enum { NOTIFICATION_IDS = 100, MAILBOXES = 20 };

struct notification_ids {
    const char *ids[NOTIFICATION_IDS];
    size_t count;
};

struct mailboxes {
    struct mailbox mailboxes[MAILBOXES];
    size_t count;
};

/* Who closes what of an order's mails needs a person, and why. */
struct notification_closing {
    const char *order_id, *by, *note;
    int64_t now;
    int64_t count; /* how many there were */
};

/* Of mails of a status: how many, and the least of all; 0: there is none. */
struct notification_waiting {
    int64_t count;
    int64_t since; /* when it was asked for */
    int64_t due_at;
};

struct notification_store {
    /* Keeps a new one. ERR_CONFLICT: the id exists. */
    enum err (*insert)(struct ctx *cx, struct notification_store *store,
                       const struct notification *notification);

    /* ERR_NOT_FOUND: there is none. */
    enum err (*get)(struct ctx *cx, struct notification_store *store,
                    const char *id, struct notification **ret_notification);

    /*
     * Keeps all of it if its version still is notification->version, which
     * rises by one. ERR_CONFLICT: it isn't: somebody else has taken over.
     */
    enum err (*update)(struct ctx *cx, struct notification_store *store,
                       const struct notification *notification);

    /*
     * Takes the one that has been due longest, so that nobody else does until
     * `lease_until`: it comes back as it now is, Sending, with one attempt
     * more. ERR_NOT_FOUND: none is due at `now`.
     */
    enum err (*claim)(struct ctx *cx, struct notification_store *store,
                      int64_t now, int64_t lease_until,
                      struct notification **ret_notification);

    /* One that was never kept comes back empty, with version 0. */
    enum err (*get_mailbox)(struct ctx *cx, struct notification_store *store,
                            const char *id, struct mailbox *ret_mailbox);

    /* As update, for a mailbox; version 0 makes a new one. */
    enum err (*put_mailbox)(struct ctx *cx, struct notification_store *store,
                            const struct mailbox *mailbox);

    /*
     * Those after this id (NULL: from the first) that are Unknown or Abandoned
     * and not closed; fewer than NOTIFICATION_IDS: there are no more.
     */
    enum err (*stuck)(struct ctx *cx, struct notification_store *store,
                      const char *after, struct notification_ids *ret_ids);

    /*
     * The newest of this status (a notification_status); at most so many, to
     * NOTIFICATION_IDS. Looks at each that there is.
     */
    enum err (*list)(struct ctx *cx, struct notification_store *store,
                     int status, int64_t most,
                     struct notification_ids *ret_ids);

    /* Those that are paused until later than this, with why. */
    enum err (*paused)(struct ctx *cx, struct notification_store *store,
                       int64_t since, struct mailboxes *ret_mailboxes);

    /*
     * The mails that are due some time, and those that are stuck, by status; in
     * an array of all. Where there are none it leaves what it is given.
     */
    enum err (*waiting)(struct ctx *cx, struct notification_store *store,
                        struct notification_waiting *statuses);

    /* Closes all of an order that are stuck. */
    enum err (*close_stuck)(struct ctx *cx, struct notification_store *store,
                            struct notification_closing *closing);

    struct db *db;       /* SQLite's; NULL elsewhere */
    struct mongo *mongo; /* MongoDB's; NULL elsewhere */
};

/* The store of this process, between open and close. */
struct notification_store *notification_store(void);

/* Opens what NOTIFICATION_DB names. ret_db: the SQLite database, or NULL. */
enum err notification_store_open(struct ctx *cx, struct db **ret_db);
void notification_store_close(void);

/* The two homes; each is notification_store_open's part for its kind. */
enum err notification_store_sqlite_open(struct ctx *cx, const char *path,
                                        struct notification_store *ret_store);
enum err notification_store_mongo_open(struct ctx *cx, const char *uri,
                                       struct notification_store *ret_store);

/* What MongoDB keeps of them (io/mongo_schema.h). */
extern const struct mongo_collection notification_collections[];

/* All that they are, for `till copy` (io/record.h); the last has no table. */
extern const struct record_kind notification_records[];

#endif
