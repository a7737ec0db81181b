/*
 * till-restore FOLDER [SERVICE ...]: puts the databases of a backup that
 * till-backup has made, all or those named, in the place of the present ones,
 * which stay beside them under another name. All of it is checked before the
 * first one is touched; nobody may use them.
 *
 * What refers to others comes first (services.h), so that one that was cut off
 * has restored what may be older than the rest; it is run again.
 *
 * Exits as sysexits(3): 64 wrong words, 65 the backup is damaged, 66 there is
 * none, 69 it can't be read or written, 75 a database is in use, 78 a service's
 * data are in MongoDB.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/text.h"
#include "io/db_backup.h"
#include "io/digest.h"
#include "io/migration.h"
#include "io/progress.h"
#include "io/secret.h"
#include "io/store_url.h"
#include "services.h"

/* One that is to be restored. */
struct piece {
    const struct service *service;
    const char *from; /* in the backup */
    const char *to;   /* the database */
    const char *next; /* the copy that is to take its place */
    const char *before;
};

struct restore {
    const char *folder;
    bool is_wanted[SERVICES];
    struct piece pieces[SERVICES];
    int count;
};

static int
usage(void)
{
    fputs("usage: till-restore FOLDER [user] [order] [payment] "
          "[notification]\n",
          stderr);
    return EX_USAGE;
}

static bool
read_words(int count, char **all, struct restore *restore)
{
    if (count < 2 || *all[1] == '-' || !*all[1])
        return false;
    restore->folder = all[1];
    for (int i = 2; i < count; i++) {
        bool is_known = false;

        for (int j = 0; j < SERVICES; j++) {
            if (strcmp(services[j].name, all[i]) != 0)
                continue;
            restore->is_wanted[j] = is_known = true;
        }
        if (!is_known)
            return false;
    }
    for (int j = 0; j < SERVICES && count == 2; j++)
        restore->is_wanted[j] = true;
    return true;
}

static enum err
read_sums(struct ctx *cx, const struct restore *restore, const char **ret_sums)
{
    const char *path =
        arena_printf(cx->arena, "%s/SHA256SUMS", restore->folder);
    char *sums = arena_alloc(cx->arena, 4 * KIB);
    FILE *file = fopen(path, "re");

    if (!file)
        return fail(cx, ERR_NOT_FOUND, "%s is no whole backup: %s: %s",
                    restore->folder, path, strerror(errno));
    sums[fread(sums, 1, 4 * KIB - 1, file)] = '\0';
    fclose(file);
    *ret_sums = sums;
    return OK;
}

/* Whether the file is the one that was written. */
static enum err
check_sum(struct ctx *cx, const char *sums, const struct piece *piece)
{
    const char *line;
    char digest[DIGEST_TEXT];
    enum err err;

    if ((err = digest_file(cx, piece->from, digest)))
        return err;
    line = arena_printf(cx->arena, "%s  %s.db\n", digest, piece->service->name);
    return strstr(sums, line)
               ? OK
               : fail(cx, ERR_INTERNAL, "%s is not what its sum says",
                      piece->from);
}

static enum err
check_piece(struct ctx *cx, const char *sums, const struct piece *piece)
{
    int64_t most = migrations_of(piece->service->name)->count, version;
    enum err err;

    progress_tell(piece->service->name, "check", 0, 1);
    if ((err = check_sum(cx, sums, piece)) ||
        (err = db_check(cx, piece->from, &version)))
        return err;
    if (version > most)
        return fail(cx, ERR_INTERNAL,
                    "%s is of version %lld, and this Till of %lld", piece->from,
                    (long long)version, (long long)most);
    return OK;
}

/* What is in the backup, and wanted; ERR_NOT_FOUND: one that is wanted isn't.
 */
static enum err
find_pieces(struct ctx *cx, struct restore *restore, const char *sums)
{
    int64_t now = clock_now() / 1000;

    for (int i = SERVICES - 1; i >= 0; i--) {
        const struct service *service = &services[i];
        struct store_url url = store_url_of(service->setting, service->name);
        struct piece *piece = &restore->pieces[restore->count];

        if (!restore->is_wanted[i] ||
            !strstr(sums, arena_printf(cx->arena, "  %s.db\n", service->name)))
            continue;
        if (!url.sqlite)
            return fail(cx, ERR_FORBIDDEN,
                        "%s: its data are in MongoDB, by the settings",
                        service->name);
        *piece = (struct piece){
            .service = service,
            .from = arena_printf(cx->arena, "%s/%s.db", restore->folder,
                                 service->name),
            .to = arena_strdup(cx->arena, url.sqlite),
        };
        piece->next = arena_printf(cx->arena, "%s.restored", piece->to);
        piece->before = arena_printf(cx->arena, "%s.before-%lld", piece->to,
                                     (long long)now);
        restore->count++;
    }
    return restore->count > 0
               ? OK
               : fail(cx, ERR_NOT_FOUND, "%s has nothing that is wanted",
                      restore->folder);
}

static void
tell(void *service, const char *step, int64_t done, int64_t all)
{
    progress_tell(service, step, done, all);
}

/* Beside the present ones, so that only names are left to change. */
static enum err
copy_piece(struct ctx *cx, const struct piece *piece)
{
    if (unlink(piece->next) && errno != ENOENT)
        return fail(cx, ERR_UNAVAILABLE, "%s: %s", piece->next,
                    strerror(errno));
    return db_backup(cx, piece->from, piece->next, tell,
                     (void *)piece->service->name);
}

/* Before anything is changed: all of them, or none. */
static enum err
refuse_in_use(struct ctx *cx, const struct piece *piece)
{
    struct stat status;
    enum err err;

    if (stat(piece->to, &status))
        return OK;
    err = db_settle(cx, piece->to);
    if (err != ERR_INTERNAL)
        return err;
    ctx_forgive(cx); /* damaged: that may be why */
    return OK;
}

static enum err
run(struct ctx *cx, struct restore *restore)
{
    const char *sums = "";
    enum err err;

    if ((err = read_sums(cx, restore, &sums)) ||
        (err = find_pieces(cx, restore, sums)))
        return err;
    for (int i = 0; i < restore->count && !err; i++)
        err = check_piece(cx, sums, &restore->pieces[i]);
    for (int i = 0; i < restore->count && !err; i++)
        err = refuse_in_use(cx, &restore->pieces[i]);
    for (int i = 0; i < restore->count && !err; i++)
        err = copy_piece(cx, &restore->pieces[i]);
    for (int i = 0; i < restore->count && !err; i++) {
        const struct piece *piece = &restore->pieces[i];

        err = db_replace(cx, piece->to, piece->next, piece->before);
    }
    progress_end();
    return err;
}

static int
status_of(enum err err)
{
    switch (err) {
    case OK:
        return EX_OK;
    case ERR_NOT_FOUND:
        return EX_NOINPUT;
    case ERR_INTERNAL:
        return EX_DATAERR;
    case ERR_CONFLICT:
        return EX_TEMPFAIL;
    case ERR_FORBIDDEN:
        return EX_CONFIG;
    default:
        return EX_UNAVAILABLE;
    }
}

int
main(int count, char **all)
{
    struct restore restore = { 0 };
    struct arena *arena;
    struct ctx cx;
    enum err err;

    if (!read_words(count, all, &restore))
        return usage();
    umask(077);
    arena = arena_create();
    ctx_init(&cx, arena, "restore");
    config_load();
    secret_init();
    err = run(&cx, &restore);
    if (err)
        fprintf(stderr, "till: restore: %s\n", cx.cause ? cx.cause : cx.fault);
    for (int i = 0; i < restore.count && !err; i++)
        printf("%-14s restored; what was there: %s\n",
               restore.pieces[i].service->name, restore.pieces[i].before);
    arena_free(arena);
    return status_of(err);
}
