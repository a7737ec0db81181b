/*
 * What order_store.h promises, asked of each home that orders can have.
 */
#include "base/id.h"
#include "homes.h"
#include "order/order.h"

static struct order_store store;

static enum err
open_sqlite(struct ctx *cx, const char *path)
{
    enum err err = order_store_sqlite_open(cx, path, &store);

    if (!err)
        db_set_mode(store.db, DB_THREADS);
    return err;
}

static enum err
open_mongo(struct ctx *cx, const char *uri)
{
    return order_store_mongo_open(cx, uri, &store);
}

static void
close_store(void)
{
    db_close(store.db);
    mongo_close(store.mongo);
}

static struct order *
make_order(struct ctx *cx, const char *user_id)
{
    struct order *order = arena_new(cx->arena, struct order);

    *order = (struct order){
        .id = id_new(cx->arena),
        .user_id = user_id,
        .product_name = "Tea \"Ceylon\" 茶 \xf0\x9f\x8d\xb5 '; --",
        .quantity = 3,
        .price = money_of(1999, "eur"),
        .total = money_of(5997, "eur"),
        .status = PENDING,
        .version = 1,
        .created_at = 1700000000123,
        .updated_at = 1700000000124,
    };
    return order;
}

static struct order *
insert(struct ctx *cx, const char *user_id)
{
    struct order *order = make_order(cx, user_id);

    assert_int_equal(store.insert(cx, &store, order), OK);
    return order;
}

static void
assert_same(const struct order *one, const struct order *other)
{
    assert_string_equal(one->id, other->id);
    assert_string_equal(one->user_id, other->user_id);
    assert_string_equal(one->product_name, other->product_name);
    assert_true(one->quantity == other->quantity);
    assert_true(money_is_equal(one->price, other->price));
    assert_true(money_is_equal(one->total, other->total));
    assert_int_equal(one->status, other->status);
    assert_true(one->version == other->version);
    assert_true(one->created_at == other->created_at);
    assert_true(one->updated_at == other->updated_at);
    if (!one->payment_id || !other->payment_id)
        assert_ptr_equal(one->payment_id, other->payment_id);
    else
        assert_string_equal(one->payment_id, other->payment_id);
}

static void
an_order_comes_back_as_it_was_kept(void **state)
{
    struct ctx *cx = *state;
    struct order *order = insert(cx, "alice"), *found;

    assert_int_equal(store.get(cx, &store, order->id, &found), OK);
    assert_same(order, found);
}

static void
the_largest_numbers_are_kept_exactly(void **state)
{
    struct ctx *cx = *state;
    struct order *order = make_order(cx, "alice"), *found;

    order->price = money_of(9007199254740993, "jpy");
    order->total = money_of(INT64_MAX, "jpy");
    order->quantity = 1000000;
    order->created_at = order->updated_at = 9007199254740993;
    assert_int_equal(store.insert(cx, &store, order), OK);
    assert_int_equal(store.get(cx, &store, order->id, &found), OK);
    assert_same(order, found);
}

static void
an_id_that_exists_is_a_conflict_and_changes_nothing(void **state)
{
    struct ctx *cx = *state;
    struct order *order = insert(cx, "alice"), other = *order, *found;

    other.product_name = "Coffee";
    other.user_id = "bob";
    assert_int_equal(store.insert(cx, &store, &other), ERR_CONFLICT);
    assert_int_equal(store.get(cx, &store, order->id, &found), OK);
    assert_same(order, found);
}

static void
what_is_not_there_is_not_found(void **state)
{
    struct ctx *cx = *state;
    struct order *found = NULL;

    insert(cx, "alice");
    assert_int_equal(store.get(cx, &store, id_new(cx->arena), &found),
                     ERR_NOT_FOUND);
    assert_null(found);
}

static void
an_update_keeps_status_payment_and_time_and_raises_the_version(void **state)
{
    struct ctx *cx = *state;
    struct order *order = insert(cx, "alice"), *found;

    order->status = PAID;
    order->payment_id = "pi_1";
    order->updated_at = 1700000099999;
    order->product_name = "is not changed by an update";
    order->quantity = 77;
    assert_int_equal(store.update(cx, &store, order), OK);
    assert_int_equal(store.get(cx, &store, order->id, &found), OK);
    assert_int_equal(found->status, PAID);
    assert_string_equal(found->payment_id, "pi_1");
    assert_true(found->updated_at == 1700000099999);
    assert_int_equal(found->version, 2);
    assert_int_equal(found->quantity, 3);
    assert_string_not_equal(found->product_name, order->product_name);
}

static void
an_update_of_another_version_is_a_conflict_and_changes_nothing(void **state)
{
    static const int64_t versions[] = { 0, 1, 3 };
    struct ctx *cx = *state;
    struct order *order = insert(cx, "alice"), *found;

    order->status = PAID;
    assert_int_equal(store.update(cx, &store, order), OK);
    for (size_t i = 0; i < COUNT(versions); i++) {
        order->version = versions[i];
        order->status = REFUNDED;
        assert_int_equal(store.update(cx, &store, order), ERR_CONFLICT);
    }
    assert_int_equal(store.get(cx, &store, order->id, &found), OK);
    assert_int_equal(found->status, PAID);
    assert_int_equal(found->version, 2);
}

static void
every_status_can_be_kept(void **state)
{
    struct ctx *cx = *state;

    for (int status = PENDING; status <= REFUNDED; status++) {
        struct order *order = make_order(cx, "alice"), *found;

        order->status = (enum order_status)status;
        assert_int_equal(store.insert(cx, &store, order), OK);
        assert_int_equal(store.get(cx, &store, order->id, &found), OK);
        assert_int_equal(found->status, status);
    }
}

/* Ids that sort as they were made, though made in one millisecond. */
static const char *
nth_id(struct ctx *cx, int n)
{
    return arena_printf(cx->arena, "01890a5d-ac96-774b-bcce-%012d", n);
}

static struct order_page
list(struct ctx *cx, const char *user_id, struct order_query query)
{
    struct order_page page;

    assert_int_equal(store.list(cx, &store, user_id, &query, &page), OK);
    return page;
}

static void
a_users_orders_come_newest_first_page_by_page(void **state)
{
    enum { ORDERS = 25, LIMIT = 10 };
    struct ctx *cx = *state;
    struct order_query query = { .status = -1, .limit = LIMIT };
    int expected = ORDERS - 1;

    for (int i = 0; i < ORDERS; i++) {
        struct order *order = make_order(cx, "alice");

        order->id = nth_id(cx, i);
        assert_int_equal(store.insert(cx, &store, order), OK);
        insert(cx, "bob");
    }
    for (;;) {
        struct order_page page = list(cx, "alice", query);

        for (size_t i = 0; i < page.count; i++) {
            assert_string_equal(page.orders[i].id, nth_id(cx, expected--));
            assert_string_equal(page.orders[i].user_id, "alice");
        }
        if (!page.has_more)
            break;
        assert_int_equal(page.count, LIMIT);
        query.before = page.orders[page.count - 1].id;
    }
    assert_int_equal(expected, -1);
}

static void
a_page_that_is_just_full_has_no_next(void **state)
{
    struct ctx *cx = *state;
    struct order_query query = { .status = -1, .limit = 3 };
    struct order_page page;

    for (int i = 0; i < 3; i++)
        insert(cx, "alice");
    page = list(cx, "alice", query);
    assert_int_equal(page.count, 3);
    assert_false(page.has_more);
    query.limit = 2;
    page = list(cx, "alice", query);
    assert_int_equal(page.count, 2);
    assert_true(page.has_more);
    page = list(cx, "nobody", query);
    assert_int_equal(page.count, 0);
    assert_false(page.has_more);
}

static void
a_list_can_be_of_one_status(void **state)
{
    struct ctx *cx = *state;
    struct order_query query = { .status = PAID, .limit = ORDER_PAGE_MAX };
    struct order_page page;
    struct order *paid;

    insert(cx, "alice");
    paid = insert(cx, "alice");
    paid->status = PAID;
    assert_int_equal(store.update(cx, &store, paid), OK);
    insert(cx, "alice");
    page = list(cx, "alice", query);
    assert_int_equal(page.count, 1);
    assert_string_equal(page.orders[0].id, paid->id);
    query.status = PENDING;
    assert_int_equal(list(cx, "alice", query).count, 2);
    query.status = REFUNDED;
    assert_int_equal(list(cx, "alice", query).count, 0);
    /* everybody's */
    insert(cx, "bob");
    assert_int_equal(list(cx, NULL, query).count, 0);
    query.status = PENDING;
    assert_int_equal(list(cx, NULL, query).count, 3);
    query.status = PAID;
    page = list(cx, NULL, query);
    assert_int_equal(page.count, 1);
    assert_string_equal(page.orders[0].id, paid->id);
    query.status = -1;
    assert_int_equal(list(cx, NULL, query).count, 4);
}

static void
texts_come_back_as_they_are(void **state)
{
    static const char *const hostile[] = {
        "$where",
        "{$ne: null}",
        "a.b.$[]",
        "'); DROP TABLE orders; --",
        "\xf0\x9f\x92\xb8",
        "\"\\\n\x7f",
        "",
        "null",
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(hostile); i++) {
        struct order *order = make_order(cx, hostile[i]), *found;

        order->product_name = order->payment_id = hostile[i];
        assert_int_equal(store.insert(cx, &store, order), OK);
        assert_int_equal(store.get(cx, &store, order->id, &found), OK);
        assert_same(order, found);
        assert_int_equal(list(cx, hostile[i],
                              (struct order_query){ .status = -1, .limit = 2 })
                             .count,
                         1);
        ctx_forgive(cx);
        assert_int_equal(store.get(cx, &store, hostile[i], &found),
                         ERR_NOT_FOUND);
        ctx_forgive(cx);
    }
}

/* The key of a request whose answer was lost names the order's id. */
static void
an_order_whose_id_was_reserved_is_made_once(void **state)
{
    struct order_draft draft = { "Tea", 1, "10", "eur", NULL };
    struct ctx *cx = *state;
    struct order *order, *again;

    cx->caller = (struct caller){ CUSTOMER, "alice" };
    cx->object_id = id_new(cx->arena);
    assert_int_equal(order_create(cx, &store, &draft, &order), OK);
    assert_string_equal(order->id, cx->object_id);
    assert_int_equal(order_create(cx, &store, &draft, &again), OK);
    assert_same(order, again);
    assert_int_equal(
        list(cx, "alice", (struct order_query){ .status = -1, .limit = 2 })
            .count,
        1);
}

static const char *
race_id(struct ctx *cx, int i)
{
    return arena_printf(cx->arena, "order %d", i);
}

/* Pays every order, if nobody else does; counts those. */
static void *
pay_all(void *wins)
{
    struct arena *arena = arena_create();
    struct ctx cx;

    ctx_init(&cx, arena, "race");
    for (int i = 0; i < RACE_OBJECTS; i++) {
        struct order *order = make_order(&cx, "alice");
        enum err err;

        order->id = race_id(&cx, i);
        order->status = PAID;
        order->payment_id = id_new(arena);
        err = store.update(&cx, &store, order);
        assert_true(err == OK || err == ERR_CONFLICT);
        *(int *)wins += err == OK;
    }
    arena_free(arena);
    return NULL;
}

static void
of_many_who_change_an_order_at_once_one_succeeds(void **state)
{
    struct ctx *cx = *state;
    struct order *order, *found;

    for (int i = 0; i < RACE_OBJECTS; i++) {
        order = make_order(cx, "alice");
        order->id = race_id(cx, i);
        assert_int_equal(store.insert(cx, &store, order), OK);
    }
    assert_int_equal(homes_race(), RACE_OBJECTS);
    for (int i = 0; i < RACE_OBJECTS; i++) {
        assert_int_equal(store.get(cx, &store, race_id(cx, i), &found), OK);
        assert_int_equal(found->version, 2);
        assert_int_equal(found->status, PAID);
    }
}

static const struct contract contract = {
    .service = "order",
    .collections = order_collections,
    .open_sqlite = open_sqlite,
    .open_mongo = open_mongo,
    .close = close_store,
    .race = pay_all,
};

int
main(int count, char **words)
{
    const struct CMUnitTest tests[] = {
        HOME_TEST(an_order_comes_back_as_it_was_kept),
        HOME_TEST(the_largest_numbers_are_kept_exactly),
        HOME_TEST(an_id_that_exists_is_a_conflict_and_changes_nothing),
        HOME_TEST(what_is_not_there_is_not_found),
        HOME_TEST(
            an_update_keeps_status_payment_and_time_and_raises_the_version),
        HOME_TEST(
            an_update_of_another_version_is_a_conflict_and_changes_nothing),
        HOME_TEST(every_status_can_be_kept),
        HOME_TEST(a_users_orders_come_newest_first_page_by_page),
        HOME_TEST(a_page_that_is_just_full_has_no_next),
        HOME_TEST(a_list_can_be_of_one_status),
        HOME_TEST(an_order_whose_id_was_reserved_is_made_once),
        HOME_TEST(texts_come_back_as_they_are),
        HOME_TEST(of_many_who_change_an_order_at_once_one_succeeds),
    };
    int failed;

    homes_start(count, words);
    failed = homes_run(false, tests);
    failed += homes_have_mongo() ? homes_run(true, tests) : mongo_server_skip();
    return failed + homes_stop();
}
