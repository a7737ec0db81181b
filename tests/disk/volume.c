#include "volume.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sysexits.h>

enum { SECTOR = 512, FILES = 4096 };

static struct file files[FILES];
static size_t file_count;
static struct entry entries[FILES];
static size_t entry_count;
/* changes of names */
static struct file names = { .last = &names.first };

static uint64_t chance;

void
volume_seed(uint64_t seed)
{
    /* seeds that are alike must not begin alike; and never with 0 */
    chance = (seed + 1) * UINT64_C(0x9e3779b97f4a7c15) | 1;
    for (int i = 0; i < 8; i++)
        (void)volume_draw(1);
}

/* xorshift64* */
uint64_t
volume_draw(uint64_t below)
{
    chance ^= chance >> 12;
    chance ^= chance << 25;
    chance ^= chance >> 27;
    return (chance * UINT64_C(2685821657736338717) >> 11) % below;
}

static void *
or_die(void *memory)
{
    if (!memory)
        errx(EX_OSERR, "out of memory");
    return memory;
}

static struct file *
new_file(uint64_t inode)
{
    struct file *file = &files[file_count++];

    if (file_count == FILES)
        errx(EX_SOFTWARE, "too many files");
    file->inode = inode;
    file->last = &file->first;
    return file;
}

/* The newest: the number of a file that is gone is given again. */
static struct file *
file_with(uint64_t inode)
{
    for (size_t i = file_count; i-- > 0;) {
        if (files[i].inode == inode)
            return &files[i];
    }
    return NULL;
}

static void
resize(struct file *file, size_t size)
{
    if (size > file->room) {
        file->room = size * 2;
        file->bytes = or_die(realloc(file->bytes, file->room));
    }
    if (size > file->size)
        memset(file->bytes + file->size, 0, size - file->size);
    file->size = size;
}

static void
put(struct file *file, const uint8_t *bytes, size_t size, size_t at)
{
    if (at + size > file->size)
        resize(file, at + size);
    memcpy(file->bytes + at, bytes, size);
}

static struct entry *
entry_named(const char *name)
{
    for (size_t i = 0; i < entry_count; i++) {
        if (!strcmp(entries[i].name, name))
            return &entries[i];
    }
    return NULL;
}

static void
set_entry(const char *name, struct file *file)
{
    struct entry *entry = entry_named(name);

    if (!entry) {
        entry = &entries[entry_count++];
        if (entry_count == FILES)
            errx(EX_SOFTWARE, "too many names");
        snprintf(entry->name, sizeof entry->name, "%s", name);
    }
    entry->file = file;
}

const char *
volume_text(const struct record *record)
{
    static char text[65536];

    snprintf(text, sizeof text, "%.*s", (int)record->size,
             (const char *)(record + 1));
    return text;
}

/* Of a write those sectors that are lucky: `odds` of 256. */
static void
put_sectors(struct file *file, const struct record *record, unsigned odds)
{
    const uint8_t *bytes = (const uint8_t *)(record + 1);
    size_t at = (size_t)record->at, end = at + record->size;

    while (at < end) {
        size_t next = (at / SECTOR + 1) * SECTOR;

        if (next > end)
            next = end;
        if (volume_draw(256) < odds)
            put(file, bytes + (at - (size_t)record->at), next - at, at);
        at = next;
    }
    /* the new size may be there without what is in it */
    if (end > file->size && volume_draw(512) < odds)
        resize(file, end);
}

static void
apply(struct file *file, const struct change *change, unsigned odds)
{
    const struct record *record = change->record;

    if (record->op == OP_WRITE)
        put_sectors(file, record, odds);
    else if (volume_draw(256) >= odds)
        return;
    else if (record->op == OP_RESIZE)
        resize(file, (size_t)record->at);
    else if (record->op == OP_CREATE)
        set_entry(volume_text(record), change->file);
    else if (record->op == OP_REMOVE)
        set_entry(volume_text(record), NULL);
}

static void
add_change(struct file *to, struct file *named, const struct record *record,
           uint64_t position)
{
    struct change *change = or_die(calloc(1, sizeof *change));

    change->file = named;
    change->record = record;
    change->position = position;
    *to->last = change;
    to->last = &change->next;
}

/* What was done before `until` happens, as far as it is lucky. */
static void
settle(struct file *file, uint64_t until, unsigned odds)
{
    while (file->first && file->first->position < until) {
        struct change *change = file->first;

        apply(file, change, odds);
        file->first = change->next;
        free(change);
    }
    if (!file->first)
        file->last = &file->first;
}

/* What was given, or for this one nothing, all, or something between. */
static unsigned
luck(int odds)
{
    if (odds >= 0)
        return (unsigned)odds;
    switch (volume_draw(4)) {
    case 0:
        return 0;
    case 1:
        return ODDS_ALL;
    default:
        return (unsigned)volume_draw(ODDS_ALL);
    }
}

/* A file of the base is known by its name until somebody opens it. */
static void
bind(const struct record *record)
{
    struct entry *entry = entry_named(volume_text(record));

    if (file_with(record->file))
        return;
    if (!entry || !entry->file || entry->file->inode)
        errx(EX_DATAERR, "%s was never made", volume_text(record));
    entry->file->inode = record->file;
}

void
volume_replay(const struct record *record, uint64_t position)
{
    struct file *file = file_with(record->file);

    switch ((enum op)record->op) {
    case OP_CREATE:
        add_change(&names, new_file(record->file), record, position);
        return;
    case OP_REMOVE:
        add_change(&names, NULL, record, position);
        return;
    case OP_SYNC_FOLDER:
        settle(&names, (uint64_t)record->at, ODDS_ALL);
        return;
    case OP_OPEN:
        bind(record);
        return;
    case OP_MARK:
        return;
    case OP_WRITE:
    case OP_RESIZE:
    case OP_SYNC:
        break;
    }
    if (!file)
        errx(EX_DATAERR, "a file is used that was never opened");
    if (record->op == OP_SYNC)
        settle(file, (uint64_t)record->at, ODDS_ALL);
    else
        add_change(file, NULL, record, position);
}

void
volume_add(const char *name, uint8_t *bytes, size_t size)
{
    struct file *file = new_file(0);

    file->bytes = bytes;
    file->size = file->room = size;
    set_entry(name, file);
}

void
volume_lose_power(int odds)
{
    settle(&names, UINT64_MAX, luck(odds));
    for (size_t i = 0; i < file_count; i++)
        settle(&files[i], UINT64_MAX, luck(odds));
}

const struct entry *
volume_entries(size_t *ret_count)
{
    *ret_count = entry_count;
    return entries;
}
