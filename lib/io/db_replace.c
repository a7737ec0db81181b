#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "io/db_backup.h"
#include "io/lock.h"

static enum err
trouble(struct ctx *cx, const char *path)
{
    return fail(cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
}

/* A damaged database's WAL goes with it: beside another it would be its ruin.
 */
static enum err
move_aside(struct ctx *cx, const char *path, const char *before)
{
    static const char *const ends[] = { "-wal", "-shm", "-journal" };

    for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
        const char *from = arena_printf(cx->arena, "%s%s", path, ends[i]);
        const char *to = arena_printf(cx->arena, "%s%s", before, ends[i]);

        if (rename(from, to) && errno != ENOENT)
            return trouble(cx, from);
    }
    /* by a second name: there is a database at every moment */
    if (link(path, before))
        return trouble(cx, before);
    return OK;
}

static enum err
replace(struct ctx *cx, const char *path, const char *with, const char *before)
{
    struct stat status;
    enum err err = OK;

    if (!stat(path, &status)) {
        /* root may do it for the one that the programs run as */
        if (chown(with, status.st_uid, status.st_gid) ||
            chmod(with, status.st_mode & 0777))
            return trouble(cx, with);
        err = db_settle(cx, path);
        if (err == ERR_INTERNAL) {
            ctx_forgive(cx);
            err = OK;
        }
        if (!err)
            err = move_aside(cx, path, before);
    }
    if (!err && rename(with, path))
        err = trouble(cx, path);
    return err;
}

static enum err
flush_folder(struct ctx *cx, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *name =
        slash ? arena_strndup(cx->arena, path, (size_t)(slash - path) + 1)
              : ".";
    int folder = open(name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    enum err err = OK;

    if (folder < 0 || fsync(folder))
        err = trouble(cx, name);
    if (folder >= 0)
        close(folder);
    return err;
}

enum err
db_replace(struct ctx *cx, const char *path, const char *with,
           const char *before)
{
    int lock = lock_open(path);
    enum err err;

    if (lock < 0)
        return trouble(cx, path);
    if (!(err = lock_take(cx, lock)) &&
        !(err = replace(cx, path, with, before)))
        err = flush_folder(cx, path);
    close(lock); /* drops the lock */
    return err;
}
