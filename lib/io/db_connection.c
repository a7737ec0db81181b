#include "io/db_connection.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/stop.h"

enum { STATEMENTS = 48 };

struct connection {
    sqlite3 *sqlite;
    struct {
        const char *sql; /* by address */
        sqlite3_stmt *stmt;
    } statements[STATEMENTS];
};

struct row {
    sqlite3_stmt *stmt;
};

/* Says what SQLite says, and which kind of failure that is. */
static enum err
failed(struct ctx *cx, struct connection *connection, int code, const char *sql)
{
    const char *message = sqlite3_errmsg(connection->sqlite);

    switch (code & 0xff) {
    case SQLITE_CONSTRAINT:
        code = sqlite3_extended_errcode(connection->sqlite);
        if (code == SQLITE_CONSTRAINT_UNIQUE ||
            code == SQLITE_CONSTRAINT_PRIMARYKEY)
            return fail(cx, ERR_CONFLICT, "it exists already");
        return fail(cx, ERR_INTERNAL, "%s: %s", sql, message);
    case SQLITE_BUSY:
    case SQLITE_FULL:
    case SQLITE_READONLY:
    case SQLITE_CANTOPEN:
    case SQLITE_LOCKED:
    case SQLITE_NOMEM:
        return fail(cx, ERR_UNAVAILABLE, "sqlite: %s", message);
    case SQLITE_IOERR:
        return fail(cx, ERR_UNKNOWN_OUTCOME, "sqlite: %s", message);
    default:
        return fail(cx, ERR_INTERNAL, "%s: %s", sql, message);
    }
}

enum err
connection_open(struct ctx *cx, const char *path,
                struct connection **ret_connection)
{
    struct connection *connection = calloc(1, sizeof *connection);
    int flags = SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
    enum err err;
    int code;

    if (!connection)
        die("out of memory");
    if ((code = sqlite3_open_v2(path, &connection->sqlite, flags, NULL))) {
        err = fail(cx, ERR_UNAVAILABLE, "%s: %s", path, sqlite3_errstr(code));
        connection_close(connection);
        return err;
    }
    sqlite3_busy_timeout(connection->sqlite, 2000);
    err = connection_exec(cx, connection,
                          "PRAGMA journal_mode = WAL;"
                          "PRAGMA synchronous = FULL;"
                          "PRAGMA foreign_keys = ON;"
                          "PRAGMA trusted_schema = OFF;"
                          "PRAGMA cache_size = -2048;"
                          "PRAGMA wal_autocheckpoint = 4000;"
                          "PRAGMA journal_size_limit = 16777216;");
    if (err) {
        connection_close(connection);
        return err;
    }
    *ret_connection = connection;
    return OK;
}

void
connection_close(struct connection *connection)
{
    if (!connection)
        return;
    for (int i = 0; i < STATEMENTS; i++)
        sqlite3_finalize(connection->statements[i].stmt);
    sqlite3_close(connection->sqlite);
    free(connection);
}

enum err
connection_exec(struct ctx *cx, struct connection *connection, const char *sql)
{
    int code = sqlite3_exec(connection->sqlite, sql, NULL, NULL, NULL);

    return code ? failed(cx, connection, code, sql) : OK;
}

static enum err
statement(struct ctx *cx, struct connection *connection, const char *sql,
          sqlite3_stmt **ret_stmt)
{
    int i = 0, code;

    while (i < STATEMENTS && connection->statements[i].sql &&
           connection->statements[i].sql != sql)
        i++;
    if (i == STATEMENTS)
        bug("more than %d statements on one connection", STATEMENTS);
    if (!connection->statements[i].sql) {
        code = sqlite3_prepare_v3(connection->sqlite, sql, -1,
                                  SQLITE_PREPARE_PERSISTENT,
                                  &connection->statements[i].stmt, NULL);
        if (code)
            return failed(cx, connection, code, sql);
        connection->statements[i].sql = sql;
    }
    *ret_stmt = connection->statements[i].stmt;
    return OK;
}

/* Those from number `first` on. */
static int
bind_values(sqlite3_stmt *stmt, int first, const struct db_value *values)
{
    int code = 0, last = sqlite3_bind_parameter_count(stmt);

    for (int i = first; i <= last && !code; i++, values++)
        code = values->is_text
                   ? sqlite3_bind_text(stmt, i, values->text, -1, SQLITE_STATIC)
                   : sqlite3_bind_int64(stmt, i, values->number);
    return code;
}

static void
bind(sqlite3_stmt *stmt, const char *types, va_list arguments)
{
    for (int i = 0; types[i]; i++) {
        int code;

        if (types[i] == 't')
            code =
                sqlite3_bind_text(stmt, i + 1, va_arg(arguments, const char *),
                                  -1, SQLITE_STATIC);
        else if (types[i] == 'i')
            code = sqlite3_bind_int64(stmt, i + 1, va_arg(arguments, int64_t));
        else if (types[i] == 'v')
            code = bind_values(stmt, i + 1,
                               va_arg(arguments, const struct db_value *));
        else
            bug("the type '%c' of an argument", types[i]);
        if (code)
            bug("argument %d of \"%s\"", i + 1, sqlite3_sql(stmt));
    }
}

enum err
connection_run(struct ctx *cx, struct connection *connection,
               db_row_function *on_row, void *into, int64_t most,
               int64_t *ret_rows, const char *sql, const char *types,
               va_list arguments)
{
    int64_t rows = 0;
    struct row row;
    enum err err;
    int code;

    if ((err = statement(cx, connection, sql, &row.stmt)))
        return err;
    bind(row.stmt, types, arguments);
    while ((code = sqlite3_step(row.stmt)) == SQLITE_ROW && rows < most) {
        rows++;
        if (on_row)
            on_row(cx, &row, into);
    }
    err = code == SQLITE_DONE || code == SQLITE_ROW
              ? OK
              : failed(cx, connection, code, sql);
    /* at once: a statement in the middle of its rows keeps the WAL from
       being reset */
    sqlite3_reset(row.stmt);
    sqlite3_clear_bindings(row.stmt);
    if (!err && ret_rows)
        *ret_rows = rows;
    return err;
}

enum err
connection_do(struct ctx *cx, struct connection *connection, const char *sql)
{
    sqlite3_stmt *stmt;
    enum err err;
    int code;

    if ((err = statement(cx, connection, sql, &stmt)))
        return err;
    code = sqlite3_step(stmt);
    if (code != SQLITE_DONE)
        err = failed(cx, connection, code, sql);
    sqlite3_reset(stmt);
    return err;
}

enum err
connection_version(struct ctx *cx, struct connection *connection,
                   int64_t *ret_version)
{
    const char *sql = "PRAGMA user_version";
    sqlite3_stmt *stmt = NULL;
    enum err err = OK;
    int code;

    code = sqlite3_prepare_v2(connection->sqlite, sql, -1, &stmt, NULL);
    if (!code && (code = sqlite3_step(stmt)) == SQLITE_ROW)
        *ret_version = sqlite3_column_int64(stmt, 0);
    else
        err = failed(cx, connection, code, sql);
    sqlite3_finalize(stmt);
    return err;
}

int64_t
connection_changes(const struct connection *connection)
{
    return sqlite3_changes64(connection->sqlite);
}

bool
connection_is_in_transaction(const struct connection *connection)
{
    return !sqlite3_get_autocommit(connection->sqlite);
}

const char *
row_text(struct ctx *cx, const struct row *row, int column)
{
    return arena_strdup(cx->arena,
                        (const char *)sqlite3_column_text(row->stmt, column));
}

int64_t
row_int(const struct row *row, int column)
{
    return sqlite3_column_int64(row->stmt, column);
}

const char *
db_engine(void)
{
    return sqlite3_libversion();
}
