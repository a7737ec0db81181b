/*
 * till-backup FOLDER [--keep N] [--json]: copies every service's SQLite
 * database, while it is in use, into a new folder in FOLDER, checked, with
 * their SHA256SUMS. Restored by till-restore.
 *
 * Each copy is of one moment, and nothing refers to what was copied before it
 * (services.h): so a payment may be older than its order and its mail, which
 * payment-worker makes good, and never the other way round.
 *
 * Exits as sysexits(3): 64 wrong words, 65 a database is damaged, 66 there is
 * none, 73 it can't be written, 75 another backup is being made.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "backup.h"
#include "base/clock.h"
#include "base/writer.h"
#include "io/db_backup.h"
#include "io/digest.h"
#include "io/progress.h"
#include "io/secret.h"
#include "io/store_url.h"
#include "services.h"

struct words {
    const char *folder;
    int64_t keep; /* 0: all */
    bool is_json;
};

/* One that is being made. */
struct backup {
    const char *path, *part; /* its folder, at last and for now */
    struct text sums;
    struct {
        const char *service;
        int64_t bytes;
    } made[SERVICES];
    const char *left_out[SERVICES]; /* those in MongoDB */
    int count, left_out_count;
};

static int
usage(void)
{
    fputs("usage: till-backup FOLDER [--keep N] [--json]\n", stderr);
    return EX_USAGE;
}

static bool
read_words(int count, char **all, struct words *words)
{
    for (int i = 1; i < count; i++) {
        if (!strcmp(all[i], "--json"))
            words->is_json = true;
        else if (!strcmp(all[i], "--keep") && i + 1 < count && !words->keep &&
                 text_to_int64(all[i + 1], &words->keep) && words->keep > 0)
            i++;
        else if (!words->folder && *all[i] && *all[i] != '-')
            words->folder = all[i];
        else
            return false;
    }
    return words->folder;
}

/* "20260101T120000Z" */
static const char *
name_of_now(struct arena *arena)
{
    char time[CLOCK_TEXT];

    clock_rfc3339(clock_now(), time);
    return arena_printf(arena, "%.4s%.2s%.2sT%.2s%.2s%.2sZ", time, time + 5,
                        time + 8, time + 11, time + 14, time + 17);
}

static void
tell(void *service, const char *step, int64_t done, int64_t all)
{
    progress_tell(service, step, done, all);
}

static enum err
copy(struct ctx *cx, struct backup *backup, const struct service *service)
{
    struct store_url url = store_url_of(service->setting, service->name);
    const char *to =
        arena_printf(cx->arena, "%s/%s.db", backup->part, service->name);
    char digest[DIGEST_TEXT];
    struct stat status;
    enum err err;

    if (!url.sqlite) {
        backup->left_out[backup->left_out_count++] = service->name;
        return OK;
    }
    if ((err = db_backup(cx, url.sqlite, to, tell, (void *)service->name)) ||
        (err = digest_file(cx, to, digest)))
        return err;
    if (stat(to, &status))
        return fail(cx, ERR_UNAVAILABLE, "%s: %s", to, strerror(errno));
    text_printf(&backup->sums, "%s  %s.db\n", digest, service->name);
    backup->made[backup->count].service = service->name;
    backup->made[backup->count++].bytes = status.st_size;
    return OK;
}

static bool
flush(const char *path)
{
    int file = open(path, O_RDONLY | O_CLOEXEC);
    bool is_done = file >= 0 && !fsync(file);

    if (file >= 0)
        close(file);
    return is_done;
}

/* Last of all: without its sums it is none, and till-restore says so. */
static enum err
conclude(struct ctx *cx, const struct words *words, struct backup *backup)
{
    const char *sums = arena_printf(cx->arena, "%s/SHA256SUMS", backup->part);
    FILE *file = fopen(sums, "we");
    bool is_good = file && fputs(backup->sums.bytes, file) >= 0;

    if (file)
        is_good = !fclose(file) && is_good;
    if (!is_good || !flush(sums) || !flush(backup->part) ||
        rename(backup->part, backup->path) || !flush(words->folder))
        return fail(cx, ERR_UNAVAILABLE, "%s: %s", backup->part,
                    strerror(errno));
    return OK;
}

static enum err
make(struct ctx *cx, const struct words *words, struct backup *backup)
{
    enum err err = OK;

    text_init(&backup->sums, cx->arena, KIB);
    backup->path =
        arena_printf(cx->arena, "%s/%s", words->folder, name_of_now(cx->arena));
    backup->part = arena_printf(cx->arena, "%s.part", backup->path);
    if (!access(backup->path, F_OK) || mkdir(backup->part, 0700))
        return fail(cx, ERR_UNAVAILABLE, "%s can't be made", backup->part);
    for (int i = SERVICES - 1; i >= 0 && !err; i--)
        err = copy(cx, backup, &services[i]);
    progress_end();
    if (!err && backup->count == 0)
        err = fail(cx, ERR_NOT_FOUND,
                   "all services keep their data in "
                   "MongoDB: mongodump copies that");
    if (!err)
        err = conclude(cx, words, backup);
    if (err)
        (void)backup_folder_remove(cx, backup->part);
    return err;
}

static void
print_json(struct ctx *cx, const struct backup *backup, int64_t removed)
{
    struct writer writer;
    struct text text;

    text_init(&text, cx->arena, 64 * KIB);
    writer_init(&writer, &text);
    writer_object(&writer, NULL);
    writer_text(&writer, "folder", backup->path);
    writer_array(&writer, "databases");
    for (int i = 0; i < backup->count; i++) {
        writer_object(&writer, NULL);
        writer_text(&writer, "service", backup->made[i].service);
        writer_int(&writer, "bytes", backup->made[i].bytes);
        writer_object_end(&writer);
    }
    writer_array_end(&writer);
    writer_array(&writer, "left_out");
    for (int i = 0; i < backup->left_out_count; i++)
        writer_text(&writer, NULL, backup->left_out[i]);
    writer_array_end(&writer);
    writer_int(&writer, "removed", removed);
    writer_object_end(&writer);
    puts(text.bytes);
}

static void
print(const struct backup *backup, int64_t removed)
{
    for (int i = 0; i < backup->count; i++)
        printf("%-14s %12lld bytes, checked\n", backup->made[i].service,
               (long long)backup->made[i].bytes);
    printf("the backup is %s\n", backup->path);
    if (removed > 0)
        printf("%lld older one%s taken away\n", (long long)removed,
               removed == 1 ? "" : "s");
    for (int i = 0; i < backup->left_out_count; i++)
        fprintf(stderr,
                "till: backup: %s is in MongoDB, and not in it: mongodump "
                "copies that\n",
                backup->left_out[i]);
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
    default:
        return EX_CANTCREAT;
    }
}

int
main(int count, char **all)
{
    struct words words = { 0 };
    struct backup backup = { 0 };
    struct arena *arena;
    int64_t removed = 0;
    struct ctx cx;
    enum err err;

    if (!read_words(count, all, &words))
        return usage();
    umask(077);
    arena = arena_create();
    ctx_init(&cx, arena, "backup");
    config_load();
    secret_init();
    if (!(err = backup_folder_open(&cx, words.folder)) &&
        !(err = make(&cx, &words, &backup)) && words.keep > 0)
        err = backup_folder_keep(&cx, words.folder, words.keep, &removed);
    if (err)
        fprintf(stderr, "till: backup: %s\n", cx.cause ? cx.cause : cx.fault);
    else if (words.is_json)
        print_json(&cx, &backup, removed);
    else
        print(&backup, removed);
    arena_free(arena);
    return status_of(err);
}
