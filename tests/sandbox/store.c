#include "store.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <time.h>

static const char schema[] =
    "CREATE TABLE IF NOT EXISTS meta(name TEXT PRIMARY KEY, value);"
    /* Stripe's objects as they are answered; `secret` is what only we know */
    "CREATE TABLE IF NOT EXISTS object("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    " kind TEXT NOT NULL, created INTEGER NOT NULL, body TEXT NOT NULL,"
    " secret TEXT, order_id TEXT"
    " GENERATED ALWAYS AS (json_extract(body, '$.metadata.order_id')));"
    "CREATE INDEX IF NOT EXISTS object_created"
    " ON object(kind, created, seq);"
    "CREATE INDEX IF NOT EXISTS object_order ON object(order_id, kind);"
    /*
     * An event on its way to the webhook. due: milliseconds, NULL while held;
     * turn: the order of those that are due together; forge: what is wrong
     * with it on purpose; state: 0 waits, 1 got its 2xx, 2 never will.
     */
    "CREATE TABLE IF NOT EXISTS delivery("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT, event TEXT NOT NULL, forge TEXT,"
    " created INTEGER NOT NULL, due INTEGER, turn INTEGER NOT NULL DEFAULT 0,"
    " attempts INTEGER NOT NULL DEFAULT 0, is_running INTEGER NOT NULL"
    " DEFAULT 0, state INTEGER NOT NULL DEFAULT 0, status INTEGER);"
    "CREATE INDEX IF NOT EXISTS delivery_due ON delivery(due, turn, seq)"
    " WHERE state = 0;"
    "CREATE TABLE IF NOT EXISTS idempotency("
    " key TEXT PRIMARY KEY, path TEXT NOT NULL, params TEXT NOT NULL,"
    " status INTEGER NOT NULL, body TEXT NOT NULL, should_retry TEXT,"
    " request_id TEXT NOT NULL, created INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS idempotency_created ON idempotency(created);"
    "CREATE TABLE IF NOT EXISTS inbox("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT, signature TEXT,"
    " body TEXT NOT NULL);"
    "CREATE TABLE IF NOT EXISTS draft("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    " message TEXT NOT NULL, thread TEXT NOT NULL, raw BLOB NOT NULL,"
    " created INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS mail("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL UNIQUE,"
    " thread TEXT NOT NULL, recipient TEXT, subject TEXT, message_id TEXT,"
    " order_id TEXT, raw BLOB NOT NULL, created INTEGER NOT NULL);"
    "CREATE INDEX IF NOT EXISTS mail_order ON mail(order_id);"
    "CREATE TABLE IF NOT EXISTS token("
    " token TEXT PRIMARY KEY, expires INTEGER NOT NULL);"
    "CREATE TABLE IF NOT EXISTS fault("
    " seq INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT, path TEXT NOT NULL,"
    " times INTEGER NOT NULL, rule TEXT NOT NULL);"
    /* status: NULL while under way, 0 when dropped without an answer */
    "CREATE TABLE IF NOT EXISTS request("
    " n INTEGER PRIMARY KEY AUTOINCREMENT, method TEXT NOT NULL,"
    " path TEXT NOT NULL, idempotency_key TEXT, status INTEGER);";

static sqlite3 *db;
static pthread_mutex_t store_lock = PTHREAD_MUTEX_INITIALIZER;

static void
die(const char *what, const char *why)
{
    fprintf(stderr, "till-sandbox: %s: %s\n", what, why);
    exit(1);
}

static void
execute(const char *sql)
{
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        die("state", sqlite3_errmsg(db));
}

/* The lock goes when the process does, however it ends. */
static void
dir_hold(const char *dir)
{
    char path[4096];
    int fd;

    snprintf(path, sizeof(path), "%s/lock", dir);
    fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0)
        die(dir, "cannot be written");
    if (flock(fd, LOCK_EX | LOCK_NB))
        die(dir, "another sandbox keeps its state there");
}

void
store_open(const char *dir)
{
    char path[4096];

    dir_hold(dir);
    snprintf(path, sizeof(path), "%s/sandbox.db", dir);
    if (sqlite3_open_v2(path, &db,
                        SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                            SQLITE_OPEN_NOMUTEX,
                        NULL) != SQLITE_OK)
        die(path, sqlite3_errmsg(db));
    /* a test may look into the file, and change it */
    sqlite3_busy_timeout(db, 10 * 1000);
    execute("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;");
    execute(schema);
}

void
store_close(void)
{
    pthread_mutex_lock(&store_lock);
    sqlite3_close(db);
    pthread_mutex_unlock(&store_lock);
}

void
store_begin(void)
{
    pthread_mutex_lock(&store_lock);
    execute("BEGIN IMMEDIATE");
}

void
store_commit(void)
{
    execute("COMMIT");
    pthread_mutex_unlock(&store_lock);
}

void
store_rollback(void)
{
    execute("ROLLBACK");
    pthread_mutex_unlock(&store_lock);
}

static sqlite3_stmt *
prepare(const char *sql, const char *types, va_list values)
{
    sqlite3_stmt *statement;
    const char *bytes;
    int i;

    if (sqlite3_prepare_v2(db, sql, -1, &statement, NULL) != SQLITE_OK)
        die(sql, sqlite3_errmsg(db));
    for (i = 0; types[i]; i++)
        switch (types[i]) {
        case 's':
            bytes = va_arg(values, const char *);
            sqlite3_bind_text(statement, i + 1, bytes, -1, SQLITE_TRANSIENT);
            break;
        case 'b':
            bytes = va_arg(values, const char *);
            sqlite3_bind_blob64(statement, i + 1, bytes, va_arg(values, size_t),
                                SQLITE_TRANSIENT);
            break;
        default:
            sqlite3_bind_int64(statement, i + 1, va_arg(values, long long));
        }
    return statement;
}

void
store_run(const char *sql, const char *types, ...)
{
    sqlite3_stmt *statement;
    va_list values;

    va_start(values, types);
    statement = prepare(sql, types, values);
    va_end(values);
    if (sqlite3_step(statement) != SQLITE_DONE)
        die(sql, sqlite3_errmsg(db));
    sqlite3_finalize(statement);
}

sqlite3_stmt *
store_query(const char *sql, const char *types, ...)
{
    sqlite3_stmt *statement;
    va_list values;

    va_start(values, types);
    statement = prepare(sql, types, values);
    va_end(values);
    return statement;
}

bool
store_next(sqlite3_stmt *query)
{
    int result = sqlite3_step(query);

    if (result == SQLITE_ROW)
        return true;
    if (result != SQLITE_DONE)
        die(sqlite3_sql(query), sqlite3_errmsg(db));
    sqlite3_finalize(query);
    return false;
}

void
store_end(sqlite3_stmt *query)
{
    sqlite3_finalize(query);
}

char *
store_text(struct pool *pool, sqlite3_stmt *query, int column)
{
    const char *text = (const char *)sqlite3_column_text(query, column);

    return text ? pool_copy(pool, text,
                            (size_t)sqlite3_column_bytes(query, column))
                : NULL;
}

char *
store_recall(struct pool *pool, const char *name)
{
    sqlite3_stmt *query =
        store_query("SELECT value FROM meta WHERE name = ?", "s", name);
    char *value = NULL;

    if (store_next(query)) {
        value = store_text(pool, query, 0);
        store_end(query);
    }
    return value;
}

void
store_remember(const char *name, const char *value)
{
    store_run("INSERT INTO meta(name, value) VALUES(?1, ?2)"
              " ON CONFLICT(name) DO UPDATE SET value = ?2",
              "ss", name, value);
}

long long
store_now_ms(void)
{
    sqlite3_stmt *query =
        store_query("SELECT value FROM meta WHERE name = 'clock'", "");
    struct timespec now;
    long long moved = 0;

    if (store_next(query)) {
        moved = sqlite3_column_int64(query, 0);
        store_end(query);
    }
    clock_gettime(CLOCK_REALTIME, &now);
    return (now.tv_sec + moved) * 1000 + now.tv_nsec / 1000000;
}

long long
store_now(void)
{
    return store_now_ms() / 1000;
}

void
store_advance(long long seconds)
{
    store_run("INSERT INTO meta(name, value) VALUES('clock', ?1)"
              " ON CONFLICT(name) DO UPDATE SET value = value + ?1",
              "i", seconds);
}

void
random_text(char *to, size_t size)
{
    static const char digits[] = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                 "abcdefghijklmnopqrstuvwxyz";
    unsigned char byte;
    size_t i = 0;

    while (i < size) {
        if (getrandom(&byte, 1, 0) != 1)
            abort();
        if (byte < 248) /* 4 times 62: no character is likelier */
            to[i++] = digits[byte % 62];
    }
    to[size] = '\0';
}
