/*
 * One connection to a SQLite file, for db*.c and migration.c alone: statements
 * kept by the address of their SQL, errors turned into ours.
 */
#ifndef TILL_DB_CONNECTION_H
#define TILL_DB_CONNECTION_H

#include <stdarg.h>

#include "io/db.h"

struct connection;

/* Opens, and sets what holds of every connection: WAL, each commit synced. */
enum err connection_open(struct ctx *cx, const char *path,
                         struct connection **ret_connection);
void connection_close(struct connection *connection);

/*
 * Prepares (or finds) the statement, binds, steps, resets. on_row may be
 * NULL. Stops after `most` rows. Notes in cx what went wrong.
 */
enum err connection_run(struct ctx *cx, struct connection *connection,
                        db_row_function *on_row, void *into, int64_t most,
                        int64_t *ret_rows, const char *sql, const char *types,
                        va_list arguments);

/* One statement without arguments or rows, a literal, kept. */
enum err connection_do(struct ctx *cx, struct connection *connection,
                       const char *sql);

/* The database's user_version. */
enum err connection_version(struct ctx *cx, struct connection *connection,
                            int64_t *ret_version);

/* One or several statements without arguments or rows, not kept. */
enum err connection_exec(struct ctx *cx, struct connection *connection,
                         const char *sql);

int64_t connection_changes(const struct connection *connection);

/* Whether a transaction is open: an error may have ended it. */
bool connection_is_in_transaction(const struct connection *connection);

#endif
