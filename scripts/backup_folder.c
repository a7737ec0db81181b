/* A backup is a folder in the folder: 20260101T120000Z; .part while it's made.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "backup.h"

static enum err
trouble(struct ctx *cx, const char *path)
{
    return fail(cx, ERR_UNAVAILABLE, "%s: %s", path, strerror(errno));
}

/* As "20260101T120000Z", with what may stand behind it. */
static bool
is_backup(const char *name, const char *end)
{
    static const char form[] = "ddddddddTddddddZ";

    for (size_t i = 0; i < sizeof form - 1; i++) {
        bool is_digit = name[i] >= '0' && name[i] <= '9';

        if (form[i] == 'd' ? !is_digit : name[i] != form[i])
            return false;
    }
    return !strcmp(name + sizeof form - 1, end);
}

static int
is_whole(const struct dirent *entry)
{
    return is_backup(entry->d_name, "");
}

static int
is_part(const struct dirent *entry)
{
    return is_backup(entry->d_name, ".part");
}

enum err
backup_folder_remove(struct ctx *cx, const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;

    if (!folder)
        return trouble(cx, path);
    while ((entry = readdir(folder))) {
        if (entry->d_name[0] != '.' &&
            unlinkat(dirfd(folder), entry->d_name, 0)) {
            closedir(folder);
            return trouble(cx, path);
        }
    }
    closedir(folder);
    return rmdir(path) ? trouble(cx, path) : OK;
}

/* Of those that `wanted` picks, the oldest but `most`. */
static enum err
remove_oldest(struct ctx *cx, const char *folder,
              int (*wanted)(const struct dirent *), int64_t most,
              int64_t *ret_count)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, wanted, alphasort);
    enum err err = OK;

    if (count < 0)
        return trouble(cx, folder);
    for (int i = 0; i < count; i++) {
        if (i < count - most && !err) {
            err = backup_folder_remove(
                cx,
                arena_printf(cx->arena, "%s/%s", folder, entries[i]->d_name));
            *ret_count += !err;
        }
        free(entries[i]);
    }
    free(entries);
    return err;
}

enum err
backup_folder_open(struct ctx *cx, const char *folder)
{
    int64_t count = 0;
    int lock;

    if (mkdir(folder, 0700) && errno != EEXIST)
        return trouble(cx, folder);
    lock = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (lock < 0)
        return trouble(cx, folder);
    /* kept open: the lock ends with the process */
    if (flock(lock, LOCK_EX | LOCK_NB))
        return fail(cx, ERR_CONFLICT, "another backup is made into %s", folder);
    return remove_oldest(cx, folder, is_part, 0, &count);
}

enum err
backup_folder_keep(struct ctx *cx, const char *folder, int64_t most,
                   int64_t *ret_count)
{
    *ret_count = 0;
    return remove_oldest(cx, folder, is_whole, most, ret_count);
}
