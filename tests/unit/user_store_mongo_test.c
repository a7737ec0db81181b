/* Registering in MongoDB while processes and the network fail. */
#include "unit.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/id.h"
#include "mongo_server.h"
#include "proxy.h"
#include "user/user.h"

/* The words of the three requests of a registration. */
#define CLAIM "insert", "user_emails"
#define ACCOUNT "insert", "users"
#define SETTLE "update", "user_emails"

static struct mongo_server server;
static struct proxy proxy;
static struct user_store direct; /* knows no failure */
static struct user_store store;  /* through the proxy */

static int
open_both(void **state)
{
    char uri[640];
    struct ctx *cx;
    int failed;

    unit_begin(state);
    cx = *state;
    proxy_start(&proxy, server.server);
    /* what the driver repeats by itself can't be lost */
    mongo_server_uri(server.server, proxy.address, server.database,
                     "directConnection=true&retryWrites=false", uri,
                     sizeof uri);
    failed = user_store_mongo_open(cx, server.uri, &direct) ||
             user_store_mongo_open(cx, uri, &store);
    assert_false(failed);
    return unit_end(state);
}

static int
close_both(void **state)
{
    (void)state;
    mongo_close(direct.mongo);
    mongo_close(store.mongo);
    proxy_stop(&proxy);
    return 0;
}

static struct user *
make_user(struct ctx *cx, const char *email_key)
{
    struct user *user = arena_new(cx->arena, struct user);

    user->id = id_new(cx->arena);
    user->username = user->email = user->password_hash = "text";
    user->email_key = email_key ? email_key : user->id;
    user->role = CUSTOMER;
    user->version = 1;
    return user;
}

static enum err
insert(struct ctx *cx, struct user_store *into, const struct user *user)
{
    ctx_forgive(cx);
    return into->insert(cx, into, user);
}

static bool
is_there(struct ctx *cx, const struct user *user)
{
    struct user *found;

    return direct.get(cx, &direct, user->id, &found) == OK;
}

/* Whose the address is, or NULL. */
static const char *
owner_of(struct ctx *cx, const char *email_key)
{
    struct user *found;

    return direct.find(cx, &direct, email_key, &found) ? NULL : found->id;
}

/* Whoever died left these; another one comes and registers. */
static void
expect_taken_over(struct ctx *cx, const struct user *dead)
{
    struct user *next = make_user(cx, dead->email_key);

    assert_null(owner_of(cx, dead->email_key));
    assert_int_equal(insert(cx, &direct, next), OK);
    assert_string_equal(owner_of(cx, dead->email_key), next->id);
    assert_false(is_there(cx, dead));
}

/* A registration whose server goes away in one step; then it is back. */
static enum err
insert_dying(struct ctx *cx, enum proxy_fault fault, const char *verb,
             const char *collection, const struct user *user)
{
    enum err err;

    proxy_fail(&proxy, fault, verb, collection);
    err = insert(cx, &store, user);
    proxy_set_away(&proxy, false);
    return err;
}

static void
an_address_whose_registration_died_before_its_account_can_be_registered(
    void **state)
{
    struct ctx *cx = *state;
    struct user *user = make_user(cx, NULL);

    assert_int_equal(insert_dying(cx, PROXY_DIE_BEFORE, CLAIM, user),
                     ERR_UNAVAILABLE);
    expect_taken_over(cx, user);
    user = make_user(cx, NULL);
    assert_int_equal(insert_dying(cx, PROXY_DIE_AFTER, CLAIM, user),
                     ERR_UNAVAILABLE);
    expect_taken_over(cx, user);
    user = make_user(cx, NULL);
    assert_int_equal(insert_dying(cx, PROXY_DIE_BEFORE, ACCOUNT, user),
                     ERR_UNAVAILABLE);
    expect_taken_over(cx, user);
}

static void
an_address_whose_account_was_not_settled_can_be_registered(void **state)
{
    struct ctx *cx = *state;
    struct user *user = make_user(cx, NULL);

    assert_int_equal(insert_dying(cx, PROXY_DIE_AFTER, ACCOUNT, user),
                     ERR_UNAVAILABLE);
    assert_true(is_there(cx, user));
    expect_taken_over(cx, user);
}

static void
a_server_that_dies_in_the_last_step_leaves_an_unknown_outcome(void **state)
{
    struct ctx *cx = *state;
    struct user *user = make_user(cx, NULL);

    assert_int_equal(insert_dying(cx, PROXY_DIE_BEFORE, SETTLE, user),
                     ERR_UNKNOWN_OUTCOME);
    expect_taken_over(cx, user);
    user = make_user(cx, NULL);
    assert_int_equal(insert_dying(cx, PROXY_DIE_AFTER, SETTLE, user),
                     ERR_UNKNOWN_OUTCOME);
    assert_string_equal(owner_of(cx, user->email_key), user->id);
}

/* A connection that breaks, while the server goes on. */
static void
expect_healed(struct ctx *cx, const char *verb, const char *collection)
{
    static const enum proxy_fault faults[] = { PROXY_LOSE_REQUEST,
                                               PROXY_LOSE_ANSWER };

    for (size_t i = 0; i < COUNT(faults); i++) {
        struct user *user = make_user(cx, NULL);

        proxy_fail(&proxy, faults[i], verb, collection);
        assert_int_equal(insert(cx, &store, user), OK);
        assert_string_equal(owner_of(cx, user->email_key), user->id);
        assert_int_equal(insert(cx, &store, make_user(cx, user->email_key)),
                         ERR_CONFLICT);
    }
}

static void
a_lost_request_or_answer_is_settled_by_looking_and_asking_again(void **state)
{
    struct ctx *cx = *state;

    expect_healed(cx, CLAIM);
    expect_healed(cx, ACCOUNT);
    expect_healed(cx, SETTLE);
}

static void
a_lost_count_counts_once_or_twice(void **state)
{
    struct ctx *cx = *state;
    const char *key = id_new(cx->arena);
    int64_t now = clock_now();
    struct user_failures found;

    assert_int_equal(store.count_failure(cx, &store, key, now), OK);
    proxy_fail(&proxy, PROXY_LOSE_ANSWER, "update", "user_login_failures");
    assert_int_equal(store.count_failure(cx, &store, key, now), OK);
    assert_int_equal(direct.failures(cx, &direct, key, now, &found), OK);
    assert_in_range(found.count, 2, 3);
    proxy_fail(&proxy, PROXY_LOSE_REQUEST, "delete", "user_login_failures");
    assert_int_equal(store.forget_failures(cx, &store, key), OK);
    assert_int_equal(direct.failures(cx, &direct, key, now, &found), OK);
    assert_int_equal(found.count, 0);
}

struct late {
    struct ctx *cx;
    struct user *user;
    enum err err;
};

static void *
insert_late(void *arg)
{
    struct late *late = arg;

    late->err = insert(late->cx, &store, late->user);
    return NULL;
}

/* Held before one step, while another one registers the address. */
static void
expect_too_late(struct ctx *cx, const char *verb, const char *collection)
{
    struct user *winner = make_user(cx, NULL);
    struct arena *arena = arena_create();
    struct ctx its;
    struct late late = { .cx = &its, .user = make_user(cx, winner->email_key) };
    pthread_t thread;

    ctx_init(&its, arena, "unit-test");
    proxy_fail(&proxy, PROXY_HOLD, verb, collection);
    assert_int_equal(pthread_create(&thread, NULL, insert_late, &late), 0);
    proxy_wait(&proxy);
    assert_int_equal(insert(cx, &direct, winner), OK);
    proxy_release(&proxy);
    pthread_join(thread, NULL);
    assert_int_equal(late.err, ERR_CONFLICT);
    assert_string_equal(owner_of(cx, winner->email_key), winner->id);
    assert_true(is_there(cx, winner));
    assert_false(is_there(cx, late.user));
    arena_free(arena);
}

static void
whoever_was_overtaken_is_refused_and_leaves_nothing(void **state)
{
    struct ctx *cx = *state;

    expect_too_late(cx, CLAIM);
    expect_too_late(cx, ACCOUNT);
    expect_too_late(cx, SETTLE);
}

static void
a_claim_that_is_settled_just_before_is_not_taken_over(void **state)
{
    struct ctx *cx = *state;
    struct user *slow = make_user(cx, NULL);
    struct arena *arena = arena_create();
    struct ctx its;
    struct late late = { .cx = &its, .user = make_user(cx, slow->email_key) };
    pthread_t thread;
    int64_t matched;

    ctx_init(&its, arena, "unit-test");
    assert_int_equal(insert_dying(cx, PROXY_DIE_BEFORE, SETTLE, slow),
                     ERR_UNKNOWN_OUTCOME);
    proxy_fail(&proxy, PROXY_HOLD, SETTLE); /* a take-over has its words */
    assert_int_equal(pthread_create(&thread, NULL, insert_late, &late), 0);
    proxy_wait(&proxy);
    /* so the request that was lost comes after all */
    ctx_forgive(cx);
    assert_int_equal(
        mongo_update(
            cx, direct.mongo, "user_emails",
            mongo_doc(cx, "t", "_id", slow->email_key),
            mongo_doc(cx, "d", "$set", mongo_doc(cx, "b", "settled", true)),
            &matched),
        OK);
    proxy_release(&proxy);
    pthread_join(thread, NULL);
    assert_int_equal(late.err, ERR_CONFLICT);
    assert_string_equal(owner_of(cx, slow->email_key), slow->id);
    assert_false(is_there(cx, late.user));
    arena_free(arena);
}

static void
a_server_that_is_away_is_found_out_in_three_seconds_and_found_again(
    void **state)
{
    struct ctx *cx = *state;
    struct user *user = make_user(cx, NULL), *found;

    assert_int_equal(insert(cx, &store, user), OK);
    proxy_set_away(&proxy, true);
    for (int i = 0; i < 3; i++) {
        int64_t start = clock_monotonic();
        enum err err = i == 0   ? store.get(cx, &store, user->id, &found)
                       : i == 1 ? insert(cx, &store, make_user(cx, NULL))
                                : store.count_failure(cx, &store, "a", 1);

        assert_int_equal(err, ERR_UNAVAILABLE);
        assert_true(clock_monotonic() - start < 3000);
    }
    proxy_set_away(&proxy, false);
    assert_int_equal(insert(cx, &store, make_user(cx, NULL)), OK);
    assert_int_equal(store.get(cx, &store, user->id, &found), OK);
}

static void
a_uri_that_will_not_do_is_refused_without_its_password(void **state)
{
    static const char *const bad[] = {
        "mongodb://ada:hunter2@/",
        "mongodb://ada:hunter2@127.0.0.1:99999/",
        "mongodb://ada:hunter2@127.0.0.1/?w=0",
    };
    struct ctx *cx = *state;
    struct mongo *mongo;

    for (size_t i = 0; i < COUNT(bad); i++) {
        ctx_forgive(cx);
        assert_int_equal(mongo_open(cx, bad[i], &mongo), ERR_UNAVAILABLE);
        assert_contains(cx->cause, "MongoDB URI");
        assert_null(strstr(cx->cause, "hunter2"));
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(
            an_address_whose_registration_died_before_its_account_can_be_registered),
        TEST(an_address_whose_account_was_not_settled_can_be_registered),
        TEST(a_server_that_dies_in_the_last_step_leaves_an_unknown_outcome),
        TEST(a_lost_request_or_answer_is_settled_by_looking_and_asking_again),
        TEST(a_lost_count_counts_once_or_twice),
        TEST(whoever_was_overtaken_is_refused_and_leaves_nothing),
        TEST(a_claim_that_is_settled_just_before_is_not_taken_over),
        TEST(
            a_server_that_is_away_is_found_out_in_three_seconds_and_found_again),
        TEST(a_uri_that_will_not_do_is_refused_without_its_password),
    };
    int failed;

    config_load();
    failed = mongo_server_start(&server) == 0
                 ? cmocka_run_group_tests(tests, open_both, close_both)
                 : mongo_server_skip();
    mongo_server_stop(&server);
    return failed;
}
