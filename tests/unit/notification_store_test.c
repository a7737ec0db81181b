/* Holds the homes of notifications to notification_store.h. */
#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "homes.h"
#include "notification/notification.h"

static struct notification_store store;

static enum err
open_sqlite(struct ctx *cx, const char *path)
{
    enum err err = notification_store_sqlite_open(cx, path, &store);

    if (!err)
        db_set_mode(store.db, DB_THREADS);
    return err;
}

static enum err
open_mongo(struct ctx *cx, const char *uri)
{
    return notification_store_mongo_open(cx, uri, &store);
}

static void
close_store(void)
{
    db_close(store.db);
    mongo_close(store.mongo);
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

static void
an_id_names_the_receipt_or_the_refund_and_the_order(void **state)
{
    static const char *const bad[] = {
        "%s",         "receipt_%sx", "Receipt_%s",   "receipt_",
        "refund_%s",  "refund_0_%s", "refund_x_%s",  "refund_1%s",
        "refund__%s", "refund_1_",   "refund_01_%s", "refund_-1_%s",
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

/* Claims what is due until nothing is, and counts it. */
static void *
claim_all(void *wins)
{
    struct arena *arena = arena_create();
    struct notification *it;
    enum err err = OK;
    struct ctx cx;

    while (err != ERR_NOT_FOUND) {
        ctx_init(&cx, arena, "race");
        err = store.claim(&cx, &store, 10000, 20000, &it);
        if (!err) {
            /* it is ours alone */
            assert_int_equal(it->attempts, 1);
            it->last_error = "claimed";
            assert_int_equal(store.update(&cx, &store, it), OK);
        }
        *(int *)wins += err == OK;
        arena_reset(arena);
    }
    arena_free(arena);
    return NULL;
}

static void
many_workers_claim_each_one_once(void **state)
{
    for (int i = 0; i < 5 * RACE_OBJECTS; i++)
        insert(*state, 1000 + i);
    assert_int_equal(homes_race(), 5 * RACE_OBJECTS);
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
    mailbox.failures = 5;
    mailbox.next_try_at = 6;
    mailbox.sweep_page = "page";
    assert_int_equal(store.put_mailbox(*state, &store, &mailbox), OK);
    assert_int_equal(store.put_mailbox(*state, &store, &other), ERR_CONFLICT);
    assert_int_equal(store.get_mailbox(*state, &store, id, &other), OK);
    assert_string_equal(other.access_token, "ya29.x");
    assert_int_equal(other.token_expires_at, 1);
    assert_int_equal(other.refreshing_until, 2);
    assert_int_equal(other.paused_until, 3);
    assert_string_equal(other.pause_reason, "why");
    assert_int_equal(other.swept_at, 4);
    assert_int_equal(other.failures, 5);
    assert_int_equal(other.next_try_at, 6);
    assert_string_equal(other.sweep_page, "page");
    assert_int_equal(other.version, 1);
    mailbox = other;
    mailbox.sweep_page = NULL;
    mailbox.failures = 7;
    assert_int_equal(store.put_mailbox(*state, &store, &mailbox), OK);
    assert_int_equal(store.put_mailbox(*state, &store, &other), ERR_CONFLICT);
    assert_int_equal(store.get_mailbox(*state, &store, id, &other), OK);
    assert_null(other.sweep_page);
    assert_int_equal(other.failures, 7);
    assert_int_equal(other.version, 2);
}

static void
what_is_stuck_is_found_until_it_is_closed(void **state)
{
    struct notification_closing closing = { .by = "ann",
                                            .note = "called",
                                            .now = 5 };
    struct notification *one, *other;
    struct notification_ids ids;
    struct ctx *cx = *state;

    insert(cx, 1);
    one = insert(cx, 1);
    other = insert(cx, 1);
    if (strcmp(one->id, other->id) > 0) { /* made in the same moment */
        struct notification *first = other;

        other = one;
        one = first;
    }
    one->status = UNKNOWN;
    other->status = ABANDONED;
    assert_int_equal(store.update(cx, &store, one), OK);
    assert_int_equal(store.update(cx, &store, other), OK);
    assert_int_equal(store.stuck(cx, &store, NULL, &ids), OK);
    assert_int_equal(ids.count, 2);
    assert_string_equal(ids.ids[0], one->id);
    assert_string_equal(ids.ids[1], other->id);
    assert_int_equal(store.stuck(cx, &store, one->id, &ids), OK);
    assert_int_equal(ids.count, 1);
    closing.order_id = one->order_id;
    assert_int_equal(store.close_stuck(cx, &store, &closing), OK);
    assert_int_equal(closing.count, 1);
    assert_int_equal(store.close_stuck(cx, &store, &closing), OK);
    assert_int_equal(closing.count, 0);
    assert_int_equal(store.stuck(cx, &store, NULL, &ids), OK);
    assert_int_equal(ids.count, 1);
    assert_string_equal(ids.ids[0], other->id);
}

static void
mailboxes_that_are_paused_are_found_with_the_reason(void **state)
{
    struct mailbox mailbox = { .id = "b",
                               .paused_until = 100,
                               .pause_reason = "why" };
    struct mailbox open = { .id = "a", .paused_until = 100 };
    struct mailboxes found;
    struct ctx *cx = *state;

    assert_int_equal(store.put_mailbox(cx, &store, &mailbox), OK);
    assert_int_equal(store.put_mailbox(cx, &store, &open), OK);
    assert_int_equal(store.paused(cx, &store, 99, &found), OK);
    assert_int_equal(found.count, 1);
    assert_string_equal(found.mailboxes[0].id, "b");
    assert_string_equal(found.mailboxes[0].pause_reason, "why");
    assert_int_equal(found.mailboxes[0].paused_until, 100);
    assert_int_equal(store.paused(cx, &store, 100, &found), OK);
    assert_int_equal(found.count, 0);
}

static void
what_waits_is_counted_by_status_and_what_is_stuck_until_it_is_closed(
    void **state)
{
    struct notification_waiting mails[NOTIFICATION_STATUSES] = { 0 };
    struct notification_closing closing = { .by = "ann", .note = "called" };
    struct notification *stuck, *sent;
    struct notification_ids ids;
    struct ctx *cx = *state;

    closing.now = clock_now();
    assert_int_equal(store.waiting(cx, &store, mails), OK);
    assert_int_equal(mails[QUEUED].count, 0);
    insert(cx, 70);
    insert(cx, 50);
    stuck = insert(cx, 1);
    stuck->status = ABANDONED;
    stuck->due_at = 0;
    assert_int_equal(store.update(cx, &store, stuck), OK);
    sent = insert(cx, 1);
    sent->status = SENT;
    sent->due_at = 0;
    assert_int_equal(store.update(cx, &store, sent), OK);
    assert_int_equal(store.list(cx, &store, ABANDONED, 5, &ids), OK);
    assert_int_equal(ids.count, 1);
    assert_string_equal(ids.ids[0], stuck->id);
    assert_int_equal(store.list(cx, &store, QUEUED, 1, &ids), OK);
    assert_int_equal(ids.count, 1);
    assert_int_equal(store.waiting(cx, &store, mails), OK);
    assert_int_equal(mails[QUEUED].count, 2);
    assert_int_equal(mails[QUEUED].due_at, 50);
    assert_in_range(mails[QUEUED].since, closing.now, clock_now());
    assert_int_equal(mails[SENT].count, 0);
    assert_int_equal(mails[ABANDONED].count, 1);
    closing.order_id = stuck->order_id;
    assert_int_equal(store.close_stuck(cx, &store, &closing), OK);
    mails[ABANDONED].count = 0;
    assert_int_equal(store.waiting(cx, &store, mails), OK);
    assert_int_equal(mails[ABANDONED].count, 0);
}

static const struct contract contract = {
    .service = "notification",
    .collections = notification_collections,
    .open_sqlite = open_sqlite,
    .open_mongo = open_mongo,
    .close = close_store,
    .race = claim_all,
};

int
main(int count, char **words)
{
    const struct CMUnitTest tests[] = {
        HOME_TEST(an_id_names_the_receipt_or_the_refund_and_the_order),
        HOME_TEST(what_is_changed_comes_back_as_it_was_kept),
        HOME_TEST(the_same_id_is_kept_once),
        HOME_TEST(who_was_overtaken_changes_nothing),
        HOME_TEST(the_longest_due_is_claimed_first_until_its_lease_ends),
        HOME_TEST(many_workers_claim_each_one_once),
        HOME_TEST(a_mailbox_is_empty_until_it_is_kept),
        HOME_TEST(what_is_stuck_is_found_until_it_is_closed),
        HOME_TEST(mailboxes_that_are_paused_are_found_with_the_reason),
        HOME_TEST(
            what_waits_is_counted_by_status_and_what_is_stuck_until_it_is_closed),
    };
    int failed;

    homes_start(count, words);
    failed = homes_run(false, tests);
    failed += homes_have_mongo() ? homes_run(true, tests) : mongo_server_skip();
    return failed + homes_stop();
}
