#include "io/metric_page.h"

#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/stop.h"

const int64_t metric_bounds[METRIC_BUCKETS - 1] = {
    500,    1000,   2500,   5000,    10000,   25000,   50000,
    100000, 250000, 500000, 1000000, 2500000, 5000000, 10000000,
};

/* What nobody sees: where there is no file to count in. */
static struct metric_page unseen;
static struct metric_page *page = &unseen;

const char *
metric_path(struct arena *arena, const char *program)
{
    return arena_printf(arena, "%s/%s.%d.metrics",
                        config_text(SETTING_METRICS_FOLDER), program,
                        METRIC_LAYOUT);
}

/*
 * A page of a file that has been cut off, or of a disk that has failed, is gone
 * in the middle of an addition. Then memory takes its place.
 */
static void
on_lost_page(int number, siginfo_t *info, void *context)
{
    const char *at = info->si_addr, *begin = (const char *)page;

    (void)context;
    if (at >= begin && at < begin + sizeof *page &&
        mmap(page, sizeof *page, PROT_READ | PROT_WRITE,
             MAP_FIXED | MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) != MAP_FAILED)
        return;
    signal(number, SIG_DFL); /* it happens again, and ends the process */
}

/* Room on the disk beforehand: a full one must not be found out by a write. */
static bool
has_room(int file)
{
    struct stat status;

    if (fstat(file, &status))
        return false;
    return status.st_size >= (off_t)sizeof *page ||
           !posix_fallocate(file, 0, sizeof *page);
}

static void
set_name(char *to, size_t room, const char *name)
{
    size_t size = strlen(name);

    if (size >= room)
        bug("%s is too long for its page", name);
    memcpy(to, name, size + 1);
}

static void
map_file(const char *path)
{
    struct sigaction action = { .sa_sigaction = on_lost_page,
                                .sa_flags = SA_SIGINFO };
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    void *map = MAP_FAILED;

    if (file < 0)
        return;
    if (has_room(file))
        map = mmap(NULL, sizeof *page, PROT_READ | PROT_WRITE, MAP_SHARED, file,
                   0);
    close(file);
    if (map == MAP_FAILED)
        return;
    page = map;
    sigaction(SIGBUS, &action, NULL);
}

void
metric_open(const char *program, const char *method, const char *route)
{
    struct arena *arena = arena_create();

    map_file(metric_path(arena, program));
    arena_free(arena);
    /* whoever counts in the same page writes the same names */
    set_name(page->program, sizeof page->program, program);
    set_name(page->method, sizeof page->method, method);
    set_name(page->route, sizeof page->route, route);
}

static void
add(_Atomic int64_t *number, int64_t more)
{
    atomic_fetch_add_explicit(number, more, memory_order_relaxed);
}

static void
add_time(struct metric_times *times, int64_t micros)
{
    int i = 0;

    while (i < METRIC_BUCKETS - 1 && micros > metric_bounds[i])
        i++;
    add(&times->buckets[i], 1);
    add(&times->micros, micros);
}

void
metric_request(int status, int64_t micros)
{
    int class = status / 100 - 1;

    if (class >= 0 && class < METRIC_CLASSES)
        add(&page->requests[class], 1);
    add_time(&page->request_times, micros);
}

enum metric_outcome
metric_outcome_of(int status)
{
    if (status == 429)
        return METRIC_THROTTLED;
    if (status >= 500)
        return METRIC_FAILED;
    return status >= 400 ? METRIC_REFUSED : METRIC_OK;
}

void
metric_call(enum metric_peer peer, enum metric_outcome outcome, int64_t micros)
{
    struct metric_calls *calls = &page->calls[peer];
    /* who refuses is there, and well */
    bool is_good = outcome == METRIC_OK || outcome == METRIC_REFUSED;

    add(&calls->outcomes[outcome], 1);
    add_time(&calls->times, micros);
    atomic_store(is_good ? &calls->good_at : &calls->bad_at, clock_now());
}

void
metric_turn(enum metric_turn turn)
{
    add(&page->turns[turn], 1);
    atomic_store(&page->turn_at, clock_now());
}

static void
set_gauge(struct metric_named *named, const struct metric_gauge *gauge,
          int64_t number)
{
    set_name(named->family, sizeof named->family, gauge->family);
    set_name(named->help, sizeof named->help, gauge->help);
    set_name(named->label, sizeof named->label,
             gauge->label ? gauge->label : "");
    set_name(named->value, sizeof named->value,
             gauge->value ? gauge->value : "");
    named->is_time = gauge->is_time;
    atomic_store(&named->number, number);
}

void
metric_add(struct metric_sheet *sheet, const struct metric_gauge *gauge,
           const char *value, int64_t number)
{
    if (sheet->count == METRIC_GAUGES)
        bug("more than %d gauges", METRIC_GAUGES);
    sheet->gauges[sheet->count] = *gauge;
    sheet->gauges[sheet->count].value = value;
    sheet->numbers[sheet->count++] = number;
}

void
metric_measured(const struct metric_sheet *sheet)
{
    for (size_t i = 0; i < sheet->count; i++)
        set_gauge(&page->gauges[i], &sheet->gauges[i], sheet->numbers[i]);
    for (size_t i = sheet->count; i < METRIC_GAUGES; i++)
        *page->gauges[i].family = '\0'; /* an older program's */
    atomic_store(&page->measured_at, clock_now());
}
