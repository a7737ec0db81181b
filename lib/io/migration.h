/*
 * The migrations of sql/, compiled into the programs: sql/<service>/NNN_*.sql
 * in order. A database's user_version is the number of those it has had.
 */
#ifndef TILL_MIGRATION_H
#define TILL_MIGRATION_H

#include "base/ctx.h"

struct migrations {
    const char *service;
    const char *const *sql;
    int64_t count;
};

/* Of a service; a bug where there are none. */
const struct migrations *migrations_of(const char *service);

/*
 * Brings the database at path to this program's version, making it where it
 * doesn't exist; each migration in a transaction of its own. Safe to repeat,
 * and from several processes at once. ERR_UNAVAILABLE with the cause: it
 * can't be opened, a migration failed, or the database is newer than we are.
 */
enum err migrate(struct ctx *cx, const char *service, const char *path,
                 int64_t *ret_applied);

/* How many migrations the database at path needs; 0 where there is none. */
enum err migration_pending(struct ctx *cx, const char *service,
                           const char *path, int64_t *ret_pending);

#endif
