#include "io/lock.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

#include "base/clock.h"

/* Seconds; a batch holds the lock for milliseconds. */
enum { LOCK_PATIENCE = 5 };

int
lock_open(const char *path)
{
    char name[4096];

    snprintf(name, sizeof name, "%s.lock", path);
    return open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
}

static void
wake(int number)
{
    (void)number; /* that flock() was interrupted says enough */
}

/*
 * Makes flock() of this thread return with EINTR after LOCK_PATIENCE, and
 * then again and again, since the first may come before it waits.
 */
static bool
start_timer(timer_t *ret_timer)
{
    struct itimerspec when = {
        .it_value = { .tv_sec = LOCK_PATIENCE },
        .it_interval = { .tv_nsec = 50 * 1000 * 1000 },
    };
    struct sigevent event = {
        .sigev_notify = SIGEV_THREAD_ID,
        .sigev_signo = SIGRTMIN,
    };
    struct sigaction action = { .sa_handler = wake }; /* no SA_RESTART */

    event._sigev_un._tid = gettid();
    sigaction(SIGRTMIN, &action, NULL);
    return !timer_create(CLOCK_MONOTONIC, &event, ret_timer) &&
           !timer_settime(*ret_timer, 0, &when, NULL);
}

/* Waits its turn, which is fair; only a holder that hangs makes it give up. */
static enum err
wait_for_lock(struct ctx *cx, int lock)
{
    int64_t since = clock_monotonic();
    enum err err = OK;
    timer_t timer;

    if (!start_timer(&timer))
        return fail(cx, ERR_UNAVAILABLE, "no timer for the lock");
    while (!err && flock(lock, LOCK_EX)) {
        if (errno != EINTR)
            err = fail(cx, ERR_UNAVAILABLE, "flock: %s", strerror(errno));
        else if (clock_monotonic() - since >= LOCK_PATIENCE * 1000)
            err = fail(cx, ERR_UNAVAILABLE,
                       "the database has been locked for %d s", LOCK_PATIENCE);
    }
    timer_delete(timer);
    return err;
}

enum err
lock_take(struct ctx *cx, int lock)
{
    if (!flock(lock, LOCK_EX | LOCK_NB))
        return OK;
    if (errno != EWOULDBLOCK && errno != EINTR)
        return fail(cx, ERR_UNAVAILABLE, "flock: %s", strerror(errno));
    return wait_for_lock(cx, lock);
}

void
lock_drop(int lock)
{
    flock(lock, LOCK_UN);
}
