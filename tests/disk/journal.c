#include "journal.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

static struct journal *journal;
static int file = -1;

/* A POSIX lock is the process's: threads need one more. */
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;

/*
 * None of these goes through libc's names, which the recorder has taken.
 */
int
journal_open(const char *path)
{
    void *page;
    int fd = (int)syscall(SYS_openat, AT_FDCWD, path,
                          O_RDWR | O_CREAT | O_CLOEXEC, 0600);

    if (fd < 0 || lseek(fd, 0, SEEK_END) < 0)
        return -1;
    if (lseek(fd, 0, SEEK_END) < JOURNAL_PAGE &&
        syscall(SYS_ftruncate, fd, JOURNAL_PAGE))
        return -1;
    page = mmap(NULL, JOURNAL_PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
    if (page == MAP_FAILED)
        return -1;
    journal = page;
    file = fd;
    return 0;
}

static void
fail(const char *what)
{
    fprintf(stderr, "disk: %s: %s\n", what, strerror(errno));
    abort();
}

static void
set_lock(short type)
{
    struct flock lock = { .l_type = type, .l_whence = SEEK_SET };

    while (fcntl(file, F_SETLKW, &lock)) {
        if (errno != EINTR)
            fail("lock");
    }
}

static void
take(void)
{
    pthread_mutex_lock(&mutex);
    set_lock(F_WRLCK);
    if (journal->end == 0)
        journal->end = JOURNAL_PAGE;
}

void
journal_unlock(void)
{
    set_lock(F_UNLCK);
    pthread_mutex_unlock(&mutex);
}

void
journal_lock(void)
{
    take();
    if (!journal->is_off)
        return;
    journal_unlock();
    for (;;)
        pause(); /* until somebody sweeps the dead machine's programs up */
}

int64_t
journal_end(void)
{
    return (int64_t)journal->end;
}

void
journal_add(enum op op, uint64_t inode, int64_t at, const void *bytes,
            size_t size)
{
    struct record record = { (uint32_t)op, (uint32_t)size, inode, at };
    struct iovec parts[] = { { &record, sizeof record },
                             { (void *)(uintptr_t)bytes, size } };
    ssize_t all = (ssize_t)(sizeof record + size);

    if (size > INT32_MAX ||
        syscall(SYS_pwritev, file, parts, 2, journal->end, 0) != all)
        fail("the journal can't be written");
    journal->records++;
    journal->end += (uint64_t)all;
}

bool
journal_mark(const char *text)
{
    bool is_off;

    take();
    is_off = journal->is_off;
    if (!is_off)
        journal_add(OP_MARK, 0, 0, text, strlen(text));
    journal_unlock();
    return !is_off;
}

void
journal_cut(void)
{
    take();
    journal->is_off = 1;
    journal_unlock();
}
