/*
 * What a worker is: a program without a route that does what is due, turn by
 * turn. It fills one `const struct worker` and calls worker_run.
 *
 * Many workers at once are safe by leases: a turn takes a piece of work for
 * itself for worker_lease() in the store, and renews the lease with what it
 * stores. What a killed worker held is taken over when its lease has ended.
 */
#ifndef TILL_WORKER_H
#define TILL_WORKER_H

#include "base/ctx.h"
#include "io/db.h"

struct worker {
    const char *name; /* "notification-worker": in the log */

    /*
     * Once, before the first turn: opens what the process holds for life.
     * ret_db is the SQLite database, if any: its writes are kept one by one.
     */
    enum err (*open)(struct ctx *cx, struct db **ret_db);

    /*
     * Does one piece of work that is due; ret_is_idle: there was none, look
     * again later. What it returns other than OK is logged, and the next turn
     * waits a little: work that failed must have been put back by then.
     */
    enum err (*turn)(struct ctx *cx, bool *ret_is_idle);

    /*
     * Counts what waits, for metrics (metric_measured); called between turns,
     * every few seconds.
     */
    enum err (*measure)(struct ctx *cx);

    void (*close)(void);
};

/*
 * Runs the worker until SIGTERM or SIGINT, which let the turn end; with
 * --once until nothing is due (for cron). SIGHUP restarts it in place, for a
 * new binary or new settings. Returns the process's exit status.
 */
int worker_run(const struct worker *worker, int argc, char **argv);

/* WORKER_LEASE in milliseconds. */
int64_t worker_lease(void);

/*
 * Gives the turn one lease's time from now; its calls to others end by then.
 * Returns the moment as clock_now() tells it, to be stored.
 */
int64_t worker_begin_lease(struct ctx *cx, int64_t lease);

/*
 * Milliseconds to wait after `attempts` failures: exponential with jitter,
 * 2 s to 15 minutes, and no less than retry_after seconds.
 */
int64_t worker_backoff(int64_t attempts, unsigned retry_after);

#endif
