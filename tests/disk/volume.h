/*
 * A folder as its disk has it for certain, and what was done on top and isn't
 * certain yet (image.h).
 */
#ifndef TILL_DISK_VOLUME_H
#define TILL_DISK_VOLUME_H

#include "journal.h"

/* Odds of 256: everything is lucky; of 0: nothing. */
enum { ODDS_ALL = 256, NAME_ROOM = 256 };

/* Something that was done and not synced yet. */
struct change {
    struct change *next;
    struct file *file; /* that a name is given to */
    const struct record *record;
    uint64_t position; /* of the record */
};

/* A file as the disk has it for certain, and what may come on top. */
struct file {
    uint64_t inode; /* 0: of the base, not met yet */
    uint8_t *bytes;
    size_t size, room;
    struct change *first, **last;
};

/* A name that is on the disk for certain, and its file, or NULL. */
struct entry {
    char name[NAME_ROOM];
    struct file *file;
};

/* The same draws for the same seed, everywhere. */
void volume_seed(uint64_t seed);
uint64_t volume_draw(uint64_t below);

/* A file that is there from the beginning; its bytes are taken over. */
void volume_add(const char *name, uint8_t *bytes, size_t size);

/* One record, at this position of the journal. */
void volume_replay(const struct record *record, uint64_t position);

/*
 * The power is gone: what isn't certain happens or not, with odds that are
 * drawn for each file unless they are given (-1). Afterwards all is certain.
 */
void volume_lose_power(int odds);

/* All names, those without a file, too. */
const struct entry *volume_entries(size_t *ret_count);

/* A record's bytes as a text; good until the next call. */
const char *volume_text(const struct record *record);

#endif
