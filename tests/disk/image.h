/*
 * What a power loss leaves of a folder, by a journal (journal.h): what was
 * synced, and of the rest whatever the disk happened to have done.
 *
 * Of what wasn't synced each 512-byte sector of a write, each change of a
 * file's size and each name stands or falls by itself. So a write can be torn,
 * a later one be there without an earlier one, and an older one be what is
 * left of two. A file whose name was never synced may be lost whole.
 */
#ifndef TILL_DISK_IMAGE_H
#define TILL_DISK_IMAGE_H

#include <stdbool.h>
#include <stdint.h>

struct image_wish {
    const char *journal;
    const char *base; /* the folder when the journal began; NULL: empty */
    const char *to;   /* an empty folder */
    uint64_t seed;    /* decides all that is left to chance */
    bool is_at_end;   /* the cut comes after the last record, not anywhere */
    int odds;         /* volume_lose_power */
};

/* Writes the image, and prints the marks before the cut. Dies of any error. */
void image_make(const struct image_wish *wish);

#endif
