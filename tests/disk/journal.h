/*
 * The journal of a disk: everything that programs did to the files of one
 * folder, in the one order in which it happened. recorder.c, preloaded into
 * the programs, writes it; till-disk makes of it what a power loss may leave.
 *
 * A file of records behind one page: struct journal. Only what is before
 * `end` counts: a writer that is killed leaves nothing half written.
 */
#ifndef TILL_DISK_JOURNAL_H
#define TILL_DISK_JOURNAL_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stddef.h>

struct journal {
    _Atomic uint64_t end; /* the first byte that isn't used */
    _Atomic uint64_t records;
    _Atomic uint64_t is_off; /* the power is: nothing happens any more */
};

enum { JOURNAL_PAGE = 4096 };

enum op {
    OP_CREATE, /* a new, empty file, with this name */
    OP_OPEN,   /* one that was there */
    OP_WRITE,
    OP_RESIZE,      /* to `at` bytes */
    OP_SYNC,        /* a file: what was done before the position `at` */
    OP_SYNC_FOLDER, /* the same for names */
    OP_REMOVE,      /* a name */
    OP_MARK,        /* what somebody outside has been told */
};

/* Followed by `size` bytes: a name, what was written, a mark. */
struct record {
    uint32_t op, size;
    uint64_t file; /* its inode's number */
    int64_t at;
} __attribute__((packed)); /* it follows on bytes of any number */

/* A journal that this process writes; -1: see errno. */
int journal_open(const char *path);

/* Between the two nobody else writes it. Doesn't return when power is off. */
void journal_lock(void);
void journal_unlock(void);

/* With the lock. */
void journal_add(enum op op, uint64_t file, int64_t at, const void *bytes,
                 size_t size);

/* Now: where the next record will be. */
int64_t journal_end(void);

/* Adds a mark; false: the power is off. */
bool journal_mark(const char *text);

/* From now on nothing is recorded, and whoever wants to do something hangs. */
void journal_cut(void);

#endif
