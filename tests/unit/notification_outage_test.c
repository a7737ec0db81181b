/*
 * Holds mailbox.h: what becomes of the queue while mail fails, and afterwards.
 * The store is the real one; the gateway is a fake, and time the test's own.
 * Several workers take their turns one after the other, every half second.
 */
#include "adas_receipt.h"
#include "scratch.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "io/secret.h"
#include "notification/delivery.h"
#include "notification/mailbox.h"

#define SECOND INT64_C(1000)
#define MINUTE (60 * SECOND)

enum { WORKERS = 8, MAILS = 40 };

static struct {
    int64_t now;
    bool gateway_is_down, peer_is_down;
    const char *poison; /* a mail that fails always, or NULL */
    int tries, tries_of_poison, sent;

    void (*at_claim)(struct ctx *cx); /* another worker, once */
} shop;

#include "shop_clock.h"

static struct notification_store real, store;
static struct delivery delivery;

static enum err
claim(struct ctx *cx, struct notification_store *self, int64_t now,
      int64_t lease_until, struct notification **ret_notification)
{
    void (*act)(struct ctx *) = shop.at_claim;
    enum err err = real.claim(cx, &real, now, lease_until, ret_notification);

    (void)self;
    shop.at_claim = NULL;
    if (act)
        act(cx);
    return err;
}

static enum err
fake_draft(struct ctx *cx, const struct mail_gateway *gateway,
           const struct parcel *parcel, const char **ret_draft_id)
{
    (void)gateway;
    shop.now += 200;
    if (shop.gateway_is_down)
        return fail(cx, ERR_UNAVAILABLE, "no connection");
    if (shop.poison && strstr(parcel->bytes, shop.poison))
        return fail(cx, ERR_UNAVAILABLE, "status 500");
    *ret_draft_id = id_new(cx->arena);
    return OK;
}

static enum err
fake_send(struct ctx *cx, const struct mail_gateway *gateway,
          const char *draft_id, const struct parcel *parcel)
{
    (void)cx;
    (void)gateway;
    (void)draft_id;
    (void)parcel;
    shop.now += 200;
    shop.sent++;
    return OK;
}

static enum err
look_up(struct ctx *cx, const struct notification *notification,
        struct receipt *ret_receipt)
{
    shop.tries++;
    shop.tries_of_poison +=
        shop.poison && !strcmp(notification->id, shop.poison);
    if (shop.peer_is_down)
        return fail(cx, ERR_UNAVAILABLE, "the order service is away");
    *ret_receipt = adas_receipt(notification);
    return OK;
}

static int
begin(void **state)
{
    struct ctx *cx;

    unit_begin(state);
    cx = *state;
    memset(&shop, 0, sizeof shop);
    shop.now = 1000 * MINUTE;
    assert_int_equal(notification_store_sqlite_open(
                         cx, scratch_begin("notification"), &real),
                     OK);
    db_set_mode(real.db, DB_THREADS);
    store = real;
    store.claim = claim;
    delivery = (struct delivery){
        .store = &store,
        .gateway = { .name = "gmail:a@b.example",
                     .mailbox_id = "gmail:1",
                     .from = "a@b.example",
                     .store = &store,
                     .draft = fake_draft,
                     .send = fake_send },
        .shop_name = "Shop",
        .lease = MINUTE,
        .look_up = look_up,
    };
    return 0;
}

static int
end(void **state)
{
    db_close(real.db);
    scratch_end();
    return unit_end(state);
}

static const char *
queue(struct ctx *cx)
{
    struct notification it = { .status = QUEUED, .version = 1 };

    it.order_id = id_new(cx->arena);
    it.user_id = id_new(cx->arena);
    it.id = notification_id(cx->arena, it.order_id, 0);
    it.created_at = it.updated_at = it.due_at = shop.now;
    assert_int_equal(real.insert(cx, &real, &it), OK);
    return it.id;
}

static struct notification *
found(struct ctx *cx, const char *id)
{
    struct notification *it;

    assert_int_equal(real.get(cx, &real, id, &it), OK);
    return it;
}

/* Each worker does what it may; with memory of its own, as in worker.h. */
static void
look(void)
{
    struct arena *arena = arena_create();

    for (int i = 0; i < WORKERS; i++) {
        bool is_idle = false;

        for (int turns = 0; !is_idle && turns < 2 * MAILS; turns++) {
            struct ctx cx;

            ctx_init(&cx, arena, "worker");
            assert_int_equal(delivery_turn(&cx, &delivery, &is_idle), OK);
            arena_reset(arena);
        }
    }
    arena_free(arena);
    shop.now += SECOND / 2;
}

static void
let_pass(int64_t milliseconds)
{
    int64_t until = shop.now + milliseconds;

    while (shop.now < until)
        look();
}

/* Half an hour in which no mail leaves; then all do, within a minute. */
static void
survive_outage(struct ctx *cx, int mails, bool *is_down)
{
    const char *ids[MAILS];
    int64_t since;

    *is_down = true;
    for (int i = 0; i < mails; i++)
        ids[i] = queue(cx);
    let_pass(30 * MINUTE);
    assert_int_equal(shop.sent, 0);
    /* whoever is down is asked now and then, by all workers together; the same
       mail after a while only half as often */
    assert_in_range(shop.tries, 30 * 60 / (mails > 1 ? 17 : 33),
                    30 * 60 / 8 + 10);
    *is_down = false;
    since = shop.now;
    while (shop.sent < mails && shop.now < since + MINUTE)
        look();
    assert_int_equal(shop.sent, mails);
    for (int i = 0; i < mails; i++)
        assert_in_range(found(cx, ids[i])->attempts, 1, 2);
}

static void
after_an_outage_of_the_gateway_all_mail_leaves_within_a_minute(void **state)
{
    survive_outage(*state, MAILS, &shop.gateway_is_down);
}

static void
after_an_outage_of_a_service_all_mail_leaves_within_a_minute(void **state)
{
    survive_outage(*state, MAILS, &shop.peer_is_down);
}

static void
a_mail_that_is_alone_leaves_within_a_minute_after_an_outage(void **state)
{
    survive_outage(*state, 1, &shop.gateway_is_down);
}

static void
a_mail_that_always_fails_holds_nobody_up(void **state)
{
    struct ctx *cx = *state;
    int64_t queued_at;

    shop.poison = queue(cx);
    for (int i = 1; i <= MAILS; i++) {
        let_pass(2 * MINUTE);
        queued_at = shop.now;
        queue(cx);
        while (shop.sent < i && shop.now < queued_at + MINUTE)
            look();
        assert_int_equal(shop.sent, i);
        assert_true(shop.now - queued_at < 20 * SECOND);
    }
    /* it is tried more and more seldom, as the others leave */
    assert_in_range(found(cx, shop.poison)->attempts, 8, 20);
    shop.tries_of_poison = 0;
    for (int i = 0; i < 60; i++) {
        queue(cx);
        let_pass(MINUTE);
    }
    assert_in_range(shop.tries_of_poison, 4, 9);
}

/* Looks now and then, for so long. */
static void
let_hours_pass(int hours)
{
    int64_t until = shop.now + hours * 60 * MINUTE;

    while (shop.now < until) {
        look();
        shop.now += 10 * SECOND;
    }
}

static void
a_mail_that_always_fails_alone_is_tried_ever_more_seldom(void **state)
{
    struct ctx *cx = *state;

    shop.poison = queue(cx);
    let_hours_pass(24);
    shop.tries_of_poison = 0;
    let_hours_pass(10);
    /* each quarter of an hour at most, half of one at least */
    assert_in_range(shop.tries_of_poison, 40, 80);
    /* it is not taken for an outage: who comes now has to wait for nobody */
    for (int i = 1; i <= 2; i++) {
        int64_t queued_at = shop.now;

        queue(cx);
        while (shop.sent < i && shop.now < queued_at + MINUTE)
            look();
        assert_int_equal(shop.sent, i);
        assert_true(shop.now - queued_at < 17 * SECOND);
    }
    /* one that has left begins it all anew */
    let_hours_pass(1);
    assert_true(found(cx, shop.poison)->attempts > 1);
}

/* What was tried in the last minutes of a day without mail is the last. */
static void
after_a_day_of_outage_all_mail_leaves_within_a_quarter_of_an_hour(void **state)
{
    struct ctx *cx = *state;
    int64_t since;

    shop.gateway_is_down = true;
    for (int i = 0; i < MAILS; i++)
        queue(cx);
    let_hours_pass(24);
    shop.gateway_is_down = false;
    since = shop.now;
    while (shop.sent < MAILS && shop.now < since + 20 * MINUTE)
        look();
    assert_int_equal(shop.sent, MAILS);
    assert_true(shop.now - since < 16 * MINUTE);
}

static void
mails_that_always_fail_starve_nobody(void **state)
{
    struct ctx *cx = *state;
    int64_t since;

    shop.poison = "refund_"; /* all that are told of a refund */
    for (int i = 0; i < MAILS; i++) {
        struct notification *it = found(cx, queue(cx));

        it->refund = 1;
        it->id = notification_id(cx->arena, it->order_id, 1);
        it->due_at = shop.now;
        it->amount = money_of(1, "usd");
        it->version = 1;
        if (i % 8 == 0)
            assert_int_equal(real.insert(cx, &real, it), OK);
    }
    since = shop.now;
    while (shop.sent < MAILS && shop.now < since + 10 * MINUTE)
        look();
    assert_int_equal(shop.sent, MAILS);
    assert_true(shop.now - since < 2 * MINUTE);
}

/* Another worker that found the mailbox open is faster: it tries a mail. */
static void
try_first(struct ctx *cx)
{
    bool is_idle;

    assert_int_equal(delivery_turn(cx, &delivery, &is_idle), OK);
    assert_false(is_idle);
}

static void
of_two_workers_that_find_the_mailbox_open_one_tries(void **state)
{
    const char *ids[] = { queue(*state), queue(*state) };
    int64_t attempts = 0;
    bool is_idle;
    int tries;

    shop.gateway_is_down = true;
    let_pass(5 * MINUTE);
    shop.now += MINUTE; /* nobody looks */
    tries = shop.tries;
    for (int i = 0; i < 2; i++)
        attempts += found(*state, ids[i])->attempts;
    shop.at_claim = try_first;
    assert_int_equal(delivery_turn(*state, &delivery, &is_idle), OK);
    assert_true(is_idle);
    assert_int_equal(shop.tries, tries + 1);
    for (int i = 0; i < 2; i++) {
        struct notification *it = found(*state, ids[i]);

        assert_int_equal(it->status, QUEUED);
        assert_in_range(it->due_at - shop.now, 1, 16 * SECOND);
        attempts -= it->attempts;
    }
    assert_int_equal(attempts, 0);
}

int
main(void)
{
#define OUTAGE_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)
    const struct CMUnitTest tests[] = {
        OUTAGE_TEST(
            after_an_outage_of_the_gateway_all_mail_leaves_within_a_minute),
        OUTAGE_TEST(
            after_an_outage_of_a_service_all_mail_leaves_within_a_minute),
        OUTAGE_TEST(
            a_mail_that_is_alone_leaves_within_a_minute_after_an_outage),
        OUTAGE_TEST(a_mail_that_always_fails_holds_nobody_up),
        OUTAGE_TEST(a_mail_that_always_fails_alone_is_tried_ever_more_seldom),
        OUTAGE_TEST(
            after_a_day_of_outage_all_mail_leaves_within_a_quarter_of_an_hour),
        OUTAGE_TEST(mails_that_always_fail_starve_nobody),
        OUTAGE_TEST(of_two_workers_that_find_the_mailbox_open_one_tries),
    };

    secret_init();
    return cmocka_run_group_tests(tests, NULL, NULL);
}
