#include "io/worker.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/id.h"
#include "base/log.h"
#include "base/stop.h"
#include "io/http.h"
#include "io/metric.h"
#include "io/secret.h"
#include "io/signals.h"
#include "io/token.h"

/* Milliseconds between looks: when there was nothing, and after a failure. */
enum { IDLE = 500, AFTER_FAILURE = 1000 };

enum { BACKOFF_LEAST = 2 * 1000, BACKOFF_MOST = 15 * 60 * 1000 };

/*
 * Milliseconds between two counts of what waits; and so many times what the
 * count has taken: the more waits, the longer it takes, and the less often.
 */
enum { MEASURE_PAUSE = 5000, MEASURE_TIMES = 50 };

enum wish { GO_ON, STOP, RESTART };

int64_t
worker_lease(void)
{
    return config_int(SETTING_WORKER_LEASE, 1, 600) * 1000;
}

int64_t
worker_begin_lease(struct ctx *cx, int64_t lease)
{
    cx->deadline = clock_monotonic() + lease;
    return clock_now() + lease;
}

int64_t
worker_backoff(int64_t attempts, unsigned retry_after)
{
    int64_t most = BACKOFF_LEAST, least;
    uint32_t chance;

    for (int64_t i = 1; i < attempts && most < BACKOFF_MOST; i++)
        most *= 2;
    if (most > BACKOFF_MOST)
        most = BACKOFF_MOST;
    secret_random(&chance, sizeof chance);
    least = (int64_t)retry_after * 1000;
    most = most / 2 + chance % (most / 2 + 1);
    return most > least ? most : least;
}

/* Waits for a signal, at most so many milliseconds. */
static enum wish
listen_for(int signals, int wait)
{
    struct pollfd poller = { .fd = signals, .events = POLLIN };
    struct signalfd_siginfo info;

    if (poll(&poller, 1, wait) != 1 ||
        read(signals, &info, sizeof info) != sizeof info)
        return GO_ON;
    return info.ssi_signo == SIGHUP ? RESTART : STOP;
}

static void
start(const struct worker *worker, struct ctx *cx)
{
    struct db *db = NULL;

    umask(077);
    config_load();
    log_init(worker->name);
    metric_open(worker->name, "", "");
    secret_init();
    token_init();
    http_init();
    if (worker->open(cx, &db))
        die("%s: %s", worker->name,
            cx->cause   ? cx->cause
            : cx->fault ? cx->fault
                        : "can't start");
    if (db)
        db_set_mode(db, DB_THREADS);
}

static enum err
take_turn(const struct worker *worker, struct arena *arena, bool *ret_is_idle)
{
    struct ctx cx;
    enum err err;

    ctx_init(&cx, arena, id_new(arena));
    err = worker->turn(&cx, ret_is_idle);
    metric_turn(err ? METRIC_BROKEN : *ret_is_idle ? METRIC_IDLE : METRIC_DONE);
    if (err)
        log_event(&cx, "error", "a turn failed");
    arena_reset(arena);
    return err;
}

/* Where its time has come, or is_last: before the end. */
static void
measure(const struct worker *worker, struct arena *arena, bool is_last)
{
    static int64_t next_at;
    int64_t begun = clock_monotonic();
    struct ctx cx;

    if (begun < next_at && !is_last)
        return;
    ctx_init(&cx, arena, id_new(arena));
    if (worker->measure(&cx))
        log_event(&cx, "error", "what waits can't be counted");
    arena_reset(arena);
    next_at =
        begun + MEASURE_PAUSE + (clock_monotonic() - begun) * MEASURE_TIMES;
}

static enum wish
loop(const struct worker *worker, struct arena *arena, int signals,
     bool is_once, enum err *ret_err)
{
    enum wish wish = listen_for(signals, 0);

    while (wish == GO_ON) {
        bool is_idle = true, is_last;

        *ret_err = take_turn(worker, arena, &is_idle);
        is_last = is_once && (*ret_err || is_idle);
        measure(worker, arena, is_last);
        if (is_last)
            return STOP;
        wish = listen_for(signals, *ret_err  ? AFTER_FAILURE
                                   : is_idle ? IDLE
                                             : 0);
    }
    return wish;
}

int
worker_run(const struct worker *worker, int argc, char **argv)
{
    bool is_once = argc == 2 && !strcmp(argv[1], "--once");
    enum err err = OK;
    struct arena *arena;
    enum wish wish;
    struct ctx cx;
    int signals;

    if (argc > 1 && !is_once) {
        fprintf(stderr, "usage: %s [--once]\n", worker->name);
        return EX_USAGE;
    }
    arena = arena_create();
    signals = signals_open();
    ctx_init(&cx, arena, worker->name);
    start(worker, &cx);
    wish = loop(worker, arena, signals, is_once, &err);
    worker->close();
    arena_free(arena);
    if (wish == RESTART) {
        execvp(argv[0], argv);
        fprintf(stderr, "till: restart: %s: %s\n", argv[0], strerror(errno));
        return EX_OSERR;
    }
    return is_once && err ? EX_TEMPFAIL : EX_OK;
}
