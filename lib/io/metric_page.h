/* What metric.c counts in and metric_text.c reads: a program's page. */
#ifndef TILL_METRIC_PAGE_H
#define TILL_METRIC_PAGE_H

#include <stdatomic.h>

#include "base/ctx.h"
#include "io/metric.h"

/*
 * Raise it when the page changes. It is part of the file's name, so that a
 * program and its successor never count in the same page in different ways.
 */
enum { METRIC_LAYOUT = 1 };

enum { METRIC_BUCKETS = 15, METRIC_CLASSES = 5 };

/* How long things took; the last bucket has all that took longer. */
struct metric_times {
    _Atomic int64_t micros; /* all together */
    _Atomic int64_t buckets[METRIC_BUCKETS];
};

struct metric_calls {
    _Atomic int64_t outcomes[METRIC_OUTCOMES];
    struct metric_times times;
    /* clock_now() of the last that went well, and of the last that didn't */
    _Atomic int64_t good_at, bad_at;
};

struct metric_named {
    char family[48], help[112], label[16], value[24];
    int64_t is_time;
    _Atomic int64_t number;
};

struct metric_page {
    char program[32], method[8], route[64];
    _Atomic int64_t requests[METRIC_CLASSES]; /* 1xx, 2xx, ... */
    struct metric_times request_times;
    struct metric_calls calls[METRIC_PEERS];
    _Atomic int64_t turns[METRIC_TURNS];
    _Atomic int64_t turn_at, measured_at; /* clock_now(), or 0 */
    struct metric_named gauges[METRIC_GAUGES];
};

_Static_assert(sizeof(struct metric_page) == 10680,
               "the page has changed: raise METRIC_LAYOUT");

/* The upper ends of all buckets but the last, in microseconds. */
extern const int64_t metric_bounds[METRIC_BUCKETS - 1];

/* The file of a program, in the arena. */
const char *metric_path(struct arena *arena, const char *program);

/*
 * The pages of all programs that have counted on this machine, by name, in
 * cx->arena. ERR_UNAVAILABLE: METRICS_FOLDER can't be read.
 */
enum err metric_pages(struct ctx *cx, const struct metric_page ***ret_pages,
                      size_t *ret_count);

#endif
