#include "unit.h"

#include <fcntl.h>
#include <pthread.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/clock.h"
#include "base/text.h"
#include "io/db.h"
#include "io/migration.h"

static char folder[] = "/tmp/till-db-XXXXXX";

static int
enter_folder(void **state)
{
    (void)state;
    return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static int
leave_folder(void **state)
{
    (void)state;
    return chdir("/") || rmdir(folder) ? -1 : 0;
}

/* What SQLite itself says, past all that is tested here. */
static void
by_hand(const char *sql)
{
    sqlite3 *sqlite;
    char *message = NULL;

    assert_int_equal(sqlite3_open("test.db", &sqlite), SQLITE_OK);
    sqlite3_busy_timeout(sqlite, 5000);
    if (sqlite3_exec(sqlite, sql, NULL, NULL, &message))
        fail_msg("%s: %s", sql, message);
    sqlite3_close(sqlite);
}

static int64_t
count_by_hand(const char *sql)
{
    sqlite3 *sqlite;
    sqlite3_stmt *stmt;
    int64_t count;

    assert_int_equal(sqlite3_open("test.db", &sqlite), SQLITE_OK);
    sqlite3_busy_timeout(sqlite, 5000);
    assert_int_equal(sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL), 0);
    assert_int_equal(sqlite3_step(stmt), SQLITE_ROW);
    count = sqlite3_column_int64(stmt, 0);
    sqlite3_finalize(stmt);
    sqlite3_close(sqlite);
    return count;
}

/* A database of the order service with two tables for these tests. */
static int
begin(void **state)
{
    int64_t applied;

    unit_begin(state);
    assert_int_equal(migrate(*state, "order", "test.db", &applied), OK);
    by_hand("CREATE TABLE items (id TEXT NOT NULL PRIMARY KEY, n INTEGER);"
            "CREATE TABLE parts (id TEXT NOT NULL PRIMARY KEY, item TEXT "
            "REFERENCES items (id) DEFERRABLE INITIALLY DEFERRED);");
    return 0;
}

static void
remove_files(void)
{
    unlink("test.db");
    unlink("test.db-wal");
    unlink("test.db-shm");
    unlink("test.db.lock");
}

static int
end(void **state)
{
    remove_files();
    return unit_end(state);
}

static struct db *
open_db(struct ctx *cx, enum db_mode mode)
{
    struct db *db = NULL;

    if (db_open(cx, "order", "test.db", &db))
        fail_msg("%s", cx->cause);
    db_set_mode(db, mode);
    return db;
}

struct item {
    const char *id;
    int64_t n;
    enum err result; /* what the work shall return in the end */
};

static enum err
insert(struct ctx *cx, struct db *db, void *arg)
{
    const struct item *item = arg;
    enum err err;

    err = db_run(cx, db, NULL, "INSERT INTO items VALUES (?, ?)", "ti",
                 item->id, item->n);
    return err ? err : item->result;
}

static enum err
insert_part(struct ctx *cx, struct db *db, void *arg)
{
    return db_run(cx, db, NULL, "INSERT INTO parts VALUES (?, ?)", "tt", arg,
                  "nothing");
}

static void
read_item(struct ctx *cx, const struct row *row, void *into)
{
    struct item *item = into;

    item->id = row_text(cx, row, 0);
    item->n = row_int(row, 1);
}

static enum err
find(struct ctx *cx, struct db *db, const char *id, struct item *item)
{
    return db_get(cx, db, read_item, item,
                  "SELECT id, n FROM items WHERE id = ?", "t", id);
}

static enum err
put(struct ctx *cx, struct db *db, const char *id, int64_t n)
{
    struct item item = { id, n, OK };

    ctx_forgive(cx);
    return db_write(cx, db, insert, &item);
}

static void
a_batch_is_seen_by_itself_at_once_and_by_others_when_committed(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);
    struct item item;

    assert_int_equal(put(cx, db, "a", 1), OK);
    assert_int_equal(put(cx, db, "b", 2), OK);
    assert_int_equal(find(cx, db, "a", &item), OK);
    assert_int_equal(item.n, 1);
    assert_int_equal(count_by_hand("SELECT count(*) FROM items"), 0);
    assert_int_equal(db_commit(cx, db), OK);
    assert_int_equal(count_by_hand("SELECT count(*) FROM items"), 2);
    assert_int_equal(db_commit(cx, db), OK); /* nothing to do */
    db_close(db);
}

static void
a_batch_reads_one_moment_and_the_next_one_what_has_changed(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);
    struct item item;

    by_hand("INSERT INTO items VALUES ('a', 1)");
    assert_int_equal(find(cx, db, "a", &item), OK);
    by_hand("UPDATE items SET n = 2");
    assert_int_equal(find(cx, db, "a", &item), OK);
    assert_int_equal(item.n, 1);
    assert_int_equal(db_commit(cx, db), OK);
    assert_int_equal(find(cx, db, "a", &item), OK);
    assert_int_equal(item.n, 2);
    db_close(db);
}

static void
who_has_read_can_write_and_sees_what_has_changed(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);
    struct item item;

    by_hand("INSERT INTO items VALUES ('a', 1)");
    assert_int_equal(find(cx, db, "a", &item), OK);
    by_hand("UPDATE items SET n = 2");
    assert_int_equal(put(cx, db, "b", 3), OK);
    assert_int_equal(find(cx, db, "a", &item), OK);
    assert_int_equal(item.n, 2);
    assert_int_equal(db_commit(cx, db), OK);
    assert_int_equal(count_by_hand("SELECT sum(n) FROM items"), 5);
    db_close(db);
}

static void
work_that_fails_is_undone_whole_and_alone(void **state)
{
    struct item bad = { "bad", 9, ERR_NOT_FOUND };
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);

    assert_int_equal(put(cx, db, "a", 1), OK);
    assert_int_equal(db_write(cx, db, insert, &bad), ERR_NOT_FOUND);
    assert_int_equal(put(cx, db, "b", 2), OK);
    assert_int_equal(db_commit(cx, db), OK);
    assert_int_equal(count_by_hand("SELECT sum(n) FROM items"), 3);
    db_close(db);
}

/* Writes one, tries another by a write inside, and returns as it shall. */
static enum err
insert_two(struct ctx *cx, struct db *db, void *arg)
{
    struct item *two = arg;
    enum err err;

    if ((err = insert(cx, db, &two[0])))
        return err;
    (void)db_write(cx, db, insert, &two[1]);
    return two[2].result;
}

static void
a_write_inside_a_write_is_undone_with_it_or_alone(void **state)
{
    struct item kept[] = { { "a", 1, OK }, { "b", 2, OK }, { 0 } };
    struct item half[] = { { "c", 4, OK }, { "d", 8, ERR_CONFLICT }, { 0 } };
    struct item none[] = { { "e", 16, OK },
                           { "f", 32, OK },
                           { .result = ERR_NOT_FOUND } };
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);

    assert_int_equal(db_write(cx, db, insert_two, kept), OK);
    assert_int_equal(db_write(cx, db, insert_two, half), OK);
    assert_int_equal(db_write(cx, db, insert_two, none), ERR_NOT_FOUND);
    assert_int_equal(db_commit(cx, db), OK);
    assert_int_equal(count_by_hand("SELECT sum(n) FROM items"), 1 + 2 + 4);
    db_close(db);
}

static void
a_key_that_exists_is_a_conflict(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);

    assert_int_equal(put(cx, db, "a", 1), OK);
    assert_int_equal(put(cx, db, "a", 2), ERR_CONFLICT);
    assert_non_null(cx->fault);
    assert_int_equal(put(cx, db, "b", 3), OK);
    assert_int_equal(db_commit(cx, db), OK);
    assert_int_equal(count_by_hand("SELECT sum(n) FROM items"), 4);
    db_close(db);
}

static void
reads_without_a_row_are_not_found(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);
    struct item item = { "as it was", 7, OK };

    assert_int_equal(find(cx, db, "none", &item), ERR_NOT_FOUND);
    assert_string_equal(item.id, "as it was");
    db_close(db);
}

static void
values_come_back_as_they_went_in(void **state)
{
    static const struct item items[] = {
        { "'; DROP TABLE items; --", INT64_MIN, OK },
        { "\"quoted\" \\ é\xf0\x9f\x98\x80", INT64_MAX, OK },
        { "", 0, OK },
    };
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);

    for (size_t i = 0; i < COUNT(items); i++) {
        struct item item;

        assert_int_equal(put(cx, db, items[i].id, items[i].n), OK);
        assert_int_equal(find(cx, db, items[i].id, &item), OK);
        assert_string_equal(item.id, items[i].id);
        assert_true(item.n == items[i].n);
    }
    assert_int_equal(db_commit(cx, db), OK);
    db_close(db);
}

static void
read_text(struct ctx *cx, const struct row *row, void *into)
{
    *(const char **)into = row_text(cx, row, 0);
}

static void
sqls_null_stays_null(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);
    const char *text = "not null";

    assert_int_equal(
        db_get(cx, db, read_text, &text, "SELECT ?", "t", (const char *)NULL),
        OK);
    assert_null(text);
    db_close(db);
}

static void
add_up(struct ctx *cx, const struct row *row, void *into)
{
    (void)cx;
    *(int64_t *)into += row_int(row, 0);
}

static void
each_row_is_given_once(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);
    int64_t sum = 0;

    for (int i = 1; i <= 10; i++)
        assert_int_equal(put(cx, db, arena_printf(cx->arena, "%d", i), i), OK);
    assert_int_equal(db_each(cx, db, add_up, &sum,
                             "SELECT n FROM items WHERE n > ?", "i",
                             (int64_t)5),
                     OK);
    assert_int_equal(sum, 6 + 7 + 8 + 9 + 10);
    assert_int_equal(db_commit(cx, db), OK);
    db_close(db);
}

static enum err
count_changed(struct ctx *cx, struct db *db, void *arg)
{
    return db_run(cx, db, arg, "UPDATE items SET n = n + 1 WHERE n >= ?", "i",
                  (int64_t)2);
}

static void
how_many_rows_were_changed_is_told(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);
    int64_t changed = -1;

    assert_int_equal(put(cx, db, "a", 1), OK);
    assert_int_equal(db_write(cx, db, count_changed, &changed), OK);
    assert_int_equal(changed, 0);
    assert_int_equal(put(cx, db, "b", 2), OK);
    assert_int_equal(put(cx, db, "c", 3), OK);
    assert_int_equal(db_write(cx, db, count_changed, &changed), OK);
    assert_int_equal(changed, 2);
    assert_int_equal(db_commit(cx, db), OK);
    db_close(db);
}

static void
a_commit_that_fails_voids_the_whole_batch_and_no_more(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);

    assert_int_equal(put(cx, db, "a", 1), OK);
    /* its item is missing, which is only found when committing */
    assert_int_equal(db_write(cx, db, insert_part, (char[]){ "p" }), OK);
    assert_int_equal(err_status(db_commit(cx, db)) / 100, 5);
    assert_int_equal(count_by_hand("SELECT count(*) FROM items"), 0);
    assert_int_equal(put(cx, db, "b", 2), OK);
    assert_int_equal(db_commit(cx, db), OK);
    assert_int_equal(count_by_hand("SELECT sum(n) FROM items"), 2);
    db_close(db);
}

/* From here on files may not grow beyond their present size. */
static void
limit_files(const char *path, rlim_t more)
{
    struct rlimit limit;
    struct stat file;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(stat(path, &file), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur =
        more == RLIM_INFINITY ? limit.rlim_max : (rlim_t)file.st_size + more;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
a_disk_that_fails_while_committing_leaves_nothing_half_done(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);
    char *large = arena_alloc(cx->arena, 20001);
    enum err err;

    memset(large, 'x', 20000);
    assert_int_equal(put(cx, db, "a", 1), OK);
    assert_int_equal(db_commit(cx, db), OK);
    limit_files("test.db-wal", 5000);
    err = put(cx, db, "b", 2);
    if (!err)
        err = put(cx, db, large, 3);
    if (!err)
        err = db_commit(cx, db);
    else
        (void)db_commit(cx, db);
    assert_true(err == ERR_UNKNOWN_OUTCOME || err == ERR_UNAVAILABLE);
    limit_files("test.db-wal", RLIM_INFINITY);
    assert_int_equal(put(cx, db, "c", 4), OK);
    assert_int_equal(db_commit(cx, db), OK);
    db_close(db);
    assert_int_equal(count_by_hand("SELECT sum(n) FROM items"), 5);
}

/* Whether another process could take the lock now. */
static bool
is_locked(void)
{
    int fd = open("test.db.lock", O_RDWR | O_CLOEXEC);
    bool is_taken = flock(fd, LOCK_EX | LOCK_NB) != 0;

    close(fd);
    return is_taken;
}

static void
the_lock_is_held_from_the_first_write_to_the_commit(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);
    struct item item;

    assert_int_equal(find(cx, db, "a", &item), ERR_NOT_FOUND);
    assert_false(is_locked());
    assert_int_equal(put(cx, db, "a", 1), OK);
    assert_true(is_locked());
    assert_int_equal(db_commit(cx, db), OK);
    assert_false(is_locked());
    assert_int_equal(db_write(cx, db, insert_part, (char[]){ "p" }), OK);
    assert_true(is_locked());
    assert_true(db_commit(cx, db) != OK);
    assert_false(is_locked());
    db_close(db);
    assert_false(is_locked());
}

static void
who_waits_too_long_for_the_lock_is_told_and_does_not_hold_it(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);
    int lock = open("test.db.lock", O_RDWR | O_CLOEXEC);

    assert_int_equal(flock(lock, LOCK_EX), 0); /* as another process would */
    assert_int_equal(put(cx, db, "a", 1), ERR_UNAVAILABLE);
    assert_contains(cx->cause, "locked");
    assert_int_equal(db_commit(cx, db), OK); /* there is nothing to commit */
    close(lock);
    assert_false(is_locked());
    assert_int_equal(put(cx, db, "b", 2), OK);
    assert_int_equal(db_commit(cx, db), OK);
    assert_int_equal(count_by_hand("SELECT sum(n) FROM items"), 2);
    db_close(db);
}

static void
one_wait_for_the_lock_is_enough_for_a_batch(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);
    int lock = open("test.db.lock", O_RDWR | O_CLOEXEC);
    int64_t began;

    assert_int_equal(flock(lock, LOCK_EX), 0);
    assert_int_equal(put(cx, db, "a", 1), ERR_UNAVAILABLE);
    began = clock_monotonic();
    for (int i = 0; i < 100; i++)
        assert_int_equal(put(cx, db, "b", i), ERR_UNAVAILABLE);
    assert_true(clock_monotonic() - began < 2000);
    close(lock);
    /* the lock is free now, but this batch has told its writers */
    assert_int_equal(put(cx, db, "c", 3), ERR_UNAVAILABLE);
    assert_int_equal(db_commit(cx, db), OK);
    assert_int_equal(put(cx, db, "d", 4), OK);
    assert_int_equal(db_commit(cx, db), OK);
    assert_int_equal(count_by_hand("SELECT sum(n) FROM items"), 4);
    db_close(db);
}

static void
write_and_be_killed(void *arg)
{
    struct ctx *cx = arg;
    struct db *db = open_db(cx, DB_BATCH);

    put(cx, db, "a", 1);
    kill(getpid(), SIGKILL);
}

static void
a_process_killed_in_a_batch_leaves_neither_its_rows_nor_the_lock(void **state)
{
    struct ctx *cx = *state;
    char said[64];
    struct db *db;

    assert_true(
        WIFSIGNALED(run_apart(write_and_be_killed, cx, said, sizeof said)));
    db = open_db(cx, DB_BATCH);
    assert_int_equal(put(cx, db, "b", 2), OK);
    assert_int_equal(db_commit(cx, db), OK);
    assert_int_equal(count_by_hand("SELECT sum(n) FROM items"), 2);
    db_close(db);
}

static void
write_without_a_transaction(void *arg)
{
    struct ctx *cx = arg;

    db_run(cx, open_db(cx, DB_BATCH), NULL, "DELETE FROM items", "");
}

static enum err
write_inside(struct ctx *cx, struct db *db, void *arg)
{
    return db_write(cx, db, insert, arg);
}

static void
write_in_a_write_by_thread(void *arg)
{
    struct item item = { "a", 1, OK };
    struct ctx *cx = arg;

    db_write(cx, open_db(cx, DB_THREADS), write_inside, &item);
}

static void
a_write_in_the_wrong_place_is_a_bug(void **state)
{
    expect_bug(write_without_a_transaction, *state, "a write outside");
    expect_bug(write_in_a_write_by_thread, *state, "a write inside a write");
}

static void
a_database_of_another_version_is_refused(void **state)
{
    static const char *const versions[] = { "PRAGMA user_version = 0",
                                            "PRAGMA user_version = 999" };
    struct ctx *cx = *state;
    struct db *db = NULL;

    for (size_t i = 0; i < COUNT(versions); i++) {
        by_hand(versions[i]);
        ctx_forgive(cx);
        assert_int_equal(db_open(cx, "order", "test.db", &db), ERR_UNAVAILABLE);
        assert_contains(cx->cause, "till migrate");
        assert_null(db);
    }
}

static void
what_cannot_be_opened_is_said(void **state)
{
    struct ctx *cx = *state;
    struct db *db = NULL;
    FILE *file;

    assert_int_equal(db_open(cx, "order", "no/such/folder.db", &db),
                     ERR_UNAVAILABLE);
    assert_contains(cx->cause, "no/such/folder.db");
    unlink("test.db");
    file = fopen("test.db", "w");
    for (int i = 0; i < 1000; i++)
        fputs("this is no database\n", file);
    fclose(file);
    ctx_forgive(cx);
    assert_true(db_open(cx, "order", "test.db", &db) != OK);
    assert_non_null(cx->cause);
    assert_null(db);
}

static void
to_close_the_last_connection_empties_the_wal(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_BATCH);

    assert_int_equal(put(cx, db, "a", 1), OK);
    assert_int_equal(db_commit(cx, db), OK);
    db_close(db);
    assert_int_equal(access("test.db-wal", F_OK), -1);
    db_close(NULL);
}

/* Threads. */

enum { THREADS = 12, TURNS = 50 };

struct turn {
    struct db *db;
    int number, failures;
};

/* Writes, reads what it wrote, and fails every fifth time on purpose. */
static void *
take_turns(void *arg)
{
    struct turn *turn = arg;
    struct arena *arena = arena_create();

    for (int i = 0; i < TURNS; i++) {
        struct item item, found;
        struct ctx cx;
        enum err err;

        ctx_init(&cx, arena, "thread");
        item.id = arena_printf(arena, "%d-%d", turn->number, i);
        item.n = 1;
        item.result = i % 5 ? OK : ERR_CONFLICT;
        err = db_write(&cx, turn->db, insert, &item);
        turn->failures += err != item.result;
        err = find(&cx, turn->db, item.id, &found);
        turn->failures += err != (i % 5 ? OK : ERR_NOT_FOUND);
        arena_reset(arena);
    }
    arena_free(arena);
    return NULL;
}

static void
many_threads_write_and_each_gets_its_own_result(void **state)
{
    struct turn turns[THREADS];
    pthread_t threads[THREADS];
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_THREADS);

    for (int i = 0; i < THREADS; i++) {
        turns[i] = (struct turn){ db, i, 0 };
        pthread_create(&threads[i], NULL, take_turns, &turns[i]);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        assert_int_equal(turns[i].failures, 0);
    }
    assert_int_equal(count_by_hand("SELECT sum(n) FROM items"),
                     THREADS * TURNS * 4 / 5);
    db_close(db);
}

static void
by_thread_a_write_is_committed_when_it_returns(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_THREADS);

    assert_int_equal(put(cx, db, "a", 1), OK);
    assert_int_equal(count_by_hand("SELECT count(*) FROM items"), 1);
    assert_false(is_locked());
    assert_int_equal(db_commit(cx, db), OK);
    db_close(db);
}

static void
by_thread_a_commit_that_fails_is_told_to_who_wrote(void **state)
{
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_THREADS);

    assert_int_equal(
        err_status(db_write(cx, db, insert_part, (char[]){ "p" })) / 100, 5);
    assert_int_equal(count_by_hand("SELECT count(*) FROM parts"), 0);
    assert_int_equal(put(cx, db, "b", 2), OK);
    db_close(db);
}

static enum err
write_then_read(struct ctx *cx, struct db *db, void *arg)
{
    struct item *item = arg, found;
    enum err err;

    if ((err = insert(cx, db, item)))
        return err;
    if ((err = find(cx, db, item->id, &found)))
        return err;
    item->n = found.n + 1;
    return OK;
}

static void
by_thread_work_reads_what_it_wrote(void **state)
{
    struct item item = { "a", 1, OK };
    struct ctx *cx = *state;
    struct db *db = open_db(cx, DB_THREADS);

    assert_int_equal(db_write(cx, db, write_then_read, &item), OK);
    assert_int_equal(item.n, 2);
    db_close(db);
}

/* Processes. */

enum { RIVALS = 4, CONTEST = 1500 /* ms */ };

/* Writes as fast as it can; its count and longest wait are its last row. */
static void
compete(void *arg)
{
    struct arena *arena = arena_create();
    int64_t begun = clock_monotonic(), count = 0, longest = 0;
    struct db *db;
    struct ctx cx;

    ctx_init(&cx, arena, "rival");
    db = open_db(&cx, DB_BATCH);
    while (clock_monotonic() - begun < CONTEST) {
        int64_t asked = clock_monotonic(), waited;

        if (put(&cx, db,
                arena_printf(arena, "%s-%lld", (char *)arg, (long long)count),
                1) ||
            db_commit(&cx, db))
            _exit(1);
        waited = clock_monotonic() - asked;
        longest = waited > longest ? waited : longest;
        count++;
    }
    if (put(&cx, db, arena_printf(arena, "longest-%s", (char *)arg), longest) ||
        put(&cx, db, arena_printf(arena, "count-%s", (char *)arg), count) ||
        db_commit(&cx, db))
        _exit(1);
    db_close(db);
    _exit(0);
}

static void
of_four_processes_that_write_none_starves(void **state)
{
    pid_t rivals[RIVALS];
    int64_t least, most;

    (void)state;
    for (int i = 0; i < RIVALS; i++) {
        char name[2] = { (char)('a' + i) };

        if ((rivals[i] = fork()) == 0)
            compete(name);
    }
    for (int i = 0; i < RIVALS; i++) {
        int status = -1;

        waitpid(rivals[i], &status, 0);
        assert_int_equal(status, 0);
    }
    least = count_by_hand("SELECT min(n) FROM items WHERE id LIKE 'count-%'");
    most = count_by_hand("SELECT max(n) FROM items WHERE id LIKE 'count-%'");
    if (least * 20 < most)
        fail_msg("one wrote %lld times, another %lld", (long long)least,
                 (long long)most);
    assert_true(
        count_by_hand("SELECT max(n) FROM items WHERE id LIKE 'longest-%'") <
        CONTEST);
    assert_int_equal(
        count_by_hand("SELECT sum(n) FROM items WHERE id LIKE 'count-%'"),
        count_by_hand("SELECT count(*) FROM items WHERE id LIKE '_-%'"));
}

/* Migrations. */

static void
migrations_are_applied_once_also_by_several_processes_at_once(void **state)
{
    struct ctx *cx = *state;
    int64_t applied = -1;
    pid_t children[RIVALS];

    assert_int_equal(migrate(cx, "order", "test.db", &applied), OK);
    assert_int_equal(applied, 0);
    remove_files();
    for (int i = 0; i < RIVALS; i++) {
        if ((children[i] = fork()) == 0)
            _exit(migrate(cx, "order", "test.db", &applied) ? 1 : 0);
    }
    for (int i = 0; i < RIVALS; i++) {
        int status = -1;

        waitpid(children[i], &status, 0);
        assert_int_equal(status, 0);
    }
    assert_int_equal(count_by_hand("PRAGMA user_version"),
                     migrations_of("order")->count);
}

static void
a_newer_database_is_left_alone(void **state)
{
    struct ctx *cx = *state;
    int64_t applied = -1;

    by_hand("PRAGMA user_version = 999");
    assert_int_equal(migrate(cx, "order", "test.db", &applied),
                     ERR_UNAVAILABLE);
    assert_contains(cx->cause, "newer");
    assert_int_equal(applied, -1);
    assert_int_equal(count_by_hand("PRAGMA user_version"), 999);
}

static void
a_migration_that_fails_leaves_the_version_as_it_was(void **state)
{
    struct ctx *cx = *state;
    int64_t applied = -1;

    by_hand("PRAGMA user_version = 0"); /* the table exists already */
    assert_true(migrate(cx, "order", "test.db", &applied) != OK);
    assert_contains(cx->cause, "orders already exists");
    assert_int_equal(count_by_hand("PRAGMA user_version"), 0);
    assert_false(is_locked());
}

static void
a_file_is_for_its_owner_alone(void **state)
{
    struct stat file;

    (void)state;
    assert_int_equal(stat("test.db.lock", &file), 0);
    assert_int_equal(file.st_mode & 077, 0);
}

#define DB_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        DB_TEST(a_batch_is_seen_by_itself_at_once_and_by_others_when_committed),
        DB_TEST(a_batch_reads_one_moment_and_the_next_one_what_has_changed),
        DB_TEST(who_has_read_can_write_and_sees_what_has_changed),
        DB_TEST(work_that_fails_is_undone_whole_and_alone),
        DB_TEST(a_write_inside_a_write_is_undone_with_it_or_alone),
        DB_TEST(a_key_that_exists_is_a_conflict),
        DB_TEST(reads_without_a_row_are_not_found),
        DB_TEST(values_come_back_as_they_went_in),
        DB_TEST(sqls_null_stays_null),
        DB_TEST(each_row_is_given_once),
        DB_TEST(how_many_rows_were_changed_is_told),
        DB_TEST(a_commit_that_fails_voids_the_whole_batch_and_no_more),
        DB_TEST(a_disk_that_fails_while_committing_leaves_nothing_half_done),
        DB_TEST(the_lock_is_held_from_the_first_write_to_the_commit),
        DB_TEST(who_waits_too_long_for_the_lock_is_told_and_does_not_hold_it),
        DB_TEST(one_wait_for_the_lock_is_enough_for_a_batch),
        DB_TEST(
            a_process_killed_in_a_batch_leaves_neither_its_rows_nor_the_lock),
        DB_TEST(a_write_in_the_wrong_place_is_a_bug),
        DB_TEST(a_database_of_another_version_is_refused),
        DB_TEST(what_cannot_be_opened_is_said),
        DB_TEST(to_close_the_last_connection_empties_the_wal),
        DB_TEST(many_threads_write_and_each_gets_its_own_result),
        DB_TEST(by_thread_a_write_is_committed_when_it_returns),
        DB_TEST(by_thread_a_commit_that_fails_is_told_to_who_wrote),
        DB_TEST(by_thread_work_reads_what_it_wrote),
        DB_TEST(of_four_processes_that_write_none_starves),
        DB_TEST(migrations_are_applied_once_also_by_several_processes_at_once),
        DB_TEST(a_newer_database_is_left_alone),
        DB_TEST(a_migration_that_fails_leaves_the_version_as_it_was),
        DB_TEST(a_file_is_for_its_owner_alone),
    };

    return cmocka_run_group_tests_name("db", tests, enter_folder, leave_folder);
}
