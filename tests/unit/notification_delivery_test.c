/*
 * Holds delivery.h: one mail, whatever is killed or cut off. The store is the
 * real one; the gateway is a fake that counts what it mails. A worker is
 * "killed" by a jump out of its turn, before and after each step that others
 * can see.
 */
#include "adas_receipt.h"
#include "scratch.h"

#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "io/secret.h"
#include "notification/delivery.h"
#include "notification/mailbox.h"

enum { DRAFTS = 60, TURNS = 12 };

static struct notification_store real, store;

/* The world outside: what Gmail holds, what has been mailed. */
static struct {
    bool drafts[DRAFTS]; /* whether draft number i is there */
    char made_for[DRAFTS][64];
    int made, mails, lists;
    enum err user; /* what the user service says */

    /* what the next call answers, and whether it is carried out first */
    enum err draft_err, send_err;
    bool has_effect;
    unsigned retry_after;

    void (*meanwhile)(struct ctx *cx); /* somebody else acts during a call */
} world;

static jmp_buf killed;
static int steps, kill_at; /* 0: nobody is killed */

static struct delivery delivery;
static const char *id; /* of the one notification of a test */

static void
step(void)
{
    if (++steps == kill_at)
        longjmp(killed, 1);
}

static enum err
update(struct ctx *cx, struct notification_store *self,
       const struct notification *notification)
{
    enum err err;

    (void)self;
    step();
    err = real.update(cx, &real, notification);
    step();
    return err;
}

static enum err
claim(struct ctx *cx, struct notification_store *self, int64_t now,
      int64_t lease_until, struct notification **ret_notification)
{
    enum err err;

    (void)self;
    step();
    err = real.claim(cx, &real, now, lease_until, ret_notification);
    step();
    return err;
}

/* Takes up the fault that was set for the next call, once. */
static enum err
take(enum err *err, struct ctx *cx)
{
    enum err taken = *err;

    *err = OK;
    cx->retry_after = world.retry_after;
    return taken ? fail(cx, taken, "as the test wants it") : OK;
}

static void
let_others_act(struct ctx *cx)
{
    void (*act)(struct ctx *) = world.meanwhile;

    world.meanwhile = NULL;
    if (act)
        act(cx);
}

static enum err
fake_draft(struct ctx *cx, const struct mail_gateway *gateway,
           const struct parcel *parcel, const char **ret_draft_id)
{
    enum err err = take(&world.draft_err, cx);
    int number = world.made;

    (void)gateway;
    step();
    assert_contains(parcel->bytes, "X-Till-Notification: receipt_");
    if (!err || world.has_effect) {
        assert_true(world.made < DRAFTS);
        snprintf(world.made_for[world.made], sizeof *world.made_for, "%s", id);
        world.drafts[world.made++] = true;
    }
    step();
    let_others_act(cx);
    if (!err)
        *ret_draft_id = arena_printf(cx->arena, "%d", number);
    return err;
}

static enum err
fake_send(struct ctx *cx, const struct mail_gateway *gateway,
          const char *draft_id, const struct parcel *parcel)
{
    enum err err = take(&world.send_err, cx);
    int64_t number = 0;

    let_others_act(cx);
    step();
    if (!err || world.has_effect) {
        if (gateway->draft) {
            assert_true(text_to_int64(draft_id, &number));
            if (!world.drafts[number])
                return fail(cx, ERR_NOT_FOUND, "no such draft");
            world.drafts[number] = false;
        } else {
            assert_non_null(parcel->bytes);
        }
        world.mails++;
    }
    step();
    return err;
}

static enum err
fake_discard(struct ctx *cx, const struct mail_gateway *gateway,
             const char *draft_id)
{
    int64_t number = 0;

    (void)cx;
    (void)gateway;
    assert_true(text_to_int64(draft_id, &number));
    world.drafts[number] = false;
    return OK;
}

/* Every draft is an old one; a page is named by the draft it begins with. */
static enum err
fake_list(struct ctx *cx, const struct mail_gateway *gateway,
          const struct stray_query *query, struct strays *ret_strays)
{
    int64_t at = 0;

    (void)gateway;
    world.lists++;
    assert_true(query->before < clock_now());
    if (query->page && !text_to_int64(query->page, &at))
        return fail(cx, ERR_INVALID, "no such page");
    *ret_strays = (struct strays){ .count = 0 };
    for (; at < world.made && ret_strays->count < STRAYS; at++) {
        if (world.drafts[at])
            ret_strays->strays[ret_strays->count++] =
                (struct stray){ arena_printf(cx->arena, "%d", (int)at),
                                world.made_for[at] };
    }
    if (at < world.made)
        ret_strays->next_page = arena_printf(cx->arena, "%d", (int)at);
    return OK;
}

static enum err
look_up(struct ctx *cx, const struct notification *notification,
        struct receipt *ret_receipt)
{
    if (world.user)
        return fail(cx, world.user, "as the test wants it");
    *ret_receipt = adas_receipt(notification);
    return OK;
}

static int
open_store(void **state)
{
    struct arena *arena = arena_create();
    struct ctx cx;

    (void)state;
    ctx_init(&cx, arena, "unit-test");
    assert_int_equal(notification_store_sqlite_open(
                         &cx, scratch_begin("notification"), &real),
                     OK);
    db_set_mode(real.db, DB_THREADS);
    store = real;
    store.update = update;
    store.claim = claim;
    arena_free(arena);
    return 0;
}

static int
close_store(void **state)
{
    (void)state;
    db_close(real.db);
    return scratch_end();
}

static struct notification *
found(struct ctx *cx)
{
    struct notification *notification;

    assert_int_equal(real.get(cx, &real, id, &notification), OK);
    return notification;
}

/* A world without mail, and one notification in the queue. */
static void
begin(struct ctx *cx, bool has_drafts)
{
    struct notification it = { .status = QUEUED, .version = 1 };

    memset(&world, 0, sizeof world);
    steps = kill_at = 0;
    delivery = (struct delivery){
        .store = &store,
        .gateway = {
            .name = "gmail:a@b.example",
            .mailbox_id = id_new(cx->arena),
            .from = "a@b.example",
            .store = &store,
            .send = fake_send,
            .discard = fake_discard,
            .list_drafts = fake_list,
        },
        .shop_name = "Shop",
        .look_up = look_up,
    };
    if (has_drafts)
        delivery.gateway.draft = fake_draft;
    it.order_id = id_new(cx->arena);
    it.user_id = id_new(cx->arena);
    it.id = id = notification_id(cx->arena, it.order_id, 0);
    it.created_at = it.updated_at = it.due_at = clock_now();
    assert_int_equal(real.insert(cx, &real, &it), OK);
}

/* Time goes by: what waits for its next attempt has waited. */
static void
pass_time(struct ctx *cx)
{
    struct notification *it = found(cx);
    struct mailbox mailbox;
    bool is_open;

    if (it->due_at == 0)
        return;
    it->due_at = 1;
    assert_int_equal(real.update(cx, &real, it), OK);
    assert_int_equal(mailbox_get(cx, &delivery.gateway, &mailbox, &is_open),
                     OK);
    if (mailbox.next_try_at == 0)
        return;
    mailbox.next_try_at = 0;
    assert_int_equal(real.put_mailbox(cx, &real, &mailbox), OK);
}

static bool
turn(struct ctx *cx)
{
    bool is_idle = true;

    assert_int_equal(delivery_turn(cx, &delivery, &is_idle), OK);
    return is_idle;
}

/* Turns until nothing is left to be done. */
static void
deliver(struct ctx *cx)
{
    kill_at = 0;
    for (int i = 0; i < TURNS && found(cx)->due_at; i++) {
        pass_time(cx);
        turn(cx);
    }
}

static int
drafts_left(void)
{
    int left = 0;

    for (int i = 0; i < world.made; i++)
        left += world.drafts[i];
    return left;
}

static void
expect_one_mail(struct ctx *cx)
{
    struct notification *it = found(cx);

    assert_int_equal(it->status, SENT);
    assert_int_equal(it->due_at, 0);
    assert_true(it->sent_at > 0);
    assert_null(it->last_error);
    assert_int_equal(world.mails, 1);
}

/* One turn in which the worker is killed at this step; false: it wasn't. */
static bool
turn_and_kill(struct ctx *cx, int at)
{
    steps = 0;
    kill_at = at;
    pass_time(cx);
    if (setjmp(killed))
        return true;
    turn(cx);
    return false;
}

static void
a_notification_is_mailed_once(void **state)
{
    begin(*state, true);
    assert_false(turn(*state));
    expect_one_mail(*state);
    assert_int_equal(found(*state)->attempts, 1);
    assert_int_equal(drafts_left(), 0);
    assert_true(turn(*state));
    assert_int_equal(world.mails, 1);
}

/* Killed at each step, and its successor at each step, too. */
static void
a_worker_killed_at_any_step_costs_no_mail_and_doubles_none(void **state)
{
    int first = 0, all = 0;

    for (bool goes_on = true; goes_on && first < 100;) {
        int second = 0;

        first++;
        for (bool again = true; again && second < 100;) {
            second++;
            begin(*state, true);
            goes_on = turn_and_kill(*state, first);
            again = goes_on && turn_and_kill(*state, second);
            deliver(*state);
            expect_one_mail(*state);
            assert_true(drafts_left() <= 2);
            all++;
        }
    }
    /* claim, draft, three updates, send: before and after each */
    assert_int_equal(first, 13);
    assert_true(all > 100);
}

static void
an_answer_that_is_lost_costs_no_mail_and_doubles_none(void **state)
{
    static const enum err errs[] = { ERR_UNAVAILABLE, ERR_UNKNOWN_OUTCOME,
                                     ERR_TOO_MANY, ERR_UNAUTHENTICATED,
                                     ERR_UPSTREAM };

    for (size_t i = 0; i < COUNT(errs); i++) {
        for (int where = 0; where < 2; where++) {
            for (int effect = 0; effect < 2; effect++) {
                /* a refusal did nothing, that is what makes it one */
                if (effect && where == 1 && errs[i] != ERR_UNKNOWN_OUTCOME)
                    continue;
                begin(*state, true);
                world.has_effect = effect;
                *(where ? &world.send_err : &world.draft_err) = errs[i];
                turn(*state);
                assert_int_equal(found(*state)->status, QUEUED);
                assert_string_equal(found(*state)->last_error,
                                    "as the test wants it");
                world.has_effect = false;
                delivery.gateway.mailbox_id = "another";
                deliver(*state);
                expect_one_mail(*state);
                assert_true(drafts_left() <= 1);
            }
        }
    }
}

static void
a_refusal_after_a_lost_answer_does_not_double_the_mail(void **state)
{
    static const enum err errs[] = { ERR_UNAVAILABLE, ERR_TOO_MANY,
                                     ERR_UNAUTHENTICATED };

    for (size_t i = 0; i < COUNT(errs); i++) {
        begin(*state, true);
        world.has_effect = true;
        world.send_err = ERR_UNKNOWN_OUTCOME;
        turn(*state);
        world.has_effect = false;
        world.send_err = errs[i];
        pass_time(*state);
        turn(*state);
        assert_int_equal(found(*state)->status, QUEUED);
        delivery.gateway.mailbox_id = "another";
        deliver(*state);
        expect_one_mail(*state);
    }
}

/* A worker whose lease has ended goes on; another has taken over. */
static void
another_worker(struct ctx *cx)
{
    turn(cx);
}

static void
two_workers_at_one_notification_mail_it_once(void **state)
{
    for (int where = 0; where < 2; where++) {
        begin(*state, true);
        if (where == 1) /* during the send: its draft is there already */
            assert_true(turn_and_kill(*state, 6));
        world.meanwhile = another_worker;
        deliver(*state);
        assert_null(world.meanwhile);
        expect_one_mail(*state);
        assert_int_equal(drafts_left(), 0);
    }
}

static void
a_draft_that_somebody_deleted_is_made_again(void **state)
{
    begin(*state, true);
    /* killed when the draft's id is kept, before a send is */
    assert_true(turn_and_kill(*state, 6));
    assert_string_equal(found(*state)->draft_id, "0");
    assert_int_equal(found(*state)->send_started_at, 0);
    world.drafts[0] = false;
    deliver(*state);
    expect_one_mail(*state);
    assert_int_equal(world.made, 2);
}

static void
a_draft_is_looked_for_in_its_own_mailbox_alone(void **state)
{
    begin(*state, true);
    /* killed after the send began, before it left; then another account */
    assert_true(turn_and_kill(*state, 8));
    assert_true(found(*state)->send_started_at > 0);
    delivery.gateway.name = "gmail:other@b.example";
    deliver(*state);
    assert_int_equal(found(*state)->status, UNKNOWN);
    assert_int_equal(world.mails, 0);
}

static void
a_refused_mail_is_abandoned_and_leaves_no_draft(void **state)
{
    begin(*state, true);
    world.send_err = ERR_INVALID;
    turn(*state);
    assert_int_equal(found(*state)->status, ABANDONED);
    assert_int_equal(found(*state)->due_at, 0);
    assert_int_equal(drafts_left(), 0);
    assert_int_equal(world.mails, 0);
}

static void
a_user_who_is_gone_gets_no_mail(void **state)
{
    begin(*state, true);
    world.user = ERR_NOT_FOUND;
    turn(*state);
    assert_int_equal(found(*state)->status, ABANDONED);
    assert_int_equal(world.made, 0);
}

static void
a_mail_that_fails_while_others_leave_waits_longer_each_time(void **state)
{
    int64_t due_at;

    begin(*state, true);
    world.user = ERR_UNAVAILABLE;
    for (int i = 1; i <= 6; i++) {
        pass_time(*state);
        turn(*state);
        due_at = found(*state)->due_at - clock_now();
        assert_int_equal(found(*state)->status, QUEUED);
        assert_int_equal(found(*state)->attempts, i);
        assert_in_range(due_at, (1000 << (i - 1)) - 100, 2000 << (i - 1));
        assert_int_equal(mailbox_resume(*state, &delivery.gateway), OK);
    }
    world.user = OK;
    deliver(*state);
    expect_one_mail(*state);
}

static void
retry_after_is_honoured(void **state)
{
    begin(*state, true);
    world.draft_err = ERR_UNAVAILABLE;
    world.retry_after = 600;
    turn(*state);
    assert_in_range(found(*state)->due_at - clock_now(), 599000, 600000);
}

static void
refused_credentials_stop_the_queue_and_lose_nothing(void **state)
{
    struct mailbox mailbox;

    begin(*state, true);
    world.draft_err = ERR_UNAUTHENTICATED;
    turn(*state);
    assert_int_equal(found(*state)->status, QUEUED);
    assert_int_equal(found(*state)->attempts, 0);
    assert_int_equal(
        real.get_mailbox(*state, &real, delivery.gateway.mailbox_id, &mailbox),
        OK);
    assert_string_equal(mailbox.pause_reason, "as the test wants it");
    assert_in_range(mailbox.paused_until - clock_now(), 59000, 60000);
    /* nobody is taken from the queue until then */
    pass_time(*state);
    assert_true(turn(*state));
    assert_int_equal(found(*state)->attempts, 0);
    /* a minute later it is mended */
    mailbox.paused_until = 1;
    assert_int_equal(real.put_mailbox(*state, &real, &mailbox), OK);
    deliver(*state);
    expect_one_mail(*state);
    assert_int_equal(
        real.get_mailbox(*state, &real, delivery.gateway.mailbox_id, &mailbox),
        OK);
    assert_null(mailbox.pause_reason);
}

static void
a_quota_pauses_the_queue_for_as_long_as_it_says(void **state)
{
    struct mailbox mailbox;

    begin(*state, true);
    world.send_err = ERR_TOO_MANY;
    world.retry_after = 300;
    turn(*state);
    assert_int_equal(
        real.get_mailbox(*state, &real, delivery.gateway.mailbox_id, &mailbox),
        OK);
    assert_in_range(mailbox.paused_until - clock_now(), 299000, 300000);
    assert_int_equal(found(*state)->send_started_at, 0);
}

/* Somebody else is told of a quota while this one's mail is on its way. */
static void
meet_the_quota(struct ctx *cx)
{
    int64_t until;

    cx->retry_after = 300;
    assert_int_equal(
        mailbox_pause(cx, &delivery.gateway, ERR_TOO_MANY, "the quota", &until),
        OK);
}

static void
a_mail_that_still_leaves_ends_no_pause(void **state)
{
    struct mailbox mailbox;
    bool is_open;

    begin(*state, true);
    assert_true(turn_and_kill(*state, 6)); /* its draft is kept */
    kill_at = 0;
    pass_time(*state);
    world.meanwhile = meet_the_quota;
    turn(*state);
    expect_one_mail(*state);
    assert_int_equal(mailbox_get(*state, &delivery.gateway, &mailbox, &is_open),
                     OK);
    assert_false(is_open);
    assert_string_equal(mailbox.pause_reason, "the quota");
}

static void
waiting_for_another_workers_token_is_no_failure(void **state)
{
    struct mailbox mailbox;
    bool is_open;

    begin(*state, true);
    for (int i = 0; i < 3; i++) {
        world.draft_err = ERR_CONFLICT;
        pass_time(*state);
        turn(*state);
        assert_int_equal(found(*state)->status, QUEUED);
        assert_int_equal(found(*state)->attempts, 0);
        assert_in_range(found(*state)->due_at - clock_now(), 900, 2000);
    }
    assert_int_equal(mailbox_get(*state, &delivery.gateway, &mailbox, &is_open),
                     OK);
    assert_int_equal(mailbox.failures, 0);
    deliver(*state);
    expect_one_mail(*state);
}

static void
over_smtp_a_doubtful_send_is_unknown_or_repeated(void **state)
{
    for (int is_at_least_once = 0; is_at_least_once < 2; is_at_least_once++) {
        /* killed before the send left, after it arrived; its answer lost */
        for (int how = 0; how < 3; how++) {
            int mailed = how > 0;

            begin(*state, false);
            delivery.is_at_least_once = is_at_least_once;
            world.has_effect = how == 2;
            if (how == 2)
                world.send_err = ERR_UNKNOWN_OUTCOME;
            assert_int_equal(turn_and_kill(*state, how < 2 ? 5 + how : 99),
                             how < 2);
            world.has_effect = false;
            deliver(*state);
            assert_int_equal(found(*state)->status,
                             is_at_least_once ? SENT : UNKNOWN);
            assert_int_equal(world.mails, mailed + is_at_least_once);
        }
    }
}

/* A turn whose send arrives, but isn't answered. */
static void
send_in_doubt(struct ctx *cx)
{
    pass_time(cx);
    world.has_effect = true;
    world.send_err = ERR_UNKNOWN_OUTCOME;
    turn(cx);
}

static void
over_smtp_a_send_that_stays_doubtful_is_not_repeated_for_ever(void **state)
{
    struct notification *it;
    int64_t since;

    begin(*state, false);
    delivery.is_at_least_once = true;
    send_in_doubt(*state);
    since = found(*state)->send_started_at;
    assert_true(since > 0);
    send_in_doubt(*state);
    assert_int_equal(found(*state)->status, QUEUED);
    assert_int_equal(found(*state)->send_started_at, since);
    /* though all mail fails, each of its tries counts */
    assert_int_equal(found(*state)->attempts, 2);
    /* eleven minutes later */
    it = found(*state);
    it->send_started_at -= 11 * 60 * 1000;
    assert_int_equal(real.update(*state, &real, it), OK);
    send_in_doubt(*state);
    assert_int_equal(found(*state)->status, UNKNOWN);
    assert_int_equal(found(*state)->due_at, 0);
    assert_int_equal(world.mails, 3);
}

static void
over_smtp_a_refused_send_is_repeated(void **state)
{
    begin(*state, false);
    world.send_err = ERR_UNAVAILABLE;
    turn(*state);
    assert_int_equal(found(*state)->status, QUEUED);
    assert_int_equal(found(*state)->send_started_at, 0);
    deliver(*state);
    expect_one_mail(*state);
}

static void
strays_are_swept_and_nothing_else(void **state)
{
    begin(*state, true);
    /* draft 0 is lost: killed before its id was kept; draft 1 is known */
    assert_true(turn_and_kill(*state, 4));
    assert_true(turn_and_kill(*state, 6));
    kill_at = 0;
    assert_string_equal(found(*state)->draft_id, "1");
    /* draft 2 is another shop's */
    snprintf(world.made_for[2], sizeof *world.made_for, "receipt_of-others");
    world.drafts[2] = true;
    world.made = 3;
    assert_int_equal(delivery_sweep(*state, &delivery), OK);
    assert_false(world.drafts[0]);
    assert_true(world.drafts[1]);
    assert_true(world.drafts[2]);
    /* once an hour */
    world.drafts[0] = true;
    assert_int_equal(delivery_sweep(*state, &delivery), OK);
    assert_true(world.drafts[0]);
}

/* So many drafts that nobody knows, made for this test's notification. */
static void
lose_drafts(struct ctx *cx, int count)
{
    begin(cx, true);
    for (int i = 0; i < count; i++) {
        snprintf(world.made_for[i], sizeof *world.made_for, "%s", id);
        world.drafts[i] = true;
    }
    world.made = count;
}

static void
strays_are_swept_page_by_page(void **state)
{
    lose_drafts(*state, 2 * STRAYS + 5);
    assert_int_equal(delivery_sweep(*state, &delivery), OK);
    assert_int_equal(drafts_left(), STRAYS + 5);
    /* the others look, too: there is more */
    for (int i = 0; i < 5; i++)
        assert_int_equal(delivery_sweep(*state, &delivery), OK);
    assert_int_equal(drafts_left(), 0);
    assert_int_equal(world.lists, 3);
}

static void
a_page_that_is_gone_is_forgotten(void **state)
{
    struct mailbox mailbox;
    bool is_open;

    lose_drafts(*state, 1);
    assert_int_equal(mailbox_get(*state, &delivery.gateway, &mailbox, &is_open),
                     OK);
    mailbox.sweep_page = "gone";
    assert_int_equal(real.put_mailbox(*state, &real, &mailbox), OK);
    assert_int_equal(delivery_sweep(*state, &delivery), ERR_INVALID);
    ctx_forgive(*state);
    assert_int_equal(mailbox_get(*state, &delivery.gateway, &mailbox, &is_open),
                     OK);
    assert_null(mailbox.sweep_page);
    /* an hour later, from the first */
    mailbox.swept_at = 0;
    assert_int_equal(real.put_mailbox(*state, &real, &mailbox), OK);
    assert_int_equal(delivery_sweep(*state, &delivery), OK);
    assert_int_equal(drafts_left(), 0);
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_notification_is_mailed_once),
        TEST(a_worker_killed_at_any_step_costs_no_mail_and_doubles_none),
        TEST(an_answer_that_is_lost_costs_no_mail_and_doubles_none),
        TEST(a_refusal_after_a_lost_answer_does_not_double_the_mail),
        TEST(two_workers_at_one_notification_mail_it_once),
        TEST(a_draft_that_somebody_deleted_is_made_again),
        TEST(a_draft_is_looked_for_in_its_own_mailbox_alone),
        TEST(a_refused_mail_is_abandoned_and_leaves_no_draft),
        TEST(a_user_who_is_gone_gets_no_mail),
        TEST(a_mail_that_fails_while_others_leave_waits_longer_each_time),
        TEST(retry_after_is_honoured),
        TEST(refused_credentials_stop_the_queue_and_lose_nothing),
        TEST(a_quota_pauses_the_queue_for_as_long_as_it_says),
        TEST(a_mail_that_still_leaves_ends_no_pause),
        TEST(waiting_for_another_workers_token_is_no_failure),
        TEST(over_smtp_a_doubtful_send_is_unknown_or_repeated),
        TEST(over_smtp_a_send_that_stays_doubtful_is_not_repeated_for_ever),
        TEST(over_smtp_a_refused_send_is_repeated),
        TEST(strays_are_swept_and_nothing_else),
        TEST(strays_are_swept_page_by_page),
        TEST(a_page_that_is_gone_is_forgotten),
    };

    secret_init();
    return cmocka_run_group_tests(tests, open_store, close_store);
}
