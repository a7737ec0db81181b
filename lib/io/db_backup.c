#include "io/db_backup.h"

#include <errno.h>
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"

/* Pages a step; milliseconds to wait for a lock, and between two tries. */
enum { STEP = 512, PATIENCE = 5000, NAP = 50 };

static enum err
failed(struct ctx *cx, sqlite3 *db, const char *path, int code)
{
    const char *why = db ? sqlite3_errmsg(db) : sqlite3_errstr(code);

    switch (code & 0xff) {
    case SQLITE_CORRUPT:
    case SQLITE_NOTADB:
        return fail(cx, ERR_INTERNAL, "%s is damaged: %s", path, why);
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
        return fail(cx, ERR_CONFLICT, "%s is in use", path);
    default:
        return fail(cx, ERR_UNAVAILABLE, "%s: %s", path, why);
    }
}

static void
close_it(void *db)
{
    sqlite3_close_v2(db);
}

/* Closed with cx->arena, or before. */
static enum err
open_it(struct ctx *cx, const char *path, int flags, sqlite3 **ret_db)
{
    sqlite3 *db = NULL;
    int code = sqlite3_open_v2(path, &db, flags | SQLITE_OPEN_EXRESCODE, NULL);

    if (code) {
        enum err err = failed(cx, db, path, code);

        close_it(db);
        return err;
    }
    sqlite3_busy_timeout(db, PATIENCE);
    /* without our lock nobody makes a checkpoint */
    sqlite3_db_config(db, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, NULL);
    *ret_db = db;
    return OK;
}

/* The first column of the first row; "" where there is none. */
static enum err
ask(struct ctx *cx, sqlite3 *db, const char *path, const char *sql,
    const char **ret_text)
{
    sqlite3_stmt *stmt = NULL;
    int code = sqlite3_prepare_v2(db, sql, -1, &stmt, NULL);
    enum err err = OK;

    *ret_text = "";
    if (!code && (code = sqlite3_step(stmt)) == SQLITE_ROW)
        *ret_text =
            arena_strdup(cx->arena, (const char *)sqlite3_column_text(stmt, 0));
    if (code != SQLITE_ROW && code != SQLITE_DONE)
        err = failed(cx, db, path, code);
    sqlite3_finalize(stmt);
    return err;
}

static enum err
check(struct ctx *cx, sqlite3 *db, const char *path)
{
    const char *found;
    enum err err;

    if ((err = ask(cx, db, path, "PRAGMA integrity_check(1)", &found)))
        return err;
    if (strcmp(found, "ok") != 0)
        return fail(cx, ERR_INTERNAL, "%s is damaged: %s", path, found);
    if ((err = ask(cx, db, path, "PRAGMA foreign_key_check", &found)))
        return err;
    if (*found)
        return fail(cx, ERR_INTERNAL,
                    "%s is damaged: a row of %s refers to one that isn't there",
                    path, found);
    return OK;
}

enum err
db_check(struct ctx *cx, const char *path, int64_t *ret_version)
{
    const char *version;
    sqlite3 *db = NULL;
    enum err err;

    if ((err = open_it(cx, path, SQLITE_OPEN_READONLY, &db)))
        return err;
    if (!(err = check(cx, db, path)) &&
        !(err = ask(cx, db, path, "PRAGMA user_version", &version)))
        *ret_version = strtoll(version, NULL, 10);
    close_it(db);
    return err;
}

struct copying {
    const char *from, *to;
    sqlite3 *source, *target;
    db_backup_tell *tell;
    void *arg;
};

/*
 * Our reading transaction is open all the while, and with it the moment that is
 * copied: SQLite would otherwise begin anew whenever somebody writes.
 */
static enum err
copy_pages(struct ctx *cx, const struct copying *it)
{
    sqlite3_backup *backup =
        sqlite3_backup_init(it->target, "main", it->source, "main");
    int64_t until = clock_monotonic() + PATIENCE;
    int code = SQLITE_OK;

    if (!backup)
        return failed(cx, it->target, it->to, sqlite3_errcode(it->target));
    while (code == SQLITE_OK ||
           (code == SQLITE_BUSY && clock_monotonic() < until)) {
        int64_t all;

        if (code == SQLITE_BUSY)
            clock_nap(NAP);
        code = sqlite3_backup_step(backup, STEP);
        all = sqlite3_backup_pagecount(backup);
        it->tell(it->arg, "copy", all - sqlite3_backup_remaining(backup),
                 2 * all);
    }
    sqlite3_backup_finish(backup);
    if (code == SQLITE_DONE)
        return OK;
    return failed(cx, it->target, code == SQLITE_BUSY ? it->from : it->to,
                  code);
}

static enum err
flush(struct ctx *cx, const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool is_done = file >= 0 && !fsync(file);
    int why = errno;

    if (file >= 0)
        close(file);
    return is_done ? OK
                   : fail(cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(why));
}

/* As one file, without a WAL beside it; programs turn that on again. */
static enum err
finish_copy(struct ctx *cx, const struct copying *it)
{
    const char *said;
    enum err err;

    it->tell(it->arg, "check", 1, 2);
    if ((err = ask(cx, it->target, it->to, "PRAGMA journal_mode = DELETE",
                   &said)) ||
        (err = check(cx, it->target, it->to)))
        return err;
    it->tell(it->arg, "check", 1, 1);
    return OK;
}

static enum err
copy(struct ctx *cx, struct copying *it)
{
    const char *said;
    enum err err;

    if ((err = open_it(cx, it->from, SQLITE_OPEN_READWRITE, &it->source)) ||
        (err = open_it(cx, it->to, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE,
                       &it->target)) ||
        (err =
             ask(cx, it->target, it->to, "PRAGMA synchronous = OFF", &said)) ||
        (err = ask(cx, it->source, it->from, "BEGIN", &said)) ||
        (err = ask(cx, it->source, it->from, "SELECT 1 FROM sqlite_schema",
                   &said)))
        return err;
    if (!(err = copy_pages(cx, it)))
        err = finish_copy(cx, it);
    return err;
}

static void
remove_all(struct ctx *cx, const char *path)
{
    static const char *const ends[] = { "", "-journal", "-wal", "-shm" };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
        unlink(arena_printf(cx->arena, "%s%s", path, ends[i]));
}

enum err
db_backup(struct ctx *cx, const char *from, const char *to,
          db_backup_tell *tell, void *arg)
{
    struct copying it = { .from = from, .to = to, .tell = tell, .arg = arg };
    struct stat status;
    enum err err;

    if (stat(from, &status))
        return fail(cx, ERR_NOT_FOUND, "there is no %s", from);
    err = copy(cx, &it);
    close_it(it.source);
    close_it(it.target);
    if (!err)
        err = flush(cx, to);
    if (err)
        remove_all(cx, to);
    return err;
}

enum err
db_settle(struct ctx *cx, const char *path)
{
    const char *said;
    sqlite3 *db = NULL;
    enum err err;

    if ((err = open_it(cx, path, SQLITE_OPEN_READWRITE, &db)))
        return err;
    sqlite3_busy_timeout(db, 0);
    /* only who is alone may */
    err = ask(cx, db, path, "PRAGMA journal_mode = DELETE", &said);
    close_it(db);
    return err;
}
