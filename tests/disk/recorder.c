/*
 * Preloaded into programs (LD_PRELOAD), writes down what they do to the files
 * of the folder TILL_DISK_FOLDER in the journal TILL_DISK_JOURNAL, as a disk
 * would see it: journal.h. Everything happens to the real files, too, but for
 * fsync(), which takes a while and writes a record.
 *
 * SQLite's -shm files are shared memory that only has a name on the disk:
 * nobody may rely on them after a power loss, and they aren't recorded.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "journal.h"

#if !defined(__LP64__)
#error "off_t must have 64 bits"
#endif

#define EXPORT __attribute__((visibility("default")))

enum { DESCRIPTORS = 65536 };

/* How long the disk takes; what is acknowledged too soon is seen. */
enum { SYNC_NANOSECONDS = 3 * 1000 * 1000 };

/* What a descriptor stands for: nothing of ours, or an inode's number. */
static _Atomic uint64_t inodes[DESCRIPTORS];
static _Atomic bool is_folder[DESCRIPTORS];
static char folder[PATH_MAX];

static void
stop(const char *what)
{
    fprintf(stderr, "disk-recorder: %s\n", what);
    abort();
}

__attribute__((constructor)) static void
start(void)
{
    const char *path = getenv("TILL_DISK_FOLDER");
    const char *journal = getenv("TILL_DISK_JOURNAL");

    if (!path || !journal)
        return;
    if (!realpath(path, folder) || journal_open(journal))
        stop("TILL_DISK_FOLDER or TILL_DISK_JOURNAL");
}

/* The name of a file in our folder, "." for the folder; NULL: not ours. */
static const char *
name_of(int dir, const char *path, char *room)
{
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    char parent[PATH_MAX] = ".";

    if (!*folder || (dir != AT_FDCWD && *path != '/'))
        return NULL;
    if (realpath(path, room) && !strcmp(room, folder))
        return ".";
    if (slash)
        snprintf(parent, sizeof parent, "%.*s",
                 slash == path ? 1 : (int)(slash - path), path);
    if (!realpath(parent, room) || strcmp(room, folder) != 0)
        return NULL;
    if (strlen(name) > 4 && !strcmp(name + strlen(name) - 4, "-shm"))
        return NULL;
    return name;
}

static int
raw_open(int dir, const char *path, int flags, mode_t mode)
{
    return (int)syscall(SYS_openat, dir, path, flags, mode);
}

/* Whether it was made by this call is known with O_EXCL alone. */
static int
open_or_create(const char *path, int flags, mode_t mode, bool *ret_is_new)
{
    int fd;

    *ret_is_new = false;
    if (!(flags & O_CREAT))
        return raw_open(AT_FDCWD, path, flags, mode);
    fd = raw_open(AT_FDCWD, path, flags | O_EXCL, mode);
    *ret_is_new = fd >= 0;
    if (fd >= 0 || (flags & O_EXCL) || errno != EEXIST)
        return fd;
    return raw_open(AT_FDCWD, path, flags & ~O_CREAT, mode);
}

static int
open_any(int dir, const char *path, int flags, mode_t mode)
{
    char room[PATH_MAX];
    const char *name = name_of(dir, path, room);
    struct stat status;
    bool is_new;
    int fd, error;

    if (!name)
        return raw_open(dir, path, flags, mode);
    journal_lock();
    fd = open_or_create(path, flags, mode, &is_new);
    error = errno;
    if (fd >= 0) {
        if (fd >= DESCRIPTORS || fstat(fd, &status))
            stop("too many files are open");
        inodes[fd] = status.st_ino;
        is_folder[fd] = *name == '.';
        if (!is_folder[fd])
            journal_add(is_new ? OP_CREATE : OP_OPEN, status.st_ino, 0, name,
                        strlen(name));
        if (!is_folder[fd] && !is_new && (flags & O_TRUNC))
            journal_add(OP_RESIZE, status.st_ino, 0, NULL, 0);
    }
    journal_unlock();
    errno = error;
    return fd;
}

static uint64_t
inode_of(int fd)
{
    return fd >= 0 && fd < DESCRIPTORS ? inodes[fd] : 0;
}

#define MODE_ARGUMENT(flags, mode)                                             \
    mode_t mode = 0;                                                           \
    if ((flags) & (O_CREAT | __O_TMPFILE)) {                                   \
        va_list list;                                                          \
        va_start(list, flags);                                                 \
        mode = va_arg(list, mode_t);                                           \
        va_end(list);                                                          \
    }

EXPORT int
open(const char *path, int flags, ...)
{
    MODE_ARGUMENT(flags, mode)
    return open_any(AT_FDCWD, path, flags, mode);
}

EXPORT int
open64(const char *path, int flags, ...)
{
    MODE_ARGUMENT(flags, mode)
    return open_any(AT_FDCWD, path, flags, mode);
}

EXPORT int
openat(int dir, const char *path, int flags, ...)
{
    MODE_ARGUMENT(flags, mode)
    return open_any(dir, path, flags, mode);
}

EXPORT int
close(int fd)
{
    if (fd >= 0 && fd < DESCRIPTORS)
        inodes[fd] = 0;
    return (int)syscall(SYS_close, fd);
}

static ssize_t
write_at(int fd, const void *bytes, size_t size, int64_t at)
{
    ssize_t written;
    int error;

    journal_lock();
    written = syscall(SYS_pwrite64, fd, bytes, size, at);
    error = errno;
    if (written > 0)
        journal_add(OP_WRITE, inode_of(fd), at, bytes, (size_t)written);
    journal_unlock();
    errno = error;
    return written;
}

EXPORT ssize_t
pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    if (!inode_of(fd))
        return syscall(SYS_pwrite64, fd, bytes, size, at);
    return write_at(fd, bytes, size, at);
}

EXPORT ssize_t
pwrite64(int fd, const void *bytes, size_t size, off_t at)
{
    return pwrite(fd, bytes, size, at);
}

EXPORT ssize_t
write(int fd, const void *bytes, size_t size)
{
    ssize_t written;

    if (!inode_of(fd))
        return syscall(SYS_write, fd, bytes, size);
    written = write_at(fd, bytes, size, lseek(fd, 0, SEEK_CUR));
    if (written > 0)
        (void)lseek(fd, written, SEEK_CUR);
    return written;
}

EXPORT int
ftruncate(int fd, off_t size)
{
    int error, status;

    if (!inode_of(fd))
        return (int)syscall(SYS_ftruncate, fd, size);
    journal_lock();
    status = (int)syscall(SYS_ftruncate, fd, size);
    error = errno;
    if (!status)
        journal_add(OP_RESIZE, inode_of(fd), size, NULL, 0);
    journal_unlock();
    errno = error;
    return status;
}

EXPORT int
ftruncate64(int fd, off_t size)
{
    return ftruncate(fd, size);
}

/* What was done before the call is safe when it returns; and not earlier. */
EXPORT int
fsync(int fd)
{
    struct timespec time = { .tv_nsec = SYNC_NANOSECONDS };
    int64_t begin;

    if (!inode_of(fd))
        return (int)syscall(SYS_fsync, fd);
    begin = journal_end();
    nanosleep(&time, NULL);
    journal_lock();
    journal_add(is_folder[fd] ? OP_SYNC_FOLDER : OP_SYNC, inode_of(fd), begin,
                NULL, 0);
    journal_unlock();
    return 0;
}

EXPORT int
fdatasync(int fd)
{
    return fsync(fd);
}

EXPORT int
unlink(const char *path)
{
    char room[PATH_MAX];
    const char *name = name_of(AT_FDCWD, path, room);
    int error, status;

    if (!name)
        return (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    journal_lock();
    status = (int)syscall(SYS_unlinkat, AT_FDCWD, path, 0);
    error = errno;
    if (!status)
        journal_add(OP_REMOVE, 0, 0, name, strlen(name));
    journal_unlock();
    errno = error;
    return status;
}
