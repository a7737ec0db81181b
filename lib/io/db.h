/*
 * SQLite as Till uses it: WAL, synchronous=FULL, writes committed in batches.
 *
 * A process has one database. Reads go through db_each and db_get from any
 * thread. Writes happen inside db_write: the work runs in a savepoint of a
 * transaction that it may share with others' work, and is kept or undone as a
 * whole.
 *
 * There are two ways to commit, chosen by db_mode before the first write:
 * DB_BATCH, for programs of one thread: the transaction stays open until
 * db_commit, and nothing may be acknowledged before. What is read before the
 * first write is read in one transaction, too: it is all of one moment.
 * DB_THREADS: db_write hands the work to one writer thread that takes all that
 * is waiting, commits once, and only then returns.
 *
 * Every transaction that writes, and so every checkpoint, holds one lock
 * across processes (flock on PATH.lock): waiting is fair, and Debian's 3.40.1
 * stays clear of the WAL-reset bug (sqlite.org/wal.html, walresetbug).
 */
#ifndef TILL_DB_H
#define TILL_DB_H

#include "base/ctx.h"

struct db;
struct row;

enum db_mode { DB_BATCH, DB_THREADS };

/* Copies what it needs of the row into `into`; texts go into cx->arena. */
typedef void db_row_function(struct ctx *cx, const struct row *row, void *into);

/* What a write does; what it returns other than OK undoes it. */
typedef enum err db_work_function(struct ctx *cx, struct db *db, void *arg);

/*
 * Opens the database of a service ("order") at path. ERR_UNAVAILABLE: it
 * can't be opened, or its version isn't the one this program was built for
 * (the text says to run `till migrate`).
 */
enum err db_open(struct ctx *cx, const char *service, const char *path,
                 struct db **ret_db);
void db_close(struct db *db);

/* The SQLite that is linked, "3.40.1". */
const char *db_engine(void);

/*
 * Without a call it is DB_BATCH for one who reads and writes now and then: a
 * read sees what others have committed by then. With DB_BATCH all reads up to
 * the next db_write or db_commit see the same, so db_commit has to be called
 * also after reads alone.
 */
void db_set_mode(struct db *db, enum db_mode mode);

/* A value whose type only the caller's table knows. */
struct db_value {
    const char *text; /* NULL is SQL's NULL */
    int64_t number;
    bool is_text;
};

/*
 * A query. `types` has a letter for each argument that follows: t text (NULL
 * is SQL's NULL), i int64_t; at last v: an array of struct db_value, for all
 * that are left. The SQL must be a string literal, or live as long as the
 * database is open: statements are kept by its address.
 *
 * Both may return ERR_UNAVAILABLE. db_get takes the first row; ERR_NOT_FOUND:
 * there is none.
 */
enum err db_each(struct ctx *cx, struct db *db, db_row_function *on_row,
                 void *into, const char *sql, const char *types, ...);
enum err db_get(struct ctx *cx, struct db *db, db_row_function *on_row,
                void *into, const char *sql, const char *types, ...);

/*
 * Changes rows; only inside db_write. ERR_CONFLICT: a row with this key
 * exists. With ret_changed, how many rows were changed.
 */
enum err db_run(struct ctx *cx, struct db *db, int64_t *ret_changed,
                const char *sql, const char *types, ...);

/*
 * Runs work so that it is kept or undone as a whole. Returns what work
 * returned, or ERR_UNAVAILABLE: nothing was kept; or ERR_UNKNOWN_OUTCOME: the
 * disk failed in the middle of the commit.
 *
 * DB_BATCH: work may call db_write itself; what that wrote is undone with the
 * work around it, too. DB_THREADS: it may not.
 */
#define db_write(cx, db, work, arg)                                            \
    db_write_named((cx), (db), (work), (arg), #work)

/* The same; the name is for fault points (fault.h). */
enum err db_write_named(struct ctx *cx, struct db *db, db_work_function *work,
                        void *arg, const char *name);

/*
 * DB_BATCH: commits what was written since the last call, if anything. Must be
 * called after reads alone, too: until then they see no change of others.
 */
enum err db_commit(struct ctx *cx, struct db *db);

/* The columns of a row, counted from 0. A text is copied; NULL stays NULL. */
const char *row_text(struct ctx *cx, const struct row *row, int column);
int64_t row_int(const struct row *row, int column);

#endif
