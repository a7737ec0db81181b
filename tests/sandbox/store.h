/*
 * The sandbox's memory: one SQLite file, one connection, one transaction at a
 * time for the whole program. Trouble with the file ends the sandbox with a
 * message, since a sandbox that forgets is worse than none.
 */
#ifndef SANDBOX_STORE_H
#define SANDBOX_STORE_H

#include <stdbool.h>

#include <sqlite3.h>

#include "pool.h"

/* Opens DIR/sandbox.db; DIR must exist and be held by no other sandbox. */
void store_open(const char *dir);
void store_close(void);

/* Everything below happens between begin and one of these two. */
void store_begin(void);
void store_commit(void);
void store_rollback(void);

/*
 * Statements. `types` tells what follows, a letter a parameter: s text (NULL
 * allowed), i long long, b bytes (pointer, then size_t).
 */
void store_run(const char *sql, const char *types, ...);

/* Walk with store_next until it is false, which also ends the query. */
sqlite3_stmt *store_query(const char *sql, const char *types, ...);
bool store_next(sqlite3_stmt *query);

/* Ends a query before its last row. */
void store_end(sqlite3_stmt *query);

/* A copy of a column in the pool; NULL for SQL's NULL. */
char *store_text(struct pool *pool, sqlite3_stmt *query, int column);

/* The sandbox's clock in Unix seconds; it can be moved forward. */
long long store_now(void);
long long store_now_ms(void);
void store_advance(long long seconds);

/* What the sandbox remembers under a name; NULL: nothing. */
char *store_recall(struct pool *pool, const char *name);
void store_remember(const char *name, const char *value);

/* Writes `size` random base-62 characters and a NUL into `to`. */
void random_text(char *to, size_t size);

#endif
