/* Holds the homes of notifications to notification_store.h. */
#include "unit.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "io/migration.h"
#include "notification/notification.h"

enum { THREADS = 8, EACH = 25 };

static char folder[] = "/tmp/till-notification-store-XXXXXX";
static char path[64];
static struct notification_store store;

static int
open_store(void **state)
{
    struct arena *arena = arena_create();
    int64_t applied;
    struct ctx cx;

    (void)state;
    ctx_init(&cx, arena, "unit-test");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/n.db", folder);
    assert_int_equal(migrate(&cx, "notification", path, &applied), OK);
    assert_int_equal(notification_store_sqlite_open(&cx, path, &store), OK);
    db_set_mode(store.db, DB_THREADS);
    arena_free(arena);
    return 0;
}

static int
close_store(void **state)
{
    static const char *const names[] = { "", ".lock", "-wal", "-shm" };

    (void)state;
    db_close(store.db);
    for (size_t i = 0; i < COUNT(names); i++) {
        char name[96];

        snprintf(name, sizeof name, "%s%s", path, names[i]);
        unlink(name);
    }
    return rmdir(folder);
}

static struct notification *
insert(struct ctx *cx, int64_t due_at)
{
    struct notification *it = arena_new(cx->arena, struct notification);

    it->order_id = id_new(cx->arena);
    it->user_id = id_new(cx->arena);
    it->id = notification_id(cx->arena, it->order_id, 0);
    it->status = QUEUED;
    it->due_at = due_at;
    it->version = 1;
    it->created_at = it->updated_at = clock_now();
    assert_int_equal(store.insert(cx, &store, it), OK);
    return it;
}

static struct notification *
get(struct ctx *cx, const char *id)
{
    struct notification *it;

    assert_int_equal(store.get(cx, &store, id, &it), OK);
    return it;
}

/* Takes what other tests have left out of the queue. */
static void
empty(struct ctx *cx)
{
    struct notification *it;

    while (store.claim(cx, &store, INT64_MAX, 1, &it) == OK) {
        it->due_at = 0;
        assert_int_equal(store.update(cx, &store, it), OK);
    }
    ctx_forgive(cx);
}

static void
an_id_names_the_receipt_or_the_refund_and_the_order(void **state)
{
    static const char *const bad[] = {
        "%s",          "receipt_%sx", "Receipt_%s",   "receipt_",
        "refund_%s",   "refund_0_%s", "refund_x_%s",  "refund_1%s",
        "refund__%s",  "refund_1_",   "refund_01_%s", "refund_-1_%s",
    };
    struct ctx *cx = *state;
    const char *order_id = id_new(cx->arena);

    assert_true(
        notification_id_is_valid(notification_id(cx->arena, order_id, 0)));
    assert_true(
        notification_id_is_valid(notification_id(cx->arena, order_id, 12)));
    for (size_t i = 0; i < COUNT(bad); i++) {
        struct text id;
        size_t before = strcspn(bad[i], "%");

        text_init(&id, cx->arena, 100);
        text_add_bytes(&id, bad[i], before);
        if (bad[i][before]) {
            text_add(&id, order_id);
            text_add(&id, bad[i] + before + 2);
        }
        assert_false(notification_id_is_valid(id.bytes));
    }
}

static void
what_is_changed_comes_back_as_it_was_kept(void **state)
{
    struct notification *it = insert(*state, 1000), *back;

    it->status = UNKNOWN;
    it->attempts = 7;
    it->due_at = 0;
    it->mailbox = "gmail:a@b";
    it->draft_id = "r-1";
    it->send_started_at = 2000;
    it->sent_at = 3000;
    it->last_error = "why";
    it->updated_at = 4000;
    assert_int_equal(store.update(*state, &store, it), OK);
    back = get(*state, it->id);
    assert_string_equal(back->user_id, it->user_id);
    assert_string_equal(back->order_id, it->order_id);
    assert_int_equal(back->status, UNKNOWN);
    assert_int_equal(back->attempts, 7);
    assert_int_equal(back->due_at, 0);
    assert_string_equal(back->mailbox, "gmail:a@b");
    assert_string_equal(back->draft_id, "r-1");
    assert_int_equal(back->send_started_at, 2000);
    assert_int_equal(back->sent_at, 3000);
    assert_string_equal(back->last_error, "why");
    assert_int_equal(back->version, 2);
    assert_int_equal(back->created_at, it->created_at);
    assert_int_equal(back->updated_at, 4000);
}

static void
the_same_id_is_kept_once(void **state)
{
    struct notification *it = insert(*state, 1000);

    assert_int_equal(store.insert(*state, &store, it), ERR_CONFLICT);
}

static void
who_was_overtaken_changes_nothing(void **state)
{
    struct notification *it = insert(*state, 1000);
    struct notification *other = get(*state, it->id);

    other->attempts = 1;
    assert_int_equal(store.update(*state, &store, other), OK);
    it->attempts = 2;
    assert_int_equal(store.update(*state, &store, it), ERR_CONFLICT);
    assert_int_equal(get(*state, it->id)->attempts, 1);
}

static void
the_longest_due_is_claimed_first_until_its_lease_ends(void **state)
{
    struct notification *late, *early, *it;

    empty(*state);
    late = insert(*state, 2000);
    early = insert(*state, 1000);
    insert(*state, 9000);
    assert_int_equal(store.claim(*state, &store, 5000, 6000, &it), OK);
    assert_string_equal(it->id, early->id);
    assert_int_equal(it->status, SENDING);
    assert_int_equal(it->attempts, 1);
    assert_int_equal(it->due_at, 6000);
    assert_int_equal(it->version, get(*state, it->id)->version);
    assert_int_equal(store.claim(*state, &store, 5000, 6000, &it), OK);
    assert_string_equal(it->id, late->id);
    assert_int_equal(store.claim(*state, &store, 5999, 6000, &it),
                     ERR_NOT_FOUND);
    ctx_forgive(*state);
    /* its worker was killed */
    assert_int_equal(store.claim(*state, &store, 6000, 7000, &it), OK);
    assert_int_equal(it->attempts, 2);
}

static void *
claim_many(void *arg)
{
    struct arena *arena = arena_create();
    int *count = arg;
    struct ctx cx;

    ctx_init(&cx, arena, "unit-test");
    for (;;) {
        struct notification *it;
        enum err err = store.claim(&cx, &store, 5000, 1000000, &it);

        ctx_forgive(&cx);
        if (err == ERR_NOT_FOUND)
            break;
        if (!err && it->attempts == 1)
            ++*count;
    }
    arena_free(arena);
    return NULL;
}

static void
many_workers_claim_each_one_once(void **state)
{
    pthread_t threads[THREADS];
    int counts[THREADS] = { 0 }, all = 0;

    empty(*state);
    for (int i = 0; i < THREADS * EACH; i++)
        insert(*state, 1000 + i);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, claim_many,
                                        &counts[i]),
                         0);
    for (int i = 0; i < THREADS; i++) {
        pthread_join(threads[i], NULL);
        all += counts[i];
    }
    assert_int_equal(all, THREADS * EACH);
}

static void
a_mailbox_is_empty_until_it_is_kept(void **state)
{
    struct mailbox mailbox, other;
    const char *id = id_new(((struct ctx *)*state)->arena);

    assert_int_equal(store.get_mailbox(*state, &store, id, &mailbox), OK);
    assert_int_equal(mailbox.version, 0);
    assert_null(mailbox.access_token);
    other = mailbox;
    mailbox.access_token = "ya29.x";
    mailbox.token_expires_at = 1;
    mailbox.refreshing_until = 2;
    mailbox.paused_until = 3;
    mailbox.pause_reason = "why";
    mailbox.swept_at = 4;
    assert_int_equal(store.put_mailbox(*state, &store, &mailbox), OK);
    assert_int_equal(store.put_mailbox(*state, &store, &other), ERR_CONFLICT);
    assert_int_equal(store.get_mailbox(*state, &store, id, &other), OK);
    assert_string_equal(other.access_token, "ya29.x");
    assert_int_equal(other.token_expires_at, 1);
    assert_int_equal(other.refreshing_until, 2);
    assert_int_equal(other.paused_until, 3);
    assert_string_equal(other.pause_reason, "why");
    assert_int_equal(other.swept_at, 4);
    assert_int_equal(other.version, 1);
    assert_int_equal(store.put_mailbox(*state, &store, &other), OK);
    assert_int_equal(store.put_mailbox(*state, &store, &other), ERR_CONFLICT);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_id_names_the_receipt_or_the_refund_and_the_order),
        TEST(what_is_changed_comes_back_as_it_was_kept),
        TEST(the_same_id_is_kept_once),
        TEST(who_was_overtaken_changes_nothing),
        TEST(the_longest_due_is_claimed_first_until_its_lease_ends),
        TEST(many_workers_claim_each_one_once),
        TEST(a_mailbox_is_empty_until_it_is_kept),
    };

    return cmocka_run_group_tests(tests, open_store, close_store);
}
