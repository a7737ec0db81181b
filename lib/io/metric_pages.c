#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/config.h"
#include "io/metric_page.h"

/* There are some twenty programs; more files than this are none of ours. */
enum { PAGES_MAX = 200 };

static bool
is_page(struct ctx *cx, const char *name)
{
    const char *end = arena_printf(cx->arena, ".%d.metrics", METRIC_LAYOUT);
    size_t size = strlen(name), wanted = strlen(end);

    return size > wanted && !strcmp(name + size - wanted, end);
}

/* NULL: it can't be read, or isn't whole. */
static const struct metric_page *
read_page(struct ctx *cx, int folder, const char *name)
{
    struct metric_page *page = arena_new(cx->arena, struct metric_page);
    int file = openat(folder, name, O_RDONLY | O_CLOEXEC);
    ssize_t size;

    if (file < 0)
        return NULL;
    size = pread(file, page, sizeof *page, 0);
    close(file);
    return size == sizeof *page && *page->program ? page : NULL;
}

static int
compare(const void *one, const void *other)
{
    const struct metric_page *const *a = one, *const *b = other;

    return strcmp((*a)->program, (*b)->program);
}

enum err
metric_pages(struct ctx *cx, const struct metric_page ***ret_pages,
             size_t *ret_count)
{
    const char *name = config_text(SETTING_METRICS_FOLDER);
    const struct metric_page **pages =
        arena_array(cx->arena, const struct metric_page *, PAGES_MAX);
    DIR *folder = opendir(name);
    struct dirent *entry;
    size_t count = 0;

    if (!folder)
        return fail(cx, ERR_UNAVAILABLE, "METRICS_FOLDER, %s: %s", name,
                    strerror(errno));
    while (count < PAGES_MAX && (entry = readdir(folder))) {
        if (is_page(cx, entry->d_name) &&
            (pages[count] = read_page(cx, dirfd(folder), entry->d_name)))
            count++;
    }
    closedir(folder);
    qsort(pages, count, sizeof *pages, compare);
    *ret_pages = pages;
    *ret_count = count;
    return OK;
}
