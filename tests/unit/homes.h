/*
 * Contract tests: what a store's header promises, asked of both its homes. Each
 * test has a store of its own: a SQLite file, or a database in MongoDB. Where
 * no MongoDB can be had, that half counts as one test that was skipped.
 *
 * A test file fills `contract`, writes HOME_TEST(...), and has homes_main run
 * them. A race is the contract's `race`, run by threads of several processes:
 * the test's own program, as `program race HOME PLACE`.
 */
#ifndef TILL_TESTS_HOMES_H
#define TILL_TESTS_HOMES_H

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "base/config.h"
#include "io/migration.h"
#include "io/mongo_schema.h"
#include "mongo_server.h"
#include "unit.h"

enum { RACE_PROCESSES = 4, RACE_THREADS = 4, RACE_OBJECTS = 20 };

static const struct contract {
    const char *service; /* whose migrations SQLite needs */
    const struct mongo_collection *collections;
    enum err (*open_sqlite)(struct ctx *cx, const char *path);
    enum err (*open_mongo)(struct ctx *cx, const char *uri);
    void (*close)(void);
    /* Tries to win RACE_OBJECTS races, and counts in the int those it won. */
    void *(*race)(void *wins);
} contract;

static char homes_folder[] = "/tmp/till-homes-XXXXXX";
static char homes_file[64];
static struct mongo_server homes_server;
static bool homes_is_mongo; /* the home that is being tested */

static inline enum err
homes_open(struct ctx *cx, const char *place)
{
    return homes_is_mongo ? contract.open_mongo(cx, place)
                          : contract.open_sqlite(cx, place);
}

static inline const char *
homes_place(void)
{
    return homes_is_mongo ? homes_server.uri : homes_file;
}

static inline int
homes_begin(void **state)
{
    int64_t applied;
    struct ctx *cx;

    unit_begin(state);
    cx = *state;
    if (!homes_is_mongo) {
        assert_int_equal(migrate(cx, contract.service, homes_file, &applied),
                         OK);
    } else {
        mongo_server_renew(&homes_server);
        for (int i = 0; i < 2; i++) /* it may be repeated */
            assert_int_equal(
                mongo_migrate(cx, homes_server.uri, contract.collections), OK);
    }
    assert_int_equal(homes_open(cx, homes_place()), OK);
    return 0;
}

static inline int
homes_end(void **state)
{
    static const char *const names[] = { "", ".lock", "-wal", "-shm" };

    contract.close();
    if (homes_is_mongo)
        mongo_server_drop(&homes_server);
    for (size_t i = 0; i < COUNT(names) && !homes_is_mongo; i++) {
        char name[80];

        snprintf(name, sizeof name, "%s%s", homes_file, names[i]);
        unlink(name);
    }
    return unit_end(state);
}

/* How often all threads of all processes have won. */
static inline int
homes_race(void)
{
    pid_t children[RACE_PROCESSES];
    int wins = 0;

    for (int i = 0; i < RACE_PROCESSES; i++) {
        children[i] = fork();
        assert_true(children[i] >= 0);
        if (children[i] == 0) {
            execl("/proc/self/exe", "race", "race",
                  homes_is_mongo ? "mongo" : "sqlite", homes_place(), NULL);
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

/* One of those processes; returns how often it won, or 127. */
static inline int
homes_run_race(const char *home, const char *place)
{
    struct arena *arena = arena_create();
    pthread_t threads[RACE_THREADS];
    int wins[RACE_THREADS] = { 0 }, sum = 0;
    struct ctx cx;

    ctx_init(&cx, arena, "race");
    homes_is_mongo = !strcmp(home, "mongo");
    if (homes_open(&cx, place))
        return 127;
    for (int i = 0; i < RACE_THREADS; i++)
        if (pthread_create(&threads[i], NULL, contract.race, &wins[i]))
            return 127;
    for (int i = 0; i < RACE_THREADS; i++) {
        pthread_join(threads[i], NULL);
        sum += wins[i];
    }
    contract.close();
    arena_free(arena);
    return sum;
}

#define HOME_TEST(test)                                                        \
    cmocka_unit_test_setup_teardown(test, homes_begin, homes_end)

/* In main: a process of a race ends here. Else everything is ready. */
#define homes_start(count, words)                                              \
    do {                                                                       \
        config_load();                                                         \
        if ((count) == 4 && !strcmp((words)[1], "race"))                       \
            return homes_run_race((words)[2], (words)[3]);                     \
        if (!mkdtemp(homes_folder))                                            \
            return 1;                                                          \
        snprintf(homes_file, sizeof homes_file, "%s/test.db", homes_folder);   \
    } while (0)

/* Runs a group in one home. */
#define homes_run(is_mongo, tests)                                             \
    (homes_is_mongo = (is_mongo),                                              \
     cmocka_run_group_tests_name((is_mongo) ? "in MongoDB" : "in SQLite",      \
                                 tests, NULL, NULL))

static inline bool
homes_have_mongo(void)
{
    return mongo_server_start(&homes_server) == 0;
}

static inline int
homes_stop(void)
{
    mongo_server_stop(&homes_server);
    return !!rmdir(homes_folder);
}

#endif
