/*
 * Races between processes: the test's own program is run several times at
 * once, as `program race ARG ARG`, and each says by its exit status how often
 * it was the one that won.
 */
#ifndef TILL_TESTS_RACE_H
#define TILL_TESTS_RACE_H

#include <pthread.h>
#include <sys/wait.h>
#include <unistd.h>

#include "unit.h"

enum { RACE_PROCESSES = 4, RACE_THREADS = 4, RACE_OBJECTS = 20 };

/* How often all of them won. A program may win 100 times at most. */
static inline int
race(const char *one, const char *other)
{
    pid_t children[RACE_PROCESSES];
    int wins = 0;

    for (int i = 0; i < RACE_PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            execl("/proc/self/exe", "race", "race", one, other, NULL);
            _exit(127);
        }
    }
    for (int i = 0; i < RACE_PROCESSES; i++) {
        int status;

        assert_int_equal(waitpid(children[i], &status, 0), children[i]);
        assert_true(WIFEXITED(status) && WEXITSTATUS(status) <= 100);
        wins += WEXITSTATUS(status);
    }
    return wins;
}

/* In such a process: runs threads, and sums their wins. */
static inline int
race_threads(void *(*run)(void *wins))
{
    pthread_t threads[RACE_THREADS];
    int wins[RACE_THREADS] = { 0 }, sum = 0;

    for (int i = 0; i < RACE_THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run, &wins[i]), 0);
    for (int i = 0; i < RACE_THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += wins[i];
    }
    return sum;
}

#endif
