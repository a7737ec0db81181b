#include "io/metric_text.h"

#include <string.h>

#include "io/metric_page.h"

static const char *const peers[] = {
#define X(name, label) label,
    METRIC_PEER_TABLE(X)
#undef X
};

static const char *const classes[] = { "1xx", "2xx", "3xx", "4xx", "5xx" };

static const char *const outcomes[] = { "ok",     "refused",     "throttled",
                                        "failed", "unreachable", "unanswered" };

static const char *const turns[] = { "done", "idle", "failed" };

/* What is written, of which programs. */
struct sheet {
    struct text *text;
    const struct metric_page **pages;
    size_t count;
};

void
metric_text_family(struct text *text, const char *name, const char *type,
                   const char *help)
{
    text_printf(text, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static bool
is_route(const struct metric_page *page)
{
    return *page->route;
}

static int64_t
sum(const _Atomic int64_t *numbers, int count)
{
    int64_t all = 0;

    for (int i = 0; i < count; i++)
        all += numbers[i];
    return all;
}

/* "seconds" of microseconds, or of milliseconds, as digits. */
static void
add_seconds(struct text *text, int64_t number, int64_t parts)
{
    text_printf(text, "%lld.%0*lld", (long long)(number / parts),
                parts == 1000 ? 3 : 6, (long long)(number % parts));
}

/* One histogram: labels are all but `le`. */
static void
add_times(struct text *text, const char *family, const char *labels,
          const struct metric_times *times)
{
    int64_t so_far = 0;

    for (int i = 0; i < METRIC_BUCKETS; i++) {
        so_far += times->buckets[i];
        text_printf(text, "%s_bucket{%s,le=\"", family, labels);
        if (i == METRIC_BUCKETS - 1)
            text_add(text, "+Inf");
        else
            text_printf(text, "%g", (double)metric_bounds[i] / 1e6);
        text_printf(text, "\"} %lld\n", (long long)so_far);
    }
    text_printf(text, "%s_sum{%s} ", family, labels);
    add_seconds(text, times->micros, 1000 * 1000);
    text_printf(text, "\n%s_count{%s} %lld\n", family, labels,
                (long long)so_far);
}

static const char *
route_labels(struct ctx *cx, const struct metric_page *page)
{
    return arena_printf(cx->arena, "program=\"%s\",method=\"%s\",route=\"%s\"",
                        page->program, page->method, page->route);
}

static void
add_requests(struct ctx *cx, const struct sheet *sheet)
{
    static const char count[] = "till_requests_total";
    static const char time[] = "till_request_duration_seconds";

    metric_text_family(sheet->text, count, "counter",
                       "Requests that a program has answered, by status.");
    for (size_t i = 0; i < sheet->count; i++) {
        const struct metric_page *page = sheet->pages[i];

        for (int j = 1; j < METRIC_CLASSES && is_route(page); j++)
            text_printf(sheet->text, "%s{%s,status=\"%s\"} %lld\n", count,
                        route_labels(cx, page), classes[j],
                        (long long)page->requests[j]);
    }
    metric_text_family(sheet->text, time, "histogram",
                       "From a request's first byte in the program to its "
                       "answer.");
    for (size_t i = 0; i < sheet->count; i++) {
        const struct metric_page *page = sheet->pages[i];

        if (is_route(page))
            add_times(sheet->text, time, route_labels(cx, page),
                      &page->request_times);
    }
}

/* Those whom the program has never called are left out. */
static bool
is_called(const struct metric_calls *calls)
{
    return sum(calls->outcomes, METRIC_OUTCOMES) > 0;
}

static const char *
call_labels(struct ctx *cx, const struct metric_page *page, int peer)
{
    return arena_printf(cx->arena, "program=\"%s\",to=\"%s\"", page->program,
                        peers[peer]);
}

static void
add_calls(struct ctx *cx, const struct sheet *sheet)
{
    static const char name[] = "till_calls_total";

    metric_text_family(sheet->text, name, "counter",
                       "Calls to Stripe, to Gmail and of the services among "
                       "themselves, by what became of them.");
    for (size_t i = 0; i < sheet->count; i++) {
        for (int peer = 0; peer < METRIC_PEERS; peer++) {
            const struct metric_calls *calls = &sheet->pages[i]->calls[peer];

            for (int j = 0; j < METRIC_OUTCOMES && is_called(calls); j++)
                text_printf(sheet->text, "%s{%s,outcome=\"%s\"} %lld\n", name,
                            call_labels(cx, sheet->pages[i], peer), outcomes[j],
                            (long long)calls->outcomes[j]);
        }
    }
}

static void
add_call_times(struct ctx *cx, const struct sheet *sheet)
{
    static const char name[] = "till_call_duration_seconds";

    metric_text_family(sheet->text, name, "histogram",
                       "How long those calls have taken.");
    for (size_t i = 0; i < sheet->count; i++) {
        for (int peer = 0; peer < METRIC_PEERS; peer++) {
            const struct metric_calls *calls = &sheet->pages[i]->calls[peer];

            if (is_called(calls))
                add_times(sheet->text, name,
                          call_labels(cx, sheet->pages[i], peer),
                          &calls->times);
        }
    }
}

static void
add_moment(const struct sheet *sheet, const char *name, const char *help,
           size_t offset)
{
    metric_text_family(sheet->text, name, "gauge", help);
    for (size_t i = 0; i < sheet->count; i++) {
        const char *page = (const char *)sheet->pages[i];
        int64_t moment = *(const _Atomic int64_t *)(page + offset);

        if (moment == 0)
            continue;
        text_printf(sheet->text, "%s{program=\"%s\"} ", name,
                    sheet->pages[i]->program);
        add_seconds(sheet->text, moment, 1000);
        text_add_char(sheet->text, '\n');
    }
}

static void
add_turns(const struct sheet *sheet)
{
    static const char name[] = "till_worker_turns_total";

    metric_text_family(sheet->text, name, "counter",
                       "Turns of a worker; idle: nothing was due.");
    for (size_t i = 0; i < sheet->count; i++) {
        for (int j = 0; j < METRIC_TURNS && !is_route(sheet->pages[i]); j++)
            text_printf(sheet->text, "%s{program=\"%s\",result=\"%s\"} %lld\n",
                        name, sheet->pages[i]->program, turns[j],
                        (long long)sheet->pages[i]->turns[j]);
    }
    add_moment(sheet, "till_worker_last_turn_timestamp_seconds",
               "When a worker has last ended a turn.",
               offsetof(struct metric_page, turn_at));
    add_moment(sheet, "till_worker_last_look_timestamp_seconds",
               "When a worker has last counted what waits.",
               offsetof(struct metric_page, measured_at));
}

static void
add_gauge(struct text *text, const struct metric_named *gauge)
{
    if (gauge->is_time && gauge->number == 0)
        return;
    text_add(text, gauge->family);
    if (*gauge->label)
        text_printf(text, "{%s=\"%s\"}", gauge->label, gauge->value);
    text_add_char(text, ' ');
    if (gauge->is_time)
        add_seconds(text, gauge->number, 1000);
    else
        text_add_int(text, gauge->number);
    text_add_char(text, '\n');
}

static void
add_gauges(const struct sheet *sheet)
{
    for (size_t i = 0; i < sheet->count; i++) {
        const char *family = "";

        for (int j = 0; j < METRIC_GAUGES; j++) {
            const struct metric_named *gauge = &sheet->pages[i]->gauges[j];

            if (!*gauge->family || sheet->pages[i]->measured_at == 0)
                continue;
            if (strcmp(gauge->family, family) != 0)
                metric_text_family(sheet->text, gauge->family, "gauge",
                                   gauge->help);
            family = gauge->family;
            add_gauge(sheet->text, gauge);
        }
    }
}

enum err
metric_text(struct ctx *cx, struct text *text)
{
    struct sheet sheet = { .text = text };
    enum err err;

    if ((err = metric_pages(cx, &sheet.pages, &sheet.count)))
        return err;
    add_requests(cx, &sheet);
    add_calls(cx, &sheet);
    add_call_times(cx, &sheet);
    add_turns(&sheet);
    add_gauges(&sheet);
    return OK;
}
