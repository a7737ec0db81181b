/*
 * Old orders of which many can't expire: the others do all the same, and
 * nobody is asked about all of them again and again. A cancellation takes as
 * long as Stripe's answer does.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/id.h"
#include "payment/cancellation.h"
#include "payment/expiry.h"

#define HOUR (INT64_C(3600) * 1000)

enum { ORDERS = 300, PAGE = 100, ANSWER = 300, EVERY = 10 * 60 * 1000 };

static struct {
    int64_t now, known, next_at;
    const char *ids[ORDERS]; /* oldest first */
    bool is_stuck[ORDERS], is_expired[ORDERS];
    int tries[ORDERS];
} shop;

#include "shop_clock.h"

static int
place_of(const char *id)
{
    int place = 0;

    while (strcmp(shop.ids[place], id) != 0)
        place++;
    return place;
}

enum err
cancellation_prepare_expiry(struct ctx *cx, struct payment_store *store,
                            const char *order_id)
{
    int place = place_of(order_id);

    (void)store;
    shop.now += ANSWER;
    shop.tries[place]++;
    return shop.is_stuck[place] ? fail(cx, ERR_CONFLICT, "it is processed")
                                : OK;
}

enum err
order_client_set_status(struct ctx *cx, const char *as, const char *id,
                        const char *status, const char *payment_id)
{
    (void)cx;
    (void)as;
    (void)payment_id;
    assert_string_equal(status, "Expired");
    shop.is_expired[place_of(id)] = true;
    return OK;
}

enum err
order_client_list_pending(struct ctx *cx, const char *as, int64_t before,
                          const char *from, struct remote_order_page *ret_page)
{
    struct remote_order_page page = { .next = NULL };
    const char *below = from ? from : id_at(cx->arena, before);

    (void)as;
    for (int i = ORDERS - 1; i >= 0; i--) {
        if (shop.is_expired[i] || strcmp(shop.ids[i], below) >= 0)
            continue;
        if (page.count == PAGE) {
            page.next = page.ids[PAGE - 1];
            break;
        }
        page.ids[page.count++] = shop.ids[i];
    }
    *ret_page = page;
    return OK;
}

static enum err
claim_turn(struct ctx *cx, struct payment_store *store, const char *name,
           int64_t now, int64_t next_at, int64_t *ret_known)
{
    (void)store;
    (void)name;
    if (shop.next_at > now)
        return fail(cx, ERR_NOT_FOUND, "it isn't time");
    shop.next_at = next_at;
    *ret_known = shop.known;
    return OK;
}

static enum err
finish_turn(struct ctx *cx, struct payment_store *store, const char *name,
            int64_t known, int64_t next_at)
{
    (void)cx;
    (void)store;
    (void)name;
    shop.known = known;
    shop.next_at = next_at;
    return OK;
}

/* Orders that are all old enough; so many of the newest are stuck. */
static void
begin(struct ctx *cx, int stuck)
{
    memset(&shop, 0, sizeof shop);
    shop.now = INT64_C(1800000000000);
    for (int i = 0; i < ORDERS; i++) {
        /* four in each millisecond */
        int64_t made_at = shop.now - 200 * HOUR + i / 4;

        shop.ids[i] = arena_strdup(cx->arena, id_at(cx->arena, made_at));
        ((char *)shop.ids[i])[35] = (char)('0' + i % 4);
        shop.is_stuck[i] = i >= ORDERS - stuck;
    }
}

/* All the turns that are due, one after the other, as a worker takes them. */
static void
work_off(struct ctx *cx)
{
    struct payment_store store = { .claim_turn = claim_turn,
                                   .finish_turn = finish_turn };
    bool is_idle = false;

    for (int i = 0; !is_idle; i++) {
        if (i > ORDERS)
            fail_msg("the turns have no end");
        assert_int_equal(expiry_turn(cx, &store, &is_idle), OK);
    }
}

static void
orders_that_can_not_expire_keep_no_other_from_it(void **state)
{
    begin(*state, 120);
    work_off(*state);
    for (int i = 0; i < ORDERS; i++) {
        assert_int_equal(shop.is_expired[i], !shop.is_stuck[i]);
        assert_int_equal(shop.tries[i], 1);
    }
    assert_true(shop.next_at > shop.now);
}

static void
what_can_not_expire_is_tried_again_in_the_next_round(void **state)
{
    begin(*state, 120);
    work_off(*state);
    memset(shop.is_stuck, 0, sizeof shop.is_stuck);
    shop.now += EVERY;
    work_off(*state);
    for (int i = 0; i < ORDERS; i++)
        assert_true(shop.is_expired[i]);
}

static int
open_settings(void **state)
{
    (void)state;
    setenv("TILL_ENV", "/dev/null", 1);
    config_load();
    return 0;
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(orders_that_can_not_expire_keep_no_other_from_it),
        TEST(what_can_not_expire_is_tried_again_in_the_next_round),
    };

    return cmocka_run_group_tests(tests, open_settings, NULL);
}
