#include "image.h"

#include <dirent.h>
#include <err.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "volume.h"

static void *
map(int dir, const char *path, size_t *ret_size)
{
    int fd = openat(dir, path, O_RDONLY | O_CLOEXEC);
    struct stat status;
    void *bytes;

    if (fd < 0 || fstat(fd, &status))
        err(EX_NOINPUT, "%s", path);
    *ret_size = (size_t)status.st_size;
    bytes =
        mmap(NULL, *ret_size ? *ret_size : 1, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        err(EX_NOINPUT, "%s", path);
    close(fd);
    return bytes;
}

static void
read_base(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;

    if (!folder)
        err(EX_NOINPUT, "%s", path);
    while ((entry = readdir(folder))) {
        uint8_t *bytes, *copy;
        size_t size;

        if (*entry->d_name == '.')
            continue;
        bytes = map(dirfd(folder), entry->d_name, &size);
        if (!(copy = malloc(size + 1)))
            errx(EX_OSERR, "out of memory");
        memcpy(copy, bytes, size);
        munmap(bytes, size ? size : 1);
        volume_add(entry->d_name, copy, size);
    }
    closedir(folder);
}

static void
write_file(int folder, const struct entry *entry)
{
    const struct file *file = entry->file;
    int fd = openat(folder, entry->name,
                    O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    size_t done = 0;

    if (fd < 0)
        err(EX_CANTCREAT, "%s", entry->name);
    while (done < file->size) {
        ssize_t size = write(fd, file->bytes + done, file->size - done);

        if (size <= 0)
            err(EX_CANTCREAT, "%s", entry->name);
        done += (size_t)size;
    }
    close(fd);
}

static void
write_image(const char *path)
{
    int folder = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    const struct entry *entries;
    size_t count;

    if (folder < 0)
        err(EX_CANTCREAT, "%s", path);
    entries = volume_entries(&count);
    for (size_t i = 0; i < count; i++) {
        if (entries[i].file)
            write_file(folder, &entries[i]);
    }
    close(folder);
}

static const struct record *
next(const struct record *record)
{
    return (const void *)((const char *)(record + 1) + record->size);
}

/*
 * How many records have happened: any number, or any number and those up to
 * the next sync, which then has most to lose.
 */
static uint64_t
choose_cut(const struct journal *journal, const struct record *record)
{
    uint64_t cut = volume_draw(journal->records + 1), i = 0;
    bool is_before_sync = volume_draw(2);

    if (!is_before_sync)
        return cut;
    for (; i < cut; i++)
        record = next(record);
    for (; i < journal->records && record->op != OP_SYNC; i++)
        record = next(record);
    return i;
}

void
image_make(const struct image_wish *wish)
{
    const struct journal *journal;
    const struct record *record;
    const char *first;
    uint64_t cut;
    size_t size;

    journal = map(AT_FDCWD, wish->journal, &size);
    if (size < JOURNAL_PAGE || journal->end > size)
        errx(EX_DATAERR, "%s is no journal", wish->journal);
    if (wish->base)
        read_base(wish->base);
    volume_seed(wish->seed);
    first = (const char *)journal;
    record = (const void *)(first + JOURNAL_PAGE);
    cut = wish->is_at_end ? journal->records : choose_cut(journal, record);
    for (uint64_t i = 0; i < cut; i++, record = next(record)) {
        volume_replay(record, (uint64_t)((const char *)record - first));
        if (record->op == OP_MARK)
            puts(volume_text(record));
    }
    volume_lose_power(wish->odds);
    write_image(wish->to);
    fprintf(stderr,
            "seed %" PRIu64 ": cut after record %" PRIu64 " of %" PRIu64 "\n",
            wish->seed, cut, (uint64_t)journal->records);
}
