/* The rules of orders, over a store that can be overtaken on purpose. */
#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/id.h"
#include "order/order.h"

#define ALICE "01890a5d-ac96-774b-bcce-00000000000a"
#define BOB "01890a5d-ac96-774b-bcce-00000000000b"

/* One order is enough to see the rules. */
static struct {
    struct order order;
    bool is_there;
    int updates;
    int overtakings; /* how many updates come too late */
    enum order_status overtaken_by;
    const char *listed_for;
} kept;

static enum err
insert(struct ctx *cx, struct order_store *store, const struct order *order)
{
    (void)cx, (void)store;
    kept.order = *order;
    kept.is_there = true;
    return OK;
}

static enum err
get(struct ctx *cx, struct order_store *store, const char *id,
    struct order **ret_order)
{
    (void)store;
    if (!kept.is_there || strcmp(kept.order.id, id) != 0)
        return fail(cx, ERR_NOT_FOUND, "there is no such object");
    *ret_order = arena_new(cx->arena, struct order);
    **ret_order = kept.order;
    return OK;
}

static enum err
update(struct ctx *cx, struct order_store *store, const struct order *order)
{
    (void)store;
    kept.updates++;
    if (kept.overtakings > 0) {
        kept.overtakings--;
        kept.order.status = kept.overtaken_by;
        kept.order.version++;
    }
    if (order->version != kept.order.version)
        return fail(cx, ERR_CONFLICT, "the order has changed meanwhile");
    kept.order = *order;
    kept.order.version++;
    return OK;
}

static enum err
list(struct ctx *cx, struct order_store *store, const char *user_id,
     const struct order_query *query, struct order_page *ret_page)
{
    (void)cx, (void)store, (void)query;
    kept.listed_for = user_id;
    *ret_page = (struct order_page){ 0 };
    return OK;
}

static struct order_store store = {
    .insert = insert, .get = get, .update = update, .list = list
};

static int
begin(void **state)
{
    setenv("TILL_ENV", "/dev/null", 1);
    config_load();
    memset(&kept, 0, sizeof kept);
    return unit_begin(state);
}

static void
call_as(struct ctx *cx, enum role role, const char *id)
{
    ctx_forgive(cx);
    cx->caller = (struct caller){ role, id };
}

/* An order of Alice's in this status. */
static const char *
given(struct ctx *cx, enum order_status status)
{
    kept.order = (struct order){
        .id = id_new(cx->arena),
        .user_id = ALICE,
        .product_name = "Tea",
        .quantity = 1,
        .price = money_of(1000, "usd"),
        .total = money_of(1000, "usd"),
        .status = status,
        .payment_id = status == PAID ? "pi_1" : NULL,
        .version = 5,
    };
    kept.is_there = true;
    kept.updates = 0;
    return kept.order.id;
}

/* The payment service: how often it was asked, and what it says. */
static struct {
    int asked;
    enum err says;
} payments;

static enum err
cancel_payment(struct ctx *cx, const char *order_id)
{
    assert_string_equal(order_id, kept.order.id);
    payments.asked++;
    return payments.says ? fail(cx, payments.says, "it is paid") : OK;
}

static enum err
change(struct ctx *cx, const char *id, const char *status,
       const char *payment_id)
{
    struct order_guard guard = { .cancel_payment = cancel_payment };
    struct order_change change = { status, payment_id };
    struct order *order;

    ctx_forgive(cx);
    return order_change(cx, &store, id, &change, &guard, &order);
}

static void
a_new_order_is_pending_and_the_callers(void **state)
{
    struct order_draft draft = { "Tea", 3, "19.99", NULL, NULL };
    struct ctx *cx = *state;
    struct order *order;

    call_as(cx, CUSTOMER, ALICE);
    assert_int_equal(order_create(cx, &store, &draft, &order), OK);
    assert_true(id_is_valid(order->id));
    assert_string_equal(order->user_id, ALICE);
    assert_int_equal(order->status, PENDING);
    assert_true(money_is_equal(order->price, money_of(1999, "usd")));
    assert_true(money_is_equal(order->total, money_of(5997, "usd")));
    assert_int_equal(order->version, 1);
    assert_null(order->payment_id);
    assert_true(order->created_at > 0);
    assert_true(order->created_at == order->updated_at);
    assert_true(kept.is_there);
}

static void
only_an_admin_orders_for_somebody_else(void **state)
{
    struct order_draft draft = { "Tea", 1, "1", "eur", ALICE };
    struct ctx *cx = *state;
    struct order *order;

    call_as(cx, CUSTOMER, BOB);
    assert_int_equal(order_create(cx, &store, &draft, &order), ERR_NOT_FOUND);
    assert_false(kept.is_there);
    call_as(cx, CUSTOMER, ALICE);
    assert_int_equal(order_create(cx, &store, &draft, &order), OK);
    call_as(cx, ADMIN, BOB);
    assert_int_equal(order_create(cx, &store, &draft, &order), OK);
    assert_string_equal(order->user_id, ALICE);
}

static void
what_cannot_be_charged_is_not_ordered(void **state)
{
    static const struct {
        const char *price, *currency;
        int64_t quantity;
        const char *pointer;
    } rows[] = {
        { "19.999", "usd", 1, "/price" },
        { "0", "usd", 1, "/price" },
        { "-1", "usd", 1, "/price" },
        { "x", "usd", 1, "/price" },
        { "1", "xxx", 1, "/currency" },
        { "92233720368547758.07", "usd", 2, "/price" },
        { "99999999999999999999", "usd", 1, "/price" },
    };
    struct ctx *cx = *state;
    struct order *order;

    for (size_t i = 0; i < COUNT(rows); i++) {
        struct order_draft draft = { "Tea", rows[i].quantity, rows[i].price,
                                     rows[i].currency, NULL };

        call_as(cx, CUSTOMER, ALICE);
        assert_int_equal(order_create(cx, &store, &draft, &order), ERR_INVALID);
        assert_non_null(detail_at(cx, rows[i].pointer));
    }
    assert_false(kept.is_there);
}

static void
somebody_elses_order_looks_like_none(void **state)
{
    struct ctx *cx = *state;
    const char *id = given(cx, PENDING), *others, *none;
    struct order *order;

    call_as(cx, CUSTOMER, BOB);
    assert_int_equal(order_get(cx, &store, id, &order), ERR_NOT_FOUND);
    others = cx->fault;
    call_as(cx, CUSTOMER, BOB);
    assert_int_equal(order_get(cx, &store, BOB, &order), ERR_NOT_FOUND);
    none = cx->fault;
    assert_string_equal(others, none);
    assert_int_equal(change(cx, id, "Cancelled", NULL), ERR_NOT_FOUND);
    call_as(cx, CUSTOMER, ALICE);
    assert_int_equal(order_get(cx, &store, id, &order), OK);
    call_as(cx, ADMIN, BOB);
    assert_int_equal(order_get(cx, &store, id, &order), OK);
    call_as(cx, SERVICE, "notification");
    assert_int_equal(order_get(cx, &store, id, &order), OK);
    /* whoever has shown no token has no orders */
    call_as(cx, ANYONE, ALICE);
    assert_int_equal(order_get(cx, &store, id, &order), ERR_NOT_FOUND);
}

static void
a_list_is_the_callers_own(void **state)
{
    struct order_query query = { -1, NULL, 10 };
    struct ctx *cx = *state;
    struct order_page page;

    call_as(cx, CUSTOMER, ALICE);
    assert_int_equal(order_list(cx, &store, NULL, &query, &page), OK);
    assert_string_equal(kept.listed_for, ALICE);
    assert_int_equal(order_list(cx, &store, BOB, &query, &page), ERR_NOT_FOUND);
    assert_string_equal(kept.listed_for, ALICE);
    call_as(cx, ADMIN, ALICE);
    assert_int_equal(order_list(cx, &store, BOB, &query, &page), OK);
    assert_string_equal(kept.listed_for, BOB);
    call_as(cx, SERVICE, "payment");
    assert_int_equal(order_list(cx, &store, BOB, &query, &page), OK);
}

static const enum order_status statuses[] = {
    PENDING, PAID, CANCELLED, EXPIRED, PARTIALLY_REFUNDED, REFUNDED
};

/* From each status to which; a machine of its own, against the rules' table. */
static bool
is_move(enum order_status from, enum order_status to)
{
    switch (from) {
    case PENDING:
        return to == PAID || to == CANCELLED || to == EXPIRED;
    case PAID:
        return to == PARTIALLY_REFUNDED || to == REFUNDED;
    case PARTIALLY_REFUNDED:
        return to == REFUNDED;
    default:
        return false;
    }
}

static void
the_payment_service_makes_every_move_there_is_and_no_other(void **state)
{
    struct ctx *cx = *state;

    call_as(cx, SERVICE, "payment");
    for (size_t i = 0; i < COUNT(statuses); i++) {
        for (size_t j = 0; j < COUNT(statuses); j++) {
            const char *id = given(cx, statuses[i]);
            enum err err =
                change(cx, id, order_status_name(statuses[j]), "pi_1");
            bool is_same = i == j;

            if (is_same || is_move(statuses[i], statuses[j]))
                assert_int_equal(err, OK);
            else
                assert_int_equal(err, ERR_CONFLICT);
            assert_int_equal(kept.order.status,
                             err ? statuses[i] : statuses[j]);
            assert_int_equal(kept.updates, !err && !is_same);
        }
    }
}

static void
owners_and_admins_can_only_cancel(void **state)
{
    static const enum role roles[] = { CUSTOMER, ADMIN };
    struct ctx *cx = *state;

    for (size_t r = 0; r < COUNT(roles); r++) {
        call_as(cx, roles[r], ALICE);
        for (size_t i = 0; i < COUNT(statuses); i++) {
            for (size_t j = 0; j < COUNT(statuses); j++) {
                const char *id = given(cx, statuses[i]);
                enum err err =
                    change(cx, id, order_status_name(statuses[j]), NULL);

                if (i == j ||
                    (statuses[i] == PENDING && statuses[j] == CANCELLED))
                    assert_int_equal(err, OK);
                else if (is_move(statuses[i], statuses[j]))
                    assert_int_equal(err, ERR_FORBIDDEN);
                else
                    assert_int_equal(err, ERR_CONFLICT);
                assert_int_equal(kept.updates, !err && i != j);
            }
        }
    }
}

static void
other_services_change_nothing(void **state)
{
    struct ctx *cx = *state;

    call_as(cx, SERVICE, "notification");
    assert_int_equal(change(cx, given(cx, PENDING), "Paid", NULL),
                     ERR_FORBIDDEN);
    assert_int_equal(change(cx, given(cx, PENDING), "Paid", "pi_1"),
                     ERR_FORBIDDEN);
    assert_int_equal(change(cx, given(cx, PENDING), "Cancelled", NULL),
                     ERR_FORBIDDEN);
    assert_int_equal(kept.updates, 0);
}

static void
a_user_who_is_named_payment_is_not_the_payment_service(void **state)
{
    struct ctx *cx = *state;

    call_as(cx, ADMIN, "payment");
    assert_int_equal(change(cx, given(cx, PENDING), "Paid", "pi_1"),
                     ERR_FORBIDDEN);
    assert_int_equal(change(cx, given(cx, PENDING), "Paid", NULL),
                     ERR_FORBIDDEN);
}

static void
paid_needs_the_payment_that_paid(void **state)
{
    struct ctx *cx = *state;
    const char *id = given(cx, PENDING);

    call_as(cx, SERVICE, "payment");
    assert_int_equal(change(cx, id, "Paid", NULL), ERR_INVALID);
    assert_non_null(detail_at(cx, "/payment_id"));
    assert_int_equal(change(cx, id, "Paid", "pi_1"), OK);
    assert_string_equal(kept.order.payment_id, "pi_1");
    call_as(cx, CUSTOMER, ALICE);
    assert_int_equal(change(cx, id, "Paid", "pi_1"), ERR_FORBIDDEN);
}

static void
the_same_status_again_does_nothing_but_not_by_another_payment(void **state)
{
    struct ctx *cx = *state;
    const char *id = given(cx, PAID);

    call_as(cx, SERVICE, "payment");
    assert_int_equal(change(cx, id, "Paid", "pi_1"), OK);
    assert_int_equal(kept.order.version, 5);
    assert_int_equal(change(cx, id, "Paid", "pi_2"), ERR_CONFLICT);
    assert_string_equal(kept.order.payment_id, "pi_1");
    assert_int_equal(kept.updates, 0);
}

static void
a_refund_keeps_the_payment(void **state)
{
    struct ctx *cx = *state;
    const char *id = given(cx, PAID);

    call_as(cx, SERVICE, "payment");
    assert_int_equal(change(cx, id, "Refunded", NULL), OK);
    assert_string_equal(kept.order.payment_id, "pi_1");
}

static void
an_unknown_status_is_a_wrong_field(void **state)
{
    static const char *const bad[] = { "", "paid", "PAID", "Paid ", "Lost" };
    struct ctx *cx = *state;
    const char *id = given(cx, PENDING);

    call_as(cx, SERVICE, "payment");
    for (size_t i = 0; i < COUNT(bad); i++) {
        assert_int_equal(change(cx, id, bad[i], "pi_1"), ERR_INVALID);
        assert_non_null(detail_at(cx, "/status"));
    }
}

static void
what_was_begun_to_pay_it_is_cancelled_first(void **state)
{
    struct ctx *cx = *state;
    const char *id = given(cx, PENDING);

    call_as(cx, CUSTOMER, ALICE);
    payments.asked = 0;
    payments.says = ERR_CONFLICT;
    assert_int_equal(change(cx, id, "Cancelled", NULL), ERR_CONFLICT);
    assert_int_equal(kept.order.status, PENDING);
    payments.says = ERR_UNAVAILABLE;
    assert_int_equal(change(cx, id, "Cancelled", NULL), ERR_UNAVAILABLE);
    assert_int_equal(kept.order.status, PENDING);
    payments.says = OK;
    assert_int_equal(change(cx, id, "Cancelled", NULL), OK);
    assert_int_equal(kept.order.status, CANCELLED);
    assert_int_equal(payments.asked, 3);
    /* not for what is no change, nor for the payment service itself */
    assert_int_equal(change(cx, id, "Cancelled", NULL), OK);
    id = given(cx, PENDING);
    call_as(cx, SERVICE, "payment");
    assert_int_equal(change(cx, id, "Cancelled", NULL), OK);
    assert_int_equal(payments.asked, 3);
}

static void
who_is_overtaken_decides_again(void **state)
{
    struct ctx *cx = *state;
    const char *id = given(cx, PENDING);

    /* overtaken by something that changed nothing about it */
    kept.overtakings = 3;
    kept.overtaken_by = PENDING;
    call_as(cx, CUSTOMER, ALICE);
    assert_int_equal(change(cx, id, "Cancelled", NULL), OK);
    assert_int_equal(kept.updates, 4);
    assert_int_equal(kept.order.status, CANCELLED);

    /* overtaken by a payment: it can't be cancelled any more */
    id = given(cx, PENDING);
    kept.overtakings = 1;
    kept.overtaken_by = PAID;
    assert_int_equal(change(cx, id, "Cancelled", NULL), ERR_CONFLICT);
    assert_int_equal(kept.order.status, PAID);
    assert_contains(cx->fault, "Paid");

    /* overtaken by the same: it is done */
    id = given(cx, PENDING);
    kept.overtakings = 1;
    kept.overtaken_by = CANCELLED;
    assert_int_equal(change(cx, id, "Cancelled", NULL), OK);
    assert_int_equal(kept.updates, 1);
}

static void
who_is_overtaken_for_ever_gives_up(void **state)
{
    struct ctx *cx = *state;
    const char *id = given(cx, PENDING);

    kept.overtakings = 1000;
    kept.overtaken_by = PENDING;
    call_as(cx, CUSTOMER, ALICE);
    assert_int_equal(change(cx, id, "Cancelled", NULL), ERR_CONFLICT);
    assert_in_range(kept.updates, 2, 100);
}

static enum err
only_version_5(struct ctx *cx, int64_t version, const void *arg)
{
    assert_string_equal(arg, "the arg");
    return version == 5 ? OK : fail(cx, ERR_PRECONDITION, "it has changed");
}

static void
may_change_is_asked_before_and_again_when_overtaken(void **state)
{
    struct order_guard guard = { only_version_5, "the arg", NULL };
    struct order_change cancel = { "Cancelled", NULL };
    struct ctx *cx = *state;
    const char *id = given(cx, PENDING);
    struct order *order;

    call_as(cx, CUSTOMER, ALICE);
    kept.overtakings = 1;
    kept.overtaken_by = PENDING;
    assert_int_equal(order_change(cx, &store, id, &cancel, &guard, &order),
                     ERR_PRECONDITION);
    assert_int_equal(kept.order.status, PENDING);
    id = given(cx, PENDING);
    assert_int_equal(order_change(cx, &store, id, &cancel, &guard, &order), OK);
    assert_int_equal(order->version, 6);
    assert_int_equal(order->status, CANCELLED);
}

static void
every_status_has_a_name_that_leads_back_to_it(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(statuses); i++) {
        enum order_status status;

        assert_true(
            order_status_named(order_status_name(statuses[i]), &status));
        assert_int_equal(status, statuses[i]);
    }
}

#define ORDER_TEST(test) cmocka_unit_test_setup_teardown(test, begin, unit_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        ORDER_TEST(a_new_order_is_pending_and_the_callers),
        ORDER_TEST(only_an_admin_orders_for_somebody_else),
        ORDER_TEST(what_cannot_be_charged_is_not_ordered),
        ORDER_TEST(somebody_elses_order_looks_like_none),
        ORDER_TEST(a_list_is_the_callers_own),
        ORDER_TEST(the_payment_service_makes_every_move_there_is_and_no_other),
        ORDER_TEST(owners_and_admins_can_only_cancel),
        ORDER_TEST(other_services_change_nothing),
        ORDER_TEST(a_user_who_is_named_payment_is_not_the_payment_service),
        ORDER_TEST(paid_needs_the_payment_that_paid),
        ORDER_TEST(
            the_same_status_again_does_nothing_but_not_by_another_payment),
        ORDER_TEST(a_refund_keeps_the_payment),
        ORDER_TEST(an_unknown_status_is_a_wrong_field),
        ORDER_TEST(what_was_begun_to_pay_it_is_cancelled_first),
        ORDER_TEST(who_is_overtaken_decides_again),
        ORDER_TEST(who_is_overtaken_for_ever_gives_up),
        ORDER_TEST(may_change_is_asked_before_and_again_when_overtaken),
        ORDER_TEST(every_status_has_a_name_that_leads_back_to_it),
    };

    return cmocka_run_group_tests_name("order", tests, NULL, NULL);
}
