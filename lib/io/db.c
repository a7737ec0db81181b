#include "io/db.h"

#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/stop.h"
#include "io/db_connection.h"
#include "io/db_queue.h"
#include "io/fault.h"
#include "io/lock.h"
#include "io/migration.h"

/* Readers of a program with threads; the rest wait for one to be free. */
enum { READERS = 4 };

struct db {
    char *path;
    const char *service;
    int lock;
    enum db_mode mode;
    struct connection *writer; /* DB_BATCH: also reads */
    bool is_open;              /* the writer's transaction */
    bool has_batches;          /* DB_BATCH: somebody calls db_commit for each */
    bool is_reading;           /* then: a transaction that only reads */
    enum err begin_err;        /* DB_BATCH: why this batch has none, or OK */

    struct db_queue queue; /* DB_THREADS: of writes */
    pthread_mutex_t mutex; /* guards what follows */
    pthread_cond_t reader_free;
    struct connection *readers[READERS];
    int readers_made, readers_free;
};

/* The database whose writer thread we are: reads must see its writes. */
static _Thread_local struct db *writing;

/*
 * What a batch reads, it reads in one transaction: taking and dropping
 * SQLite's locks costs more than most queries.
 */
static enum err
begin_reading(struct ctx *cx, struct db *db)
{
    enum err err;

    if (!db->has_batches || db->is_open || db->is_reading)
        return OK;
    err = connection_do(cx, db->writer, "BEGIN");
    db->is_reading = !err;
    return err;
}

static void
end_reading(struct ctx *cx, struct db *db)
{
    if (db->is_reading)
        (void)connection_do(cx, db->writer, "COMMIT"); /* of nothing */
    db->is_reading = false;
}

/* Opens the transaction that the batch shares. */
static enum err
begin(struct ctx *cx, struct db *db)
{
    enum err err;

    end_reading(cx, db); /* what it saw may be old by now */
    if ((err = lock_take(cx, db->lock)))
        return err;
    if ((err = connection_do(cx, db->writer, "BEGIN IMMEDIATE"))) {
        lock_drop(db->lock);
        return err;
    }
    db->is_open = true;
    return OK;
}

/*
 * Ends it. Whatever is returned, no transaction is open afterwards. is_full:
 * the disk is, for a test.
 */
static enum err
commit(struct ctx *cx, struct db *db, bool is_full)
{
    enum err err = OK;

    if (!connection_is_in_transaction(db->writer))
        err = fail(cx, ERR_UNAVAILABLE, "SQLite has rolled the batch back");
    else if (is_full)
        err = fail(cx, ERR_UNAVAILABLE, "the disk is full, for a test");
    else
        err = connection_do(cx, db->writer, "COMMIT");
    if (err && connection_is_in_transaction(db->writer))
        (void)connection_do(cx, db->writer, "ROLLBACK");
    db->is_open = false;
    lock_drop(db->lock);
    return err;
}

/* One piece of work, in a savepoint of the open transaction. */
static enum err
run(struct ctx *cx, struct db *db, db_work_function *work, void *arg)
{
    struct db *outer = writing;
    enum err err;

    if (!connection_is_in_transaction(db->writer))
        return fail(cx, ERR_UNAVAILABLE, "SQLite has rolled the batch back");
    if ((err = connection_do(cx, db->writer, "SAVEPOINT work")))
        return err;
    writing = db;
    err = work(cx, db, arg);
    writing = outer;
    /* a full disk may have ended the whole transaction: commit() will say */
    if (err && connection_is_in_transaction(db->writer))
        (void)connection_do(cx, db->writer, "ROLLBACK TO work");
    if (connection_is_in_transaction(db->writer))
        (void)connection_do(cx, db->writer, "RELEASE work");
    return err;
}

/* Runs a list of jobs in one transaction and settles each one's result. */
static void
run_jobs(struct db *db, struct db_job *jobs)
{
    enum err err = begin(jobs->cx, db);
    bool is_full = false;

    if (!err) {
        for (struct db_job *job = jobs; job; job = job->next) {
            job->err = run(job->cx, db, job->work, job->arg);
            is_full |= fault_at("commit", db->service, job->name) == FAULT_FULL;
        }
        err = commit(jobs->cx, db, is_full);
    }
    if (!err)
        return;
    for (struct db_job *job = jobs; job; job = job->next)
        job->err = fail(job->cx, err, "the batch could not be committed");
}

static enum err
check_version(struct ctx *cx, struct db *db, const char *service)
{
    int64_t wanted = migrations_of(service)->count, found = 0;
    enum err err;

    err = connection_version(cx, db->writer, &found);
    if (!err && found != wanted)
        return fail(cx, ERR_UNAVAILABLE,
                    "%s has version %lld, this program needs %lld: run "
                    "`scripts/till migrate`",
                    db->path, (long long)found, (long long)wanted);
    return err;
}

enum err
db_open(struct ctx *cx, const char *service, const char *path,
        struct db **ret_db)
{
    struct db *db = calloc(1, sizeof *db);
    enum err err;

    if (!db || !(db->path = strdup(path)))
        die("out of memory");
    db->service = migrations_of(service)->service;
    pthread_mutex_init(&db->mutex, NULL);
    pthread_cond_init(&db->reader_free, NULL);
    db_queue_init(&db->queue, db, run_jobs);
    db->lock = lock_open(path);
    err = db->lock < 0
              ? fail(cx, ERR_UNAVAILABLE, "%s.lock can't be opened", path)
              : connection_open(cx, path, &db->writer);
    if (!err)
        err = check_version(cx, db, service);
    if (err) {
        db_close(db);
        return err;
    }
    *ret_db = db;
    return OK;
}

void
db_close(struct db *db)
{
    if (!db)
        return;
    db_queue_end(&db->queue);
    for (int i = 0; i < db->readers_free; i++)
        connection_close(db->readers[i]);
    if (db->lock >= 0) {
        struct ctx cx = { .arena = arena_create() };

        /* the last connection to close makes a checkpoint */
        (void)lock_take(&cx, db->lock);
        connection_close(db->writer);
        close(db->lock); /* drops the lock */
        arena_free(cx.arena);
    }
    free(db->path);
    free(db);
}

/* A connection to read with: the writer's own, or one of the readers. */
static enum err
borrow(struct ctx *cx, struct db *db, struct connection **ret_connection)
{
    enum err err = OK;

    if (db->mode == DB_BATCH || writing == db) {
        *ret_connection = db->writer;
        return db->mode == DB_BATCH ? begin_reading(cx, db) : OK;
    }
    pthread_mutex_lock(&db->mutex);
    while (db->readers_free == 0 && db->readers_made == READERS)
        pthread_cond_wait(&db->reader_free, &db->mutex);
    if (db->readers_free > 0) {
        *ret_connection = db->readers[--db->readers_free];
    } else {
        err = connection_open(cx, db->path, ret_connection);
        db->readers_made += !err;
    }
    pthread_mutex_unlock(&db->mutex);
    return err;
}

static void
give_back(struct db *db, struct connection *connection)
{
    if (connection == db->writer)
        return;
    pthread_mutex_lock(&db->mutex);
    db->readers[db->readers_free++] = connection;
    pthread_cond_signal(&db->reader_free);
    pthread_mutex_unlock(&db->mutex);
}

static enum err
query(struct ctx *cx, struct db *db, db_row_function *on_row, void *into,
      int64_t most, int64_t *ret_rows, const char *sql, const char *types,
      va_list arguments)
{
    struct connection *connection;
    enum err err;

    if ((err = borrow(cx, db, &connection)))
        return err;
    err = connection_run(cx, connection, on_row, into, most, ret_rows, sql,
                         types, arguments);
    give_back(db, connection);
    return err;
}

enum err
db_each(struct ctx *cx, struct db *db, db_row_function *on_row, void *into,
        const char *sql, const char *types, ...)
{
    va_list arguments;
    enum err err;

    va_start(arguments, types);
    err = query(cx, db, on_row, into, INT64_MAX, NULL, sql, types, arguments);
    va_end(arguments);
    return err;
}

enum err
db_get(struct ctx *cx, struct db *db, db_row_function *on_row, void *into,
       const char *sql, const char *types, ...)
{
    va_list arguments;
    int64_t rows = 0;
    enum err err;

    va_start(arguments, types);
    err = query(cx, db, on_row, into, 1, &rows, sql, types, arguments);
    va_end(arguments);
    if (!err && rows == 0)
        return fail(cx, ERR_NOT_FOUND, "there is no such object");
    return err;
}

enum err
db_run(struct ctx *cx, struct db *db, int64_t *ret_changed, const char *sql,
       const char *types, ...)
{
    va_list arguments;
    enum err err;

    if (!db->is_open)
        bug("a write outside db_write: %s", sql);
    /* a full disk may have ended it: this would be committed by itself */
    if (!connection_is_in_transaction(db->writer))
        return fail(cx, ERR_UNAVAILABLE, "SQLite has rolled the batch back");
    va_start(arguments, types);
    err = connection_run(cx, db->writer, NULL, NULL, 0, NULL, sql, types,
                         arguments);
    va_end(arguments);
    if (!err && ret_changed)
        *ret_changed = connection_changes(db->writer);
    return err;
}

static enum err
do_write(struct ctx *cx, struct db *db, db_work_function *work, void *arg,
         const char *name)
{
    enum err err;

    if (db->mode == DB_THREADS && writing == db)
        bug("a write inside a write");
    if (db->mode == DB_THREADS)
        return db_queue_put(cx, &db->queue, work, arg, name);
    if (db->begin_err) /* who waited for the lock, waited for all */
        return fail(cx, db->begin_err, "the batch could not begin");
    if (!db->is_open && (err = begin(cx, db)))
        return db->begin_err = err;
    return run(cx, db, work, arg);
}

enum err
db_write_named(struct ctx *cx, struct db *db, db_work_function *work, void *arg,
               const char *name)
{
    enum err err;

    if (fault_at("before", db->service, name) == FAULT_FULL)
        return fail(cx, ERR_UNAVAILABLE, "the disk is full, for a test");
    err = do_write(cx, db, work, arg, name);
    (void)fault_at("after", db->service, name);
    return err;
}

enum err
db_commit(struct ctx *cx, struct db *db)
{
    bool is_full;
    enum err err;

    db->begin_err = OK; /* the next batch may try again */
    end_reading(cx, db);
    if (!db->is_open)
        return OK;
    is_full = fault_at("before", db->service, "commit") == FAULT_FULL;
    err = commit(cx, db, is_full);
    (void)fault_at("after", db->service, "commit");
    return err;
}

void
db_set_mode(struct db *db, enum db_mode mode)
{
    db->mode = mode;
    db->has_batches = mode == DB_BATCH;
}
