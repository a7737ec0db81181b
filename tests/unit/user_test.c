/* The rules of accounts, on SQLite. */
#include "scratch.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "io/secret.h"
#include "io/token.h"
#include "user/user.h"
#include "user/user_email.h"
#include "user/user_password.h"

#define PASSWORD "correct horse"

/* PASSWORD at a cost that nobody would choose today. */
#define CHEAP_HASH                                                             \
    "$argon2id$v=19$m=8,t=1,p=1$uS80tfuaUaaaTfihYdp00A$"                       \
    "KlCg5KYn/GspspH10SC1Nv/axABdnCGsMxok/CCJycI"

static struct user_store store;

static int
open_store(void **state)
{
    struct ctx *cx;

    unit_begin(state);
    cx = *state;
    assert_int_equal(user_store_sqlite_open(cx, scratch_begin("user"), &store),
                     OK);
    db_set_mode(store.db, DB_THREADS);
    return unit_end(state);
}

static int
close_store(void **state)
{
    (void)state;
    db_close(store.db);
    return scratch_end();
}

static void
one_plain_address_is_taken(void **state)
{
    static const char *const good[] = {
        "a@b.co",
        "Ada.Lovelace+till@Example.COM",
        "!#$%&'*+-/=?^_`{|}~@example.com",
        "1@2.x3",
        "x@xn--bcher-kva.example",
        "1234567890123456789012345678901234567890123456789012345678901234"
        "@a.b",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(good); i++) {
        if (!user_email_is_valid(good[i]))
            fail_msg("\"%s\" is refused", good[i]);
    }
}

static void
anything_else_is_no_address(void **state)
{
    static const char *const bad[] = {
        "",
        "@",
        "a",
        "a@",
        "@b.co",
        "a@b",
        "a@@b.co",
        "a@b@c.co",
        "a b@c.co",
        " a@b.co",
        "a@b.co ",
        "a@b.co\n",
        "a@b.co\r\nBcc: c@d.co",
        ".a@b.co",
        "a.@b.co",
        "a..b@c.co",
        "a@.b.co",
        "a@b..co",
        "a@b.co.",
        "a@-b.co",
        "a@b-.co",
        "a@b_c.co",
        "a@10.0.0.1",
        "a@[10.0.0.1]",
        "\"a\"@b.co",
        "a(x)@b.co",
        "Ada <a@b.co>",
        "<a@b.co>",
        "a@b.co,c@d.co",
        "a,b@c.co",
        "a;b@c.co",
        "a:b@c.co",
        "a\\b@c.co",
        "\xc3\xa4@b.co",
        "a@b\xc3\xa4.co",
        "\xf0\x9f\x92\xb8@b.co",
        "a\x7f@b.co",
        "12345678901234567890123456789012345678901234567890123456789012345"
        "@a.b",
        "a@1234567890123456789012345678901234567890123456789012345678901234"
        ".co",
    };

    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        if (user_email_is_valid(bad[i]))
            fail_msg("\"%s\" is taken for an address", bad[i]);
    }
}

static void
an_address_may_have_254_characters_and_no_more(void **state)
{
    char address[USER_EMAIL_MAX + 2] = "a@";

    (void)state;
    for (size_t i = 2; i < sizeof address - 1; i++)
        address[i] = i % 60 == 0 ? '.' : 'b';
    assert_false(user_email_is_valid(address));
    address[USER_EMAIL_MAX] = '\0';
    assert_true(user_email_is_valid(address));
}

static void
capitals_do_not_tell_addresses_apart_and_nothing_else_is_changed(void **state)
{
    struct ctx *cx = *state;

    assert_string_equal(user_email_key(cx, "A.B+Till@Example.COM"),
                        "a.b+till@example.com");
    assert_string_equal(user_email_key(cx, "@[`{\xc3\x84"), "@[`{\xc3\x84");
}

static void
a_password_that_everybody_tries_first_is_refused(void **state)
{
    static const char *const bad[] = {
        "password",          "PassWord1",   "12345678",    "qwertyuiop",
        "iloveyou",          "adalovelace", "AdaLovelace", "ada.l@example.com",
        "ADA.L@EXAMPLE.com", "long.name", /* of the address */
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(bad); i++) {
        const char *email =
            i < COUNT(bad) - 1 ? "ada.l@example.com" : "long.name@example.com";

        ctx_forgive(cx);
        if (!user_password_check(cx, bad[i], "AdaLovelace", email))
            fail_msg("\"%s\" is taken", bad[i]);
        assert_non_null(detail_at(cx, "/password"));
    }
}

static void
any_other_password_is_taken(void **state)
{
    static const char *const good[] = {
        PASSWORD,       "password of mine", "12345679",
        "adalovelace2", "example.com",      "\xf0\x9f\x92\xb8\xf0\x9f\x92\xb8",
        "$where: 1",
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(good); i++)
        assert_int_equal(user_password_check(cx, good[i], "AdaLovelace",
                                             "ada.l@example.com"),
                         OK);
}

static struct user *
register_user(struct ctx *cx, const char *email)
{
    struct user_draft draft = { "Ada", email, PASSWORD };
    struct user *user = NULL;

    assert_int_equal(user_register(cx, &store, &draft, &user), OK);
    return user;
}

static enum err
log_in(struct ctx *cx, const char *email, const char *password,
       struct user_session *ret_session)
{
    struct user_credentials credentials = { email, password };

    ctx_forgive(cx);
    return user_log_in(cx, &store, &credentials, ret_session);
}

static void
a_new_account_is_a_customers_and_keeps_no_password(void **state)
{
    struct ctx *cx = *state;
    struct user *user = register_user(cx, "New@Example.com"), *found;

    assert_int_equal(user->role, CUSTOMER);
    assert_int_equal(user->version, 1);
    assert_string_equal(user->email, "New@Example.com");
    assert_int_equal(user_find(cx, &store, "nEW@example.com", &found), OK);
    assert_string_equal(found->id, user->id);
    assert_int_equal(strncmp(found->password_hash, "$argon2id$", 10), 0);
    assert_null(strstr(found->password_hash, PASSWORD));
}

static void
a_token_names_its_user_role_and_end(void **state)
{
    struct ctx *cx = *state;
    struct user *user = register_user(cx, "token@example.com");
    struct user_session session;
    struct caller caller;
    int64_t expires;

    assert_int_equal(log_in(cx, "TOKEN@example.com", PASSWORD, &session), OK);
    assert_string_equal(session.user_id, user->id);
    assert_int_equal(session.expires_in, 3600);
    assert_int_equal(token_check(cx, session.token, &caller, &expires), OK);
    assert_string_equal(caller.id, user->id);
    assert_int_equal(caller.role, CUSTOMER);
    assert_in_range(expires - clock_now(), 3590 * 1000, 3600 * 1000);
    assert_int_equal(
        user_set_role(cx, &store, "Token@Example.com", ADMIN, &user), OK);
    assert_int_equal(log_in(cx, "token@example.com", PASSWORD, &session), OK);
    assert_int_equal(token_check(cx, session.token, &caller, &expires), OK);
    assert_int_equal(caller.role, ADMIN);
}

static void
a_hash_of_a_former_cost_is_renewed_by_a_login(void **state)
{
    struct ctx *cx = *state;
    struct user *user = register_user(cx, "old@example.com"), *found;
    struct user_session session;

    user->password_hash = CHEAP_HASH;
    assert_int_equal(store.update(cx, &store, user), OK);
    assert_int_equal(log_in(cx, "old@example.com", "wrong horse", &session),
                     ERR_UNAUTHENTICATED);
    assert_int_equal(store.get(cx, &store, user->id, &found), OK);
    assert_string_equal(found->password_hash, CHEAP_HASH);
    assert_int_equal(log_in(cx, "old@example.com", PASSWORD, &session), OK);
    assert_int_equal(store.get(cx, &store, user->id, &found), OK);
    assert_contains(found->password_hash, "$m=19456,t=2,p=1$");
    assert_int_equal(log_in(cx, "old@example.com", PASSWORD, &session), OK);
}

static void
ten_failures_lock_an_address_and_nothing_tells_if_it_has_an_account(
    void **state)
{
    static const char *const addresses[] = { "known@example.com",
                                             "unknown@example.com" };
    struct ctx *cx = *state;
    struct user_session session;
    const char *faults[COUNT(addresses)];

    register_user(cx, "known@example.com");
    for (size_t i = 0; i < COUNT(addresses); i++) {
        for (int j = 0; j < 10; j++)
            assert_int_equal(log_in(cx, addresses[i], "wrong horse", &session),
                             ERR_UNAUTHENTICATED);
        assert_int_equal(log_in(cx, addresses[i], PASSWORD, &session),
                         ERR_TOO_MANY);
        assert_in_range(cx->retry_after, 890, 901);
        faults[i] = cx->fault;
    }
    assert_string_equal(faults[0], faults[1]);
}

static void
nine_failures_are_forgotten_by_a_right_login(void **state)
{
    struct ctx *cx = *state;
    struct user_session session;

    register_user(cx, "typist@example.com");
    for (int i = 0; i < 20; i++) {
        bool is_tenth = i % 10 == 9;

        assert_int_equal(log_in(cx, "typist@example.com",
                                is_tenth ? PASSWORD : "wrong horse", &session),
                         is_tenth ? OK : ERR_UNAUTHENTICATED);
    }
}

enum { RACERS = 16 };

struct racer {
    struct arena *arena;
    pthread_barrier_t *barrier;
    const char *password;
    enum err err;
    unsigned retry_after;
};

static void *
race_one(void *arg)
{
    struct racer *racer = arg;
    struct user_session session;
    struct ctx cx;

    ctx_init(&cx, racer->arena, "unit-test");
    pthread_barrier_wait(racer->barrier);
    racer->err = log_in(&cx, "many@example.com", racer->password, &session);
    racer->retry_after = cx.retry_after;
    return NULL;
}

/* So many logins at once; how many came back with each err. */
static void
race(const char *password, int *ret_counts)
{
    struct racer racers[RACERS];
    pthread_t threads[RACERS];
    pthread_barrier_t barrier;

    memset(ret_counts, 0, sizeof *ret_counts * (ERR_UNKNOWN_OUTCOME + 1));
    pthread_barrier_init(&barrier, NULL, RACERS);
    for (int i = 0; i < RACERS; i++) {
        racers[i] = (struct racer){ .arena = arena_create(),
                                    .barrier = &barrier,
                                    .password = password };
        assert_int_equal(
            pthread_create(&threads[i], NULL, race_one, &racers[i]), 0);
    }
    for (int i = 0; i < RACERS; i++) {
        pthread_join(threads[i], NULL);
        ret_counts[racers[i].err]++;
        if (racers[i].err == ERR_TOO_MANY)
            assert_in_range(racers[i].retry_after, 890, 901);
        arena_free(racers[i].arena);
    }
    pthread_barrier_destroy(&barrier);
}

static void
many_may_log_in_at_once_and_ten_of_many_learn_that_they_are_wrong(void **state)
{
    int counts[ERR_UNKNOWN_OUTCOME + 1];

    register_user(*state, "many@example.com");
    race(PASSWORD, counts);
    assert_int_equal(counts[OK], RACERS);
    race("wrong horse", counts);
    assert_int_equal(counts[ERR_UNAUTHENTICATED], USER_FAILURES_MAX);
    assert_int_equal(counts[ERR_TOO_MANY], RACERS - USER_FAILURES_MAX);
    race(PASSWORD, counts);
    assert_int_equal(counts[ERR_TOO_MANY], RACERS);
}

/* A store where ten failures are found only after the password was checked. */
static enum err
lock_later(struct ctx *cx, struct user_store *locking, const char *email_key,
           int64_t now, struct user_failures *ret_failures)
{
    static int calls;

    (void)cx;
    (void)locking;
    (void)email_key;
    *ret_failures = (struct user_failures){ 0 };
    if (calls++ > 0)
        *ret_failures = (struct user_failures){ USER_FAILURES_MAX, now + 1000 };
    return OK;
}

static void
a_right_password_among_too_many_wrong_ones_at_once_is_not_told(void **state)
{
    struct ctx *cx = *state;
    struct user_store locking = store;
    struct user_credentials credentials = { "guessed@example.com", PASSWORD };
    struct user_session session;

    register_user(cx, "guessed@example.com");
    locking.failures = lock_later;
    assert_int_equal(user_log_in(cx, &locking, &credentials, &session),
                     ERR_TOO_MANY);
    assert_int_equal(cx->retry_after, 2);
}

static int
compare(const void *one, const void *other)
{
    int64_t a = *(const int64_t *)one, b = *(const int64_t *)other;

    return (a > b) - (a < b);
}

static void
an_unknown_address_takes_the_time_of_a_wrong_password(void **state)
{
    enum { ROUNDS = 9 };
    int64_t took[2][ROUNDS];
    struct ctx *cx = *state;
    struct user_session session;

    register_user(cx, "clock@example.com");
    for (int i = 0; i < ROUNDS * 2; i++) {
        const char *email = i % 2 ? "clock@example.com" : "clack@example.com";
        int64_t start = clock_micros();

        assert_int_equal(log_in(cx, email, "wrong horse", &session),
                         ERR_UNAUTHENTICATED);
        took[i % 2][i / 2] = clock_micros() - start;
    }
    qsort(took[0], ROUNDS, sizeof **took, compare);
    qsort(took[1], ROUNDS, sizeof **took, compare);
    /* the medians; without the work it would be a hundredth */
    assert_true(took[0][ROUNDS / 2] > took[1][ROUNDS / 2] / 2);
    assert_true(took[0][ROUNDS / 2] < took[1][ROUNDS / 2] * 2);
}

static void
an_account_is_shown_to_its_owner_an_admin_and_services_only(void **state)
{
    struct ctx *cx = *state;
    struct user *user = register_user(cx, "shown@example.com"), *found;
    const struct {
        struct caller caller;
        enum err err;
    } cases[] = {
        { { CUSTOMER, user->id }, OK },
        { { ADMIN, "somebody" }, OK },
        { { SERVICE, "notification" }, OK },
        { { CUSTOMER, "somebody" }, ERR_NOT_FOUND },
        { { ANYONE, user->id }, ERR_NOT_FOUND },
    };

    for (size_t i = 0; i < COUNT(cases); i++) {
        cx->caller = cases[i].caller;
        assert_int_equal(user_get(cx, &store, user->id, &found), cases[i].err);
    }
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(one_plain_address_is_taken),
        TEST(anything_else_is_no_address),
        TEST(an_address_may_have_254_characters_and_no_more),
        TEST(capitals_do_not_tell_addresses_apart_and_nothing_else_is_changed),
        TEST(a_password_that_everybody_tries_first_is_refused),
        TEST(any_other_password_is_taken),
        TEST(a_new_account_is_a_customers_and_keeps_no_password),
        TEST(a_token_names_its_user_role_and_end),
        TEST(a_hash_of_a_former_cost_is_renewed_by_a_login),
        TEST(
            ten_failures_lock_an_address_and_nothing_tells_if_it_has_an_account),
        TEST(nine_failures_are_forgotten_by_a_right_login),
        TEST(many_may_log_in_at_once_and_ten_of_many_learn_that_they_are_wrong),
        TEST(a_right_password_among_too_many_wrong_ones_at_once_is_not_told),
        TEST(an_unknown_address_takes_the_time_of_a_wrong_password),
        TEST(an_account_is_shown_to_its_owner_an_admin_and_services_only),
    };

    setenv("JWT_SECRET", "that of the users: 32 bytes or more", 1);
    setenv("SERVICE_SECRET", "that of the services: 32 bytes or more", 1);
    config_load();
    secret_init();
    token_init();
    return cmocka_run_group_tests(tests, open_store, close_store);
}
