/*
 * What io/idempotency.h promises, of both its homes, with a clock of ours.
 */
#include "base/id.h"
#include "homes.h"
#include "io/idempotency.h"

enum { LEASE = 1000 };

static const struct mongo_collection collections[] = {
    IDEMPOTENCY_SCHEMA("order"),
    { 0 },
};

static enum err
open_sqlite(struct ctx *cx, const char *path)
{
    struct db *db;
    enum err err;

    if ((err = db_open(cx, "order", path, &db)))
        return err;
    db_set_mode(db, DB_THREADS);
    idempotency_store_open(db);
    return OK;
}

static enum err
open_mongo(struct ctx *cx, const char *uri)
{
    struct mongo *mongo;
    enum err err;

    if (!(err = mongo_open(cx, uri, &mongo)))
        idempotency_store_open_mongo(mongo, IDEMPOTENCY_COLLECTION("order"));
    return err;
}

static void
close_store(void)
{
    db_close(idempotency_store()->db);
    mongo_close(idempotency_store()->mongo);
}

static void
read_count(struct ctx *cx, const struct row *row, void *into)
{
    (void)cx;
    *(int64_t *)into = row_int(row, 0);
}

/* How many of these keys SQLite has. */
static int64_t
keys(struct ctx *cx, const char *like)
{
    int64_t count = -1;

    assert_int_equal(db_get(cx, idempotency_store()->db, read_count, &count,
                            "SELECT count(*) FROM idempotency_keys "
                            "WHERE key LIKE ?",
                            "t", like),
                     OK);
    return count;
}

static const struct kept_answer answer = {
    .status = 201,
    .content_type = "application/json",
    .headers = "Location: /a\r\n",
    .body = "{}",
};

/* What becomes of a claim. */
static enum key_state
claim(struct ctx *cx, const char *key, const char *request, const char *owner,
      int64_t now)
{
    struct key_claim wanted = { key, request, owner, now, now + LEASE, "id" };
    enum key_state state = KEY_RUNNING;
    struct kept_answer kept;

    assert_int_equal(idempotency_store()->claim(cx, idempotency_store(),
                                                &wanted, &state, &kept),
                     OK);
    if (state == KEY_KEPT) {
        assert_int_equal(kept.status, answer.status);
        assert_string_equal(kept.content_type, answer.content_type);
        assert_null(kept.etag);
        assert_string_equal(kept.headers, answer.headers);
        assert_string_equal(kept.body, answer.body);
    }
    return state;
}

static void
keep(struct ctx *cx, const char *key, const char *owner)
{
    struct key_claim held = { .key = key, .owner = owner };

    assert_int_equal(
        idempotency_store()->keep(cx, idempotency_store(), &held, &answer), OK);
}

static void
release(struct ctx *cx, const char *key, const char *owner, bool is_undone)
{
    struct key_claim held = { .key = key, .owner = owner };

    assert_int_equal(
        idempotency_store()->release(cx, idempotency_store(), &held, is_undone),
        OK);
}

static void
a_key_is_claimed_once_and_then_tells_its_answer(void **state)
{
    struct ctx *cx = *state;

    assert_int_equal(claim(cx, "key", "body", "me", 1), KEY_CLAIMED);
    assert_int_equal(claim(cx, "key", "body", "you", 2), KEY_RUNNING);
    assert_int_equal(claim(cx, "other", "body", "you", 2), KEY_CLAIMED);
    keep(cx, "key", "me");
    assert_int_equal(claim(cx, "key", "body", "you", 3), KEY_KEPT);
    assert_int_equal(claim(cx, "other", "body", "me", 3), KEY_RUNNING);
}

static void
another_request_with_the_key_is_told_apart_running_or_done(void **state)
{
    struct ctx *cx = *state;

    assert_int_equal(claim(cx, "key", "body", "me", 1), KEY_CLAIMED);
    assert_int_equal(claim(cx, "key", "Body", "you", 2), KEY_REUSED);
    /* whose request has died may have done something with its body */
    assert_int_equal(claim(cx, "key", "Body", "you", 2 + LEASE), KEY_REUSED);
    keep(cx, "key", "me");
    assert_int_equal(claim(cx, "key", "", "you", 3), KEY_REUSED);
}

static void
a_claim_that_ran_out_passes_to_the_next_who_asks(void **state)
{
    struct ctx *cx = *state;

    assert_int_equal(claim(cx, "key", "body", "me", 1), KEY_CLAIMED);
    assert_int_equal(claim(cx, "key", "body", "you", LEASE), KEY_RUNNING);
    assert_int_equal(claim(cx, "key", "body", "you", 1 + LEASE), KEY_CLAIMED);
    assert_int_equal(claim(cx, "key", "body", "he", 1 + LEASE), KEY_RUNNING);
    /* who was late neither answers for the other nor frees the key */
    keep(cx, "key", "me");
    release(cx, "key", "me", true);
    release(cx, "key", "me", false);
    assert_int_equal(claim(cx, "key", "body", "he", 2 + LEASE), KEY_RUNNING);
    keep(cx, "key", "you");
    release(cx, "key", "you", true);
    assert_int_equal(claim(cx, "key", "body", "he", 2 + LEASE), KEY_KEPT);
}

static void
a_key_whose_work_came_to_nothing_may_be_used_for_anything(void **state)
{
    struct ctx *cx = *state;

    assert_int_equal(claim(cx, "key", "body", "me", 1), KEY_CLAIMED);
    release(cx, "key", "me", true);
    assert_int_equal(claim(cx, "key", "Body", "you", 2), KEY_CLAIMED);
}

static void
a_key_whose_work_came_to_who_knows_what_is_for_that_alone(void **state)
{
    struct ctx *cx = *state;

    assert_int_equal(claim(cx, "key", "body", "me", 1), KEY_CLAIMED);
    release(cx, "key", "me", false);
    assert_int_equal(claim(cx, "key", "Body", "you", 2), KEY_REUSED);
    assert_int_equal(claim(cx, "key", "body", "you", 2), KEY_CLAIMED);
    assert_int_equal(claim(cx, "key", "body", "he", 2), KEY_RUNNING);
}

static void
after_a_day_a_key_is_forgotten(void **state)
{
    struct ctx *cx = *state;

    assert_int_equal(claim(cx, "key", "body", "me", 1000), KEY_CLAIMED);
    keep(cx, "key", "me");
    assert_int_equal(
        claim(cx, "key", "body", "you", 999 + INT64_C(24) * 60 * 60 * 1000),
        KEY_KEPT);
    assert_int_equal(
        claim(cx, "key", "Body", "you", 1000 + INT64_C(24) * 60 * 60 * 1000),
        KEY_CLAIMED);
}

static void
old_keys_go_a_few_at_a_time_and_young_ones_stay(void **state)
{
    struct ctx *cx = *state;

    for (int i = 0; i < 200; i++)
        assert_int_equal(
            claim(cx, arena_printf(cx->arena, "old %d", i), "", "me", i),
            KEY_CLAIMED);
    assert_int_equal(keys(cx, "%"), 200);
    for (int i = 0; i < 99; i++) {
        int64_t before = keys(cx, "%");

        assert_int_equal(claim(cx, arena_printf(cx->arena, "new %d", i), "",
                               "me", IDEMPOTENCY_LIFE + 197),
                         KEY_CLAIMED);
        assert_in_range(before - keys(cx, "%"), 1, 10);
    }
    /* those of 198 and 199 have a little left */
    assert_int_equal(keys(cx, "old%"), 2);
    assert_int_equal(claim(cx, "new", "", "me", IDEMPOTENCY_LIFE + 197),
                     KEY_CLAIMED);
    assert_int_equal(keys(cx, "%"), 102);
}

static void
keys_of_a_clock_that_was_wrong_keep_no_other_from_going(void **state)
{
    struct ctx *cx = *state;

    for (int i = 0; i < 3; i++)
        assert_int_equal(claim(cx, arena_printf(cx->arena, "wrong %d", i), "",
                               "me", 300 * IDEMPOTENCY_LIFE),
                         KEY_CLAIMED);
    for (int i = 0; i < 20; i++)
        assert_int_equal(
            claim(cx, arena_printf(cx->arena, "old %d", i), "", "me", 1000),
            KEY_CLAIMED);
    for (int i = 0; i < 20; i++)
        assert_int_equal(claim(cx, arena_printf(cx->arena, "new %d", i), "",
                               "me", IDEMPOTENCY_LIFE + 1000),
                         KEY_CLAIMED);
    assert_int_equal(keys(cx, "%"), 20);
    assert_int_equal(keys(cx, "new%"), 20);
}

/* Who takes over what another one began makes the same object. */
static void
a_claim_that_ran_out_passes_on_the_id_of_what_is_made(void **state)
{
    struct ctx *cx = *state;
    struct key_claim first = { "key", "body", "me", 1, 1 + LEASE, "first" };
    struct key_claim later = { "key",     "body",    "you",
                               1 + LEASE, 9 * LEASE, "later" };
    struct key_claim fresh = {
        "key",  "Body", "he", IDEMPOTENCY_LIFE + 1, IDEMPOTENCY_LIFE + LEASE,
        "fresh"
    };
    struct idempotency_store *store = idempotency_store();
    struct kept_answer kept;
    enum key_state state_of;

    assert_int_equal(store->claim(cx, store, &first, &state_of, &kept), OK);
    assert_string_equal(first.object_id, "first");
    assert_int_equal(store->claim(cx, store, &later, &state_of, &kept), OK);
    assert_int_equal(state_of, KEY_CLAIMED);
    assert_string_equal(later.object_id, "first");
    /* also where it is known that the work may have been done */
    release(cx, "key", "you", false);
    later.object_id = "third";
    assert_int_equal(store->claim(cx, store, &later, &state_of, &kept), OK);
    assert_string_equal(later.object_id, "first");
    /* after a day it is another request */
    assert_int_equal(store->claim(cx, store, &fresh, &state_of, &kept), OK);
    assert_int_equal(state_of, KEY_CLAIMED);
    assert_string_equal(fresh.object_id, "fresh");
}

/* Claims the keys of this race, and half of them a second time, run out. */
static void *
claim_all(void *wins)
{
    struct idempotency_store *store = idempotency_store();
    struct arena *arena = arena_create();
    struct ctx cx;

    ctx_init(&cx, arena, "race");
    for (int i = 0; i < RACE_OBJECTS; i++) {
        int64_t now = 1 + i % 2 * 2 * LEASE;
        struct key_claim wanted = { arena_printf(arena, "key %d", i),
                                    "body",
                                    id_new(arena),
                                    now,
                                    now + LEASE,
                                    "id" };
        enum key_state state = KEY_KEPT;
        struct kept_answer kept;

        assert_int_equal(store->claim(&cx, store, &wanted, &state, &kept), OK);
        assert_true(state == KEY_CLAIMED || state == KEY_RUNNING);
        *(int *)wins += state == KEY_CLAIMED;
    }
    arena_free(arena);
    return NULL;
}

static void
of_many_who_claim_a_key_at_once_one_gets_it(void **state)
{
    struct ctx *cx = *state;

    /* every other one was claimed by somebody who died */
    for (int i = 1; i < RACE_OBJECTS; i += 2)
        assert_int_equal(
            claim(cx, arena_printf(cx->arena, "key %d", i), "body", "dead", 1),
            KEY_CLAIMED);
    assert_int_equal(homes_race(), RACE_OBJECTS);
}

static const struct contract contract = {
    .service = "order",
    .collections = collections,
    .open_sqlite = open_sqlite,
    .open_mongo = open_mongo,
    .close = close_store,
    .race = claim_all,
};

int
main(int count, char **words)
{
    const struct CMUnitTest tests[] = {
        HOME_TEST(a_key_is_claimed_once_and_then_tells_its_answer),
        HOME_TEST(another_request_with_the_key_is_told_apart_running_or_done),
        HOME_TEST(a_claim_that_ran_out_passes_to_the_next_who_asks),
        HOME_TEST(a_key_whose_work_came_to_nothing_may_be_used_for_anything),
        HOME_TEST(a_key_whose_work_came_to_who_knows_what_is_for_that_alone),
        HOME_TEST(after_a_day_a_key_is_forgotten),
        HOME_TEST(of_many_who_claim_a_key_at_once_one_gets_it),
    };
    const struct CMUnitTest of_sqlite[] = {
        HOME_TEST(old_keys_go_a_few_at_a_time_and_young_ones_stay),
        HOME_TEST(keys_of_a_clock_that_was_wrong_keep_no_other_from_going),
    };
    const struct CMUnitTest of_mongo[] = {
        HOME_TEST(a_claim_that_ran_out_passes_on_the_id_of_what_is_made),
    };
    int failed;

    homes_start(count, words);
    failed = homes_run(false, tests) + homes_run(false, of_sqlite);
    failed += homes_have_mongo()
                  ? homes_run(true, tests) + homes_run(true, of_mongo)
                  : mongo_server_skip();
    return failed + homes_stop();
}
