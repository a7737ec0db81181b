/* What user_store.h promises, asked of each home that accounts can have. */
#include "base/clock.h"
#include "base/id.h"
#include "homes.h"
#include "user/user.h"

/* Of ADDRESSES a process may win all races, and tells so in its exit status. */
enum { THREADS = 16, ADDRESSES = 5 };

static struct user_store store;

static enum err
open_sqlite(struct ctx *cx, const char *path)
{
    enum err err = user_store_sqlite_open(cx, path, &store);

    if (!err)
        db_set_mode(store.db, DB_THREADS);
    return err;
}

static enum err
open_mongo(struct ctx *cx, const char *uri)
{
    return user_store_mongo_open(cx, uri, &store);
}

static void
close_store(void)
{
    db_close(store.db);
    mongo_close(store.mongo);
}

/* An account with an address of its own. */
static struct user *
make_user(struct ctx *cx)
{
    static int number;
    struct user *user = arena_new(cx->arena, struct user);

    user->id = id_new(cx->arena);
    user->username = "Ada";
    user->email = arena_printf(cx->arena, "Ada%d@Example.com", ++number);
    user->email_key = arena_printf(cx->arena, "ada%d@example.com", number);
    user->password_hash = "$argon2id$v=19$m=19456,t=2,p=1$salt$hash";
    user->role = CUSTOMER;
    user->version = 1;
    user->created_at = user->updated_at = 1700000000123;
    return user;
}

static void
assert_same(const struct user *one, const struct user *other)
{
    assert_string_equal(one->id, other->id);
    assert_string_equal(one->username, other->username);
    assert_string_equal(one->email, other->email);
    assert_string_equal(one->email_key, other->email_key);
    assert_string_equal(one->password_hash, other->password_hash);
    assert_int_equal(one->role, other->role);
    assert_int_equal(one->version, other->version);
    assert_int_equal(one->created_at, other->created_at);
    assert_int_equal(one->updated_at, other->updated_at);
}

static void
an_account_is_found_by_id_and_by_address_with_all_it_has(void **state)
{
    struct ctx *cx = *state;
    struct user *user = make_user(cx), *found;

    user->role = ADMIN;
    user->version = 7;
    user->updated_at++;
    assert_int_equal(store.insert(cx, &store, user), OK);
    assert_int_equal(store.get(cx, &store, user->id, &found), OK);
    assert_same(found, user);
    assert_int_equal(store.find(cx, &store, user->email_key, &found), OK);
    assert_same(found, user);
}

static void
what_is_not_there_is_not_found(void **state)
{
    static const char *const strange[] = {
        "",  "$ne",         "$where",          "{\"$gt\":\"\"}",   "a.b",
        "%", "' OR '1'='1", "ada@example.com", "\xf0\x9f\x92\xb8",
    };
    struct ctx *cx = *state;
    struct user *found;

    assert_int_equal(store.insert(cx, &store, make_user(cx)), OK);
    for (size_t i = 0; i < COUNT(strange); i++) {
        assert_int_equal(store.get(cx, &store, strange[i], &found),
                         ERR_NOT_FOUND);
        assert_int_equal(store.find(cx, &store, strange[i], &found),
                         ERR_NOT_FOUND);
    }
}

static void
hostile_texts_are_kept_as_they_are(void **state)
{
    static const char *const hostile[] = {
        "$where",
        "{$ne: null}",
        "a.b.$[]",
        "'); DROP TABLE users; --",
        "\xf0\x9f\x92\xb8 \xe2\x80\xae"
        "abc",
        "\"\\",
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(hostile); i++) {
        struct user *user = make_user(cx), *found;

        user->username = user->password_hash = hostile[i];
        assert_int_equal(store.insert(cx, &store, user), OK);
        assert_int_equal(store.get(cx, &store, user->id, &found), OK);
        assert_same(found, user);
    }
}

static void
accounts_are_found_by_a_part_of_their_address_or_name_the_newest_first(
    void **state)
{
    static const char *const strange[] = { ".*",    "%",  "_",   "$",
                                           "[a-z]", "\\", "A.a", "no such" };
    struct ctx *cx = *state;
    struct user *first = make_user(cx), *second = make_user(cx);
    struct user_page page;

    /* made in one millisecond they would sort by chance */
    first->id = "01890a5d-ac96-774b-bcce-000000000001";
    second->id = "01890a5d-ac96-774b-bcce-000000000002";
    first->username = "Grace (H.)";
    assert_int_equal(store.insert(cx, &store, first), OK);
    assert_int_equal(store.insert(cx, &store, second), OK);
    assert_int_equal(store.search(cx, &store, "", 10, &page), OK);
    assert_int_equal(page.count, 2);
    assert_same(&page.users[0], second);
    assert_same(&page.users[1], first);
    assert_int_equal(store.search(cx, &store, "", 1, &page), OK);
    assert_int_equal(page.count, 1);
    assert_int_equal(store.search(cx, &store, "RACE (h.)", 10, &page), OK);
    assert_int_equal(page.count, 1);
    assert_string_equal(page.users[0].id, first->id);
    assert_int_equal(store.search(cx, &store, second->email_key, 10, &page),
                     OK);
    assert_int_equal(page.count, 1);
    assert_string_equal(page.users[0].id, second->id);
    for (size_t i = 0; i < COUNT(strange); i++) {
        assert_int_equal(store.search(cx, &store, strange[i], 10, &page), OK);
        assert_int_equal(page.count, 0);
    }
}

static void
a_second_account_of_an_address_is_refused(void **state)
{
    struct ctx *cx = *state;
    struct user *first = make_user(cx), *second = make_user(cx), *found;

    second->email_key = first->email_key;
    assert_int_equal(store.insert(cx, &store, first), OK);
    assert_int_equal(store.insert(cx, &store, second), ERR_CONFLICT);
    assert_int_equal(store.find(cx, &store, first->email_key, &found), OK);
    assert_same(found, first);
    assert_int_equal(store.get(cx, &store, second->id, &found), ERR_NOT_FOUND);
}

static void
a_change_of_the_version_that_was_read_is_kept(void **state)
{
    struct ctx *cx = *state;
    struct user *user = make_user(cx), *found;

    assert_int_equal(store.insert(cx, &store, user), OK);
    user->role = ADMIN;
    user->password_hash = "another";
    user->updated_at = 1800000000456;
    assert_int_equal(store.update(cx, &store, user), OK);
    user->version++;
    assert_int_equal(store.get(cx, &store, user->id, &found), OK);
    assert_same(found, user);
}

static void
a_change_of_a_version_that_is_gone_is_refused(void **state)
{
    struct ctx *cx = *state;
    struct user *user = make_user(cx), *stranger = make_user(cx), *found;

    assert_int_equal(store.insert(cx, &store, user), OK);
    assert_int_equal(store.update(cx, &store, user), OK);
    user->role = ADMIN;
    assert_int_equal(store.update(cx, &store, user), ERR_CONFLICT);
    assert_int_equal(store.get(cx, &store, user->id, &found), OK);
    assert_int_equal(found->role, CUSTOMER);
    assert_int_equal(store.update(cx, &store, stranger), ERR_CONFLICT);
}

static enum err
fail_once(struct ctx *cx, const char *key, int64_t now)
{
    ctx_forgive(cx);
    return store.count_failure(cx, &store, key, now);
}

static void
expect_failures(struct ctx *cx, const char *key, int64_t now, int64_t wanted,
                int64_t until)
{
    struct user_failures found = { 77, 77 };

    assert_int_equal(store.failures(cx, &store, key, now, &found), OK);
    assert_int_equal(found.count, wanted);
    assert_int_equal(found.until, until);
}

static void
failures_count_up_to_ten_until_their_window_ends(void **state)
{
    struct ctx *cx = *state;
    const char *key = make_user(cx)->email_key, *other = make_user(cx)->email;
    int64_t now = clock_now(), end = now + USER_FAILURES_WINDOW;

    expect_failures(cx, key, now, 0, 0);
    for (int i = 0; i < USER_FAILURES_MAX; i++) {
        assert_int_equal(fail_once(cx, key, now + i), OK);
        expect_failures(cx, key, now + i, i + 1, end);
    }
    assert_int_equal(fail_once(cx, key, now + 20), ERR_TOO_MANY);
    assert_int_equal(fail_once(cx, key, end - 1), ERR_TOO_MANY);
    expect_failures(cx, key, end - 1, USER_FAILURES_MAX, end);
    assert_int_equal(fail_once(cx, other, now), OK);
    /* a new window, as long as the first */
    expect_failures(cx, key, end, 0, 0);
    for (int i = 0; i < USER_FAILURES_MAX; i++)
        assert_int_equal(fail_once(cx, key, end + i), OK);
    assert_int_equal(fail_once(cx, key, end + 20), ERR_TOO_MANY);
    expect_failures(cx, key, end + 20, USER_FAILURES_MAX,
                    end + USER_FAILURES_WINDOW);
}

static void
failures_are_forgotten_unless_there_are_ten(void **state)
{
    struct ctx *cx = *state;
    const char *key = make_user(cx)->email_key;
    int64_t now = clock_now(), end = now + USER_FAILURES_WINDOW;

    assert_int_equal(store.forget_failures(cx, &store, key), OK);
    for (int i = 0; i < USER_FAILURES_MAX - 1; i++)
        assert_int_equal(fail_once(cx, key, now), OK);
    assert_int_equal(store.forget_failures(cx, &store, key), OK);
    expect_failures(cx, key, now, 0, 0);
    for (int i = 0; i < USER_FAILURES_MAX; i++)
        assert_int_equal(fail_once(cx, key, now), OK);
    assert_int_equal(store.forget_failures(cx, &store, key), OK);
    expect_failures(cx, key, now, USER_FAILURES_MAX, end);
}

/* Each thread does the same once, all of them at once. */
struct racer {
    struct ctx cx;
    struct user user;
    enum err (*act)(struct racer *racer);
    pthread_barrier_t *barrier;
    enum err err;
};

static void *
race_one(void *arg)
{
    struct racer *racer = arg;

    pthread_barrier_wait(racer->barrier);
    racer->err = racer->act(racer);
    return NULL;
}

/* How many of the threads came back with each err. */
static void
race(struct racer *racers, const struct user *user,
     enum err (*act)(struct racer *), int *ret_counts)
{
    pthread_t threads[THREADS];
    pthread_barrier_t barrier;

    memset(ret_counts, 0, sizeof *ret_counts * (ERR_UNKNOWN_OUTCOME + 1));
    pthread_barrier_init(&barrier, NULL, THREADS);
    for (int i = 0; i < THREADS; i++) {
        racers[i] = (struct racer){ .act = act, .barrier = &barrier };
        ctx_init(&racers[i].cx, arena_create(), "unit-test");
        racers[i].user = *user;
        assert_int_equal(
            pthread_create(&threads[i], NULL, race_one, &racers[i]), 0);
    }
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        ret_counts[racers[i].err]++;
    }
    pthread_barrier_destroy(&barrier);
}

static void
end_race(struct racer *racers)
{
    for (int i = 0; i < THREADS; i++)
        arena_free(racers[i].cx.arena);
}

static enum err
register_one(struct racer *racer)
{
    racer->user.id = id_new(racer->cx.arena);
    return store.insert(&racer->cx, &store, &racer->user);
}

static void
of_many_who_register_an_address_at_once_one_wins(void **state)
{
    struct racer racers[THREADS];
    int counts[ERR_UNKNOWN_OUTCOME + 1];
    struct ctx *cx = *state;

    for (int round = 0; round < 20; round++) {
        struct user *user = make_user(cx), *found, *by_id;

        race(racers, user, register_one, counts);
        assert_int_equal(counts[OK], 1);
        assert_int_equal(counts[ERR_CONFLICT], THREADS - 1);
        assert_int_equal(store.find(cx, &store, user->email_key, &found), OK);
        for (int i = 0; i < THREADS; i++) {
            enum err err = store.get(cx, &store, racers[i].user.id, &by_id);

            /* no loser leaves anything behind */
            assert_int_equal(err, racers[i].err ? ERR_NOT_FOUND : OK);
            if (!err)
                assert_string_equal(found->id, by_id->id);
        }
        end_race(racers);
    }
}

static enum err
change_one(struct racer *racer)
{
    racer->user.role = ADMIN;
    return store.update(&racer->cx, &store, &racer->user);
}

static void
of_many_who_change_a_version_at_once_one_wins(void **state)
{
    struct racer racers[THREADS];
    int counts[ERR_UNKNOWN_OUTCOME + 1];
    struct ctx *cx = *state;
    struct user *user = make_user(cx), *found;

    assert_int_equal(store.insert(cx, &store, user), OK);
    race(racers, user, change_one, counts);
    end_race(racers);
    assert_int_equal(counts[OK], 1);
    assert_int_equal(counts[ERR_CONFLICT], THREADS - 1);
    assert_int_equal(store.get(cx, &store, user->id, &found), OK);
    assert_int_equal(found->version, 2);
}

static enum err
count_one(struct racer *racer)
{
    return store.count_failure(&racer->cx, &store, racer->user.email_key,
                               clock_now());
}

static void
of_many_failures_at_once_ten_are_counted(void **state)
{
    struct racer racers[THREADS];
    int counts[ERR_UNKNOWN_OUTCOME + 1];
    struct ctx *cx = *state;

    for (int round = 0; round < 10; round++) {
        race(racers, make_user(cx), count_one, counts);
        end_race(racers);
        assert_int_equal(counts[OK], USER_FAILURES_MAX);
        assert_int_equal(counts[ERR_TOO_MANY], THREADS - USER_FAILURES_MAX);
    }
}

static struct user *
racing_user(struct ctx *cx, const char *id, int number)
{
    struct user *user = make_user(cx);

    user->id = id;
    user->email_key = arena_printf(cx->arena, "race%d@example.com", number);
    return user;
}

static const char *
race_id(struct ctx *cx, int i)
{
    return arena_printf(cx->arena, "account %d", i);
}

/* Registers an address, changes an account, and fails to log in. */
static int
try_all(struct ctx *cx, int i)
{
    struct user *fresh = racing_user(cx, id_new(cx->arena), i), *found;
    struct user *old = racing_user(cx, race_id(cx, i), ADDRESSES + i);
    enum err err;
    int wins = 0;

    err = store.insert(cx, &store, fresh);
    assert_true(err == OK || err == ERR_CONFLICT);
    wins += err == OK;
    ctx_forgive(cx);
    /* no loser leaves anything behind */
    assert_int_equal(store.get(cx, &store, fresh->id, &found),
                     err ? ERR_NOT_FOUND : OK);
    ctx_forgive(cx);
    err = store.update(cx, &store, old);
    assert_true(err == OK || err == ERR_CONFLICT);
    wins += err == OK;
    ctx_forgive(cx);
    err = store.count_failure(cx, &store, old->email_key, 1000);
    assert_true(err == OK || err == ERR_TOO_MANY);
    return wins + (err == OK);
}

static void *
try_everything(void *wins)
{
    struct arena *arena = arena_create();
    struct ctx cx;

    for (int i = 0; i < ADDRESSES; i++) {
        ctx_init(&cx, arena, "race");
        *(int *)wins += try_all(&cx, i);
    }
    arena_free(arena);
    return NULL;
}

static void
of_many_processes_at_once_one_registers_one_changes_and_ten_fail(void **state)
{
    struct ctx *cx = *state;
    struct user_failures failures;
    struct user *found;

    for (int i = 0; i < ADDRESSES; i++)
        assert_int_equal(
            store.insert(cx, &store,
                         racing_user(cx, race_id(cx, i), ADDRESSES + i)),
            OK);
    assert_int_equal(homes_race(), ADDRESSES * (2 + USER_FAILURES_MAX));
    for (int i = 0; i < ADDRESSES; i++) {
        struct user *user = racing_user(cx, race_id(cx, i), ADDRESSES + i);

        assert_int_equal(store.get(cx, &store, user->id, &found), OK);
        assert_int_equal(found->version, 2);
        assert_int_equal(
            store.failures(cx, &store, user->email_key, 1001, &failures), OK);
        assert_int_equal(failures.count, USER_FAILURES_MAX);
        user = racing_user(cx, "", i);
        assert_int_equal(store.find(cx, &store, user->email_key, &found), OK);
    }
}

static const struct contract contract = {
    .service = "user",
    .collections = user_collections,
    .open_sqlite = open_sqlite,
    .open_mongo = open_mongo,
    .close = close_store,
    .race = try_everything,
};

int
main(int count, char **words)
{
    static const struct CMUnitTest tests[] = {
        HOME_TEST(an_account_is_found_by_id_and_by_address_with_all_it_has),
        HOME_TEST(what_is_not_there_is_not_found),
        HOME_TEST(hostile_texts_are_kept_as_they_are),
        HOME_TEST(
            accounts_are_found_by_a_part_of_their_address_or_name_the_newest_first),
        HOME_TEST(a_second_account_of_an_address_is_refused),
        HOME_TEST(a_change_of_the_version_that_was_read_is_kept),
        HOME_TEST(a_change_of_a_version_that_is_gone_is_refused),
        HOME_TEST(failures_count_up_to_ten_until_their_window_ends),
        HOME_TEST(failures_are_forgotten_unless_there_are_ten),
        HOME_TEST(of_many_who_register_an_address_at_once_one_wins),
        HOME_TEST(of_many_who_change_a_version_at_once_one_wins),
        HOME_TEST(of_many_failures_at_once_ten_are_counted),
        HOME_TEST(
            of_many_processes_at_once_one_registers_one_changes_and_ten_fail),
    };
    int failed;

    homes_start(count, words);
    failed = homes_run(false, tests);
    failed += homes_have_mongo() ? homes_run(true, tests) : mongo_server_skip();
    return failed + homes_stop();
}
