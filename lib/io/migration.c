#include "io/migration.h"

#include <string.h>
#include <unistd.h>

#include "base/stop.h"
#include "io/db_connection.h"
#include "io/lock.h"

/* build/gen/migrations.c, made from sql/ */
extern const struct migrations all_migrations[];
extern const size_t all_migrations_count;

const struct migrations *
migrations_of(const char *service)
{
    for (size_t i = 0; i < all_migrations_count; i++) {
        if (!strcmp(all_migrations[i].service, service))
            return &all_migrations[i];
    }
    bug("there is no folder sql/%s", service);
}

/* One migration and its version number: both or neither. */
static enum err
apply(struct ctx *cx, struct connection *connection, const char *sql,
      int64_t version)
{
    const char *set = arena_printf(cx->arena, "PRAGMA user_version = %lld",
                                   (long long)version);
    enum err err;

    if ((err = connection_exec(cx, connection, "BEGIN IMMEDIATE")))
        return err;
    if (!(err = connection_exec(cx, connection, sql)) &&
        !(err = connection_exec(cx, connection, set)))
        err = connection_exec(cx, connection, "COMMIT");
    if (connection_is_in_transaction(connection))
        (void)connection_exec(cx, connection, "ROLLBACK");
    return err;
}

static enum err
apply_all(struct ctx *cx, struct connection *connection,
          const struct migrations *migrations, int64_t *ret_applied)
{
    int64_t version, from;
    enum err err;

    if ((err = connection_version(cx, connection, &from)))
        return err;
    if (from > migrations->count)
        return fail(cx, ERR_UNAVAILABLE,
                    "the database has version %lld, newer than this "
                    "program's %lld",
                    (long long)from, (long long)migrations->count);
    for (version = from; version < migrations->count; version++) {
        if ((err =
                 apply(cx, connection, migrations->sql[version], version + 1)))
            return err;
    }
    *ret_applied = version - from;
    return OK;
}

enum err
migrate(struct ctx *cx, const char *service, const char *path,
        int64_t *ret_applied)
{
    struct connection *connection = NULL;
    int lock = lock_open(path);
    enum err err;

    if (lock < 0)
        return fail(cx, ERR_UNAVAILABLE, "%s.lock can't be opened", path);
    if (!(err = lock_take(cx, lock)) &&
        !(err = connection_open(cx, path, &connection)))
        err = apply_all(cx, connection, migrations_of(service), ret_applied);
    connection_close(connection);
    close(lock); /* drops the lock */
    return err;
}

enum err
migration_pending(struct ctx *cx, const char *service, const char *path,
                  int64_t *ret_pending)
{
    struct connection *connection = NULL;
    int64_t version;
    enum err err;

    *ret_pending = 0;
    if (access(path, F_OK))
        return OK;
    if (!(err = connection_open(cx, path, &connection)) &&
        !(err = connection_version(cx, connection, &version)))
        *ret_pending = migrations_of(service)->count - version;
    connection_close(connection);
    return err;
}
