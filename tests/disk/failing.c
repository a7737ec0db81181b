/*
 * Preloaded into programs (LD_PRELOAD): as long as the file TILL_DISK_FAILS
 * exists, the folder TILL_DISK_FOLDER can't be written, and whoever tries gets
 * the errno that the file has: 28 (ENOSPC) of a full disk, 30 (EROFS) of one
 * that the kernel has made read-only, 5 (EIO) of a broken one. Reading goes on.
 *
 * SQLite's -shm files are memory, whatever the disk does.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#if !defined(__LP64__)
#error "off_t must have 64 bits"
#endif

#define EXPORT __attribute__((visibility("default")))

/* Whether it fails now; sets errno. */
static bool
is_failing(void)
{
    const char *path = getenv("TILL_DISK_FAILS");
    int file =
        path ? (int)syscall(SYS_openat, AT_FDCWD, path, O_RDONLY | O_CLOEXEC)
             : -1;
    char text[16] = "";

    if (file < 0)
        return false;
    (void)!read(file, text, sizeof text - 1);
    syscall(SYS_close, file);
    errno = (int)strtol(text, NULL, 10);
    return errno > 0;
}

static bool
is_below_folder(const char *path)
{
    const char *folder = getenv("TILL_DISK_FOLDER");
    size_t size = folder ? strlen(folder) : 0, all = strlen(path);

    return size > 0 && !strncmp(path, folder, size) && path[size] == '/' &&
           !(all > 4 && !strcmp(path + all - 4, "-shm"));
}

/* Whether writing to what fd stands for fails; sets errno. */
static bool
fails(int fd)
{
    char link[64], path[PATH_MAX];
    ssize_t size;
    int error;

    if (!is_failing())
        return false;
    error = errno;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    size = readlink(link, path, sizeof path - 1);
    path[size < 0 ? 0 : size] = '\0';
    errno = error;
    return is_below_folder(path);
}

/* A full or broken disk can be opened; a read-only one can't, to write. */
static int
open_any(const char *path, int flags, mode_t mode)
{
    char parent[PATH_MAX];
    bool is_written = (flags & (O_WRONLY | O_RDWR | O_CREAT)) != 0;

    if (is_written && is_failing() && errno == EROFS) {
        if (realpath(path, parent) && is_below_folder(parent)) {
            errno = EROFS;
            return -1;
        }
    }
    return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
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
    return open_any(path, flags, mode);
}

EXPORT int
open64(const char *path, int flags, ...)
{
    MODE_ARGUMENT(flags, mode)
    return open_any(path, flags, mode);
}

EXPORT ssize_t
write(int fd, const void *bytes, size_t size)
{
    return fails(fd) ? -1 : syscall(SYS_write, fd, bytes, size);
}

EXPORT ssize_t
pwrite(int fd, const void *bytes, size_t size, off_t at)
{
    return fails(fd) ? -1 : syscall(SYS_pwrite64, fd, bytes, size, at);
}

EXPORT ssize_t
pwrite64(int fd, const void *bytes, size_t size, off_t at)
{
    return pwrite(fd, bytes, size, at);
}

EXPORT int
ftruncate(int fd, off_t size)
{
    return fails(fd) ? -1 : (int)syscall(SYS_ftruncate, fd, size);
}

EXPORT int
ftruncate64(int fd, off_t size)
{
    return ftruncate(fd, size);
}

EXPORT int
fsync(int fd)
{
    return fails(fd) ? -1 : (int)syscall(SYS_fsync, fd);
}

EXPORT int
fdatasync(int fd)
{
    return fails(fd) ? -1 : (int)syscall(SYS_fdatasync, fd);
}
