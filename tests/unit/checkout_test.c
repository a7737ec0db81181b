/*
 * Paying, where the order and what is known of its payment don't go together:
 * money that nobody owes is neither taken nor kept.
 */
#include "shop_model.h"

#include "base/config.h"
#include "base/id.h"
#include "io/migration.h"
#include "io/secret.h"
#include "payment/cancellation.h"
#include "payment/checkout.h"
#include "payment/stripe.h"

static char folder[] = "/tmp/till-checkout-XXXXXX";
static char path[64];
static struct payment_store store;

static enum model_fault
no_fault(void)
{
    return MODEL_PASS;
}

static void
nobody(void)
{
}

/* A world with one order, which nobody has tried to pay. */
static void
begin(struct ctx *cx)
{
    memset(&model, 0, sizeof model);
    model.arena = cx->arena;
    model.fault = no_fault;
    model.meanwhile = nobody;
    shop = (struct shop){ .now = INT64_C(1800000000000) };
    cx->deadline = shop.now + 60000;
    shop_wipe(cx, store.db);
    shop.order = (struct remote_order){
        .id = id_new(cx->arena),
        .user_id = id_new(cx->arena),
        .status = "Pending",
        .total = money_of(3998, "usd"),
    };
    cx->caller = (struct caller){ CUSTOMER, shop.order.user_id };
}

static enum err
pay(struct ctx *cx, const char *method)
{
    struct checkout checkout = { .order_id = shop.order.id,
                                 .payment_method = method,
                                 .is_confirmed = 1 };
    struct checkout_result result;

    return checkout_pay(cx, &store, &checkout, &result);
}

/* Nothing but the passing of time, for an hour, and a worker. */
static void
wait_an_hour(struct ctx *cx)
{
    for (int64_t end = shop.now + 3600 * 1000; shop.now < end;
         shop.now += 60 * 1000) {
        bool is_idle = false;

        cx->deadline = shop.now + 60000;
        while (!is_idle)
            assert_int_equal(checkout_resume(cx, &store, &is_idle), OK);
    }
}

static void
an_order_that_is_paid_by_what_is_not_known_here_is_not_charged(void **state)
{
    begin(*state);
    shop.order.status = "Paid";
    assert_int_equal(pay(*state, "pm_good"), ERR_CONFLICT);
    assert_int_equal(model.intent_count, 0);
}

static void
money_for_a_cancelled_order_goes_back_whoever_finds_it(void **state)
{
    struct ctx *cx = *state;

    begin(cx);
    assert_int_equal(pay(cx, "pm_slow"), OK);
    shop.order.status = "Cancelled";
    model_finish(&model.intents[0], true, NULL);
    /* not the customer's call, nor a worker: another one that cancels */
    assert_int_equal(cancellation_prepare(cx, &store, shop.order.id),
                     ERR_CONFLICT);
    ctx_forgive(cx);
    wait_an_hour(cx);
    assert_int_equal(model.refund_count, 1);
    assert_int_equal(model.refunds[0].amount, 3998);
    assert_int_equal(shop.mails[1], 3998);
}

static int
open_all(void **state)
{
    struct arena *arena = arena_create();
    int64_t applied;
    struct ctx cx;

    (void)state;
    setenv("TILL_ENV", "/dev/null", 1);
    setenv("STRIPE_SECRET_KEY", "sk_test_model", 1);
    config_load();
    secret_init();
    stripe_init();
    ctx_init(&cx, arena, "unit-test");
    assert_non_null(mkdtemp(folder));
    snprintf(path, sizeof path, "%s/payment.db", folder);
    assert_int_equal(migrate(&cx, "payment", path, &applied), OK);
    assert_int_equal(payment_store_sqlite_open(&cx, path, &store), OK);
    db_set_mode(store.db, DB_THREADS);
    arena_free(arena);
    return 0;
}

static int
close_all(void **state)
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

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(an_order_that_is_paid_by_what_is_not_known_here_is_not_charged),
        TEST(money_for_a_cancelled_order_goes_back_whoever_finds_it),
    };

    return cmocka_run_group_tests(tests, open_all, close_all);
}
