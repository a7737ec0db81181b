/*
 * What io/record.h promises of both homes, and io/copy.h of a copy, with what
 * the services themselves write and read.
 */
#include <stdio.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/id.h"
#include "io/copy.h"
#include "io/idempotency.h"
#include "io/migration.h"
#include "io/secret.h"
#include "mongo_server.h"
#include "notification/notification.h"
#include "order/order.h"
#include "payment/payment_store.h"
#include "payment/refund.h"
#include "payment/review.h"
#include "unit.h"
#include "user/user.h"

static struct mongo_server server;
static char folder[] = "/tmp/till-record-XXXXXX";
static char one[64], two[64];

static const struct {
    const char *name;
    const struct record_kind *kinds;
    const struct mongo_collection *collections;
} services[] = {
    { "user", user_records, user_collections },
    { "order", order_records, order_collections },
    { "payment", payment_records, payment_collections },
    { "notification", notification_records, notification_collections },
};

static int
begin(void **state)
{
    unit_begin(state);
    mongo_server_renew(&server);
    return 0;
}

static int
end(void **state)
{
    static const char *const names[] = { "", ".lock", "-wal", "-shm" };
    char name[80];

    mongo_server_drop(&server);
    for (size_t i = 0; i < COUNT(names); i++) {
        snprintf(name, sizeof name, "%s%s", one, names[i]);
        unlink(name);
        snprintf(name, sizeof name, "%s%s", two, names[i]);
        unlink(name);
    }
    return unit_end(state);
}

#define PAIR_TEST(test) cmocka_unit_test_setup_teardown(test, begin, end)

/* A database of a service at path; NULL: in MongoDB. */
static struct record_home
open_home(struct ctx *cx, int service, const char *path)
{
    struct record_home home;
    int64_t applied;

    if (path) {
        assert_int_equal(migrate(cx, services[service].name, path, &applied),
                         OK);
        assert_int_equal(
            record_sqlite_open(cx, services[service].name, path, &home), OK);
        return home;
    }
    assert_int_equal(
        mongo_migrate(cx, server.uri, services[service].collections), OK);
    assert_int_equal(
        record_mongo_open(cx, services[service].name, server.uri, &home), OK);
    return home;
}

static int64_t told;

static void
tell(const struct copy *copy, enum copy_step step,
     const struct record_kind *kind, int64_t more)
{
    (void)copy;
    (void)step;
    (void)kind;
    told += more;
}

static struct copy_result
copy_as(struct ctx *cx, int service, const char *from_path, const char *to_path,
        const char *name)
{
    struct record_home from = open_home(cx, service, from_path);
    struct record_home to = open_home(cx, service, to_path);
    struct copy copy = {
        services[service].kinds, &from, &to, name, false, tell
    };
    struct copy_result result;

    assert_int_equal(copy_run(cx, &copy, &result), OK);
    record_close(&from);
    record_close(&to);
    return result;
}

static struct copy_result
copy(struct ctx *cx, int service, const char *from_path, const char *to_path)
{
    return copy_as(cx, service, from_path, to_path, "the source");
}

enum { USERS, ORDERS, PAYMENTS, NOTIFICATIONS };

static const char *
field_named(const struct record_kind *kinds, const char *table,
            const char *column)
{
    for (; kinds->table; kinds++) {
        const struct record_field *fields = kinds->fields;

        for (size_t i = 0; fields[i].name; i++) {
            const struct record_field *part = fields[i].parts;

            if (!strcmp(kinds->table, table) && !part &&
                !strcmp(fields[i].name, column))
                return column;
            if (part && !strcmp(fields[i].name, table) &&
                !strcmp(fields[0].name, column))
                return column;
            for (; part && part->name; part++)
                if (!strcmp(fields[i].name, table) &&
                    !strcmp(part->name, column))
                    return column;
        }
    }
    return NULL;
}

static void
look_for_column(struct ctx *cx, const struct row *row, void *into)
{
    const char *table = row_text(cx, row, 0), *column = row_text(cx, row, 1);

    /* the order in which keys were made: theirs alone who keep them */
    if (!strcmp(table, "idempotency_keys") && !strcmp(column, "number"))
        return;
    if (!field_named(into, table, column))
        fail_msg("%s.%s would not be copied", table, column);
}

static void
every_column_of_every_table_is_copied(void **state)
{
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(services); i++) {
        struct record_home home = open_home(cx, (int)i, one);

        assert_int_equal(
            db_each(cx, home.db, look_for_column, (void *)services[i].kinds,
                    "SELECT m.name, p.name FROM sqlite_schema AS m, "
                    "pragma_table_info(m.name) AS p WHERE m.type = 'table'",
                    ""),
            OK);
        record_close(&home);
        unlink(one);
    }
}

/* "due_at", "lease_until", "until" */
static bool
is_of_time(const char *name)
{
    size_t size = strlen(name);

    return (size > 3 && !strcmp(name + size - 3, "_at")) ||
           (size >= 5 && !strcmp(name + size - 5, "until"));
}

static void
expect_times(const struct record_kind *kind, const struct record_field *field)
{
    for (; field->name; field++) {
        if (field->parts)
            expect_times(kind, field->parts);
        else if ((field->type == 'm') != is_of_time(field->name))
            fail_msg("%s.%s would be copied as '%c'", kind->table, field->name,
                     field->type);
    }
}

/* SQLite and the stores' own reading don't tell a time from a number. */
static void
what_is_a_time_in_mongodb_is_copied_as_one(void **state)
{
    (void)state;
    for (size_t i = 0; i < COUNT(services); i++) {
        const struct record_kind *kind = services[i].kinds;

        for (; kind->table; kind++)
            expect_times(kind, kind->fields);
    }
}

static struct order *
make_order(struct ctx *cx, int number)
{
    struct order *order = arena_new(cx->arena, struct order);

    *order = (struct order){
        .id = arena_printf(cx->arena, "01890a5d-ac96-774b-bcce-%012d", number),
        .user_id = "alice",
        .product_name = "Tea \"Ceylon\" \xf0\x9f\x8d\xb5 '; --",
        .quantity = 3,
        .price = money_of(9007199254740993, "eur"),
        .total = money_of(INT64_MAX, "eur"),
        .status = REFUNDED,
        .payment_id = number % 2 ? "pay_1" : NULL,
        .version = 7,
        .created_at = 1700000000123,
        .updated_at = 1700000000124 + number,
    };
    return order;
}

static struct order_store
open_orders(struct ctx *cx, const char *path)
{
    struct order_store store;

    if (path) {
        assert_int_equal(order_store_sqlite_open(cx, path, &store), OK);
        db_set_mode(store.db, DB_THREADS);
    } else {
        assert_int_equal(order_store_mongo_open(cx, server.uri, &store), OK);
    }
    return store;
}

static void
close_orders(struct order_store *store)
{
    db_close(store->db);
    mongo_close(store->mongo);
}

/* So many orders, more than fit a page; NULL: in MongoDB. */
static void
make_orders(struct ctx *cx, const char *path, int first, int count)
{
    struct record_home home = open_home(cx, ORDERS, path);
    struct order_store store = open_orders(cx, path);

    record_close(&home);
    for (int i = first; i < first + count; i++)
        assert_int_equal(store.insert(cx, &store, make_order(cx, i)), OK);
    close_orders(&store);
}

static void
expect_orders(struct ctx *cx, const char *path, int count)
{
    struct order_store store = open_orders(cx, path);

    for (int i = 0; i < count; i++) {
        struct order *wanted = make_order(cx, i), *found;

        assert_int_equal(store.get(cx, &store, wanted->id, &found), OK);
        assert_string_equal(found->product_name, wanted->product_name);
        assert_true(money_is_equal(found->price, wanted->price));
        assert_true(money_is_equal(found->total, wanted->total));
        assert_int_equal(found->status, REFUNDED);
        assert_int_equal(!found->payment_id, !wanted->payment_id);
        assert_int_equal(found->version, 7);
        assert_true(found->created_at == wanted->created_at);
        assert_true(found->updated_at == wanted->updated_at);
    }
    close_orders(&store);
}

enum { MANY = RECORDS + RECORDS / 2 };

static void
orders_of_several_pages_go_there_and_back_as_they_were(void **state)
{
    struct ctx *cx = *state;
    struct copy_result there, back;

    make_orders(cx, one, 0, MANY);
    told = 0;
    there = copy(cx, ORDERS, one, NULL);
    assert_int_equal(there.outcome, COPY_DONE);
    assert_int_equal(there.put, MANY);
    assert_int_equal(told, 3 * MANY); /* nothing was there to be dropped */
    expect_orders(cx, NULL, MANY);
    back = copy(cx, ORDERS, NULL, two);
    assert_int_equal(back.outcome, COPY_DONE);
    expect_orders(cx, two, MANY);
    assert_int_equal(back.to[0].count, MANY);
    assert_true(copy_is_same(&there.from[0], &back.to[0]));
}

static void
a_copy_that_is_made_again_writes_nothing(void **state)
{
    struct ctx *cx = *state;
    struct copy_result again;

    make_orders(cx, one, 0, 3);
    (void)copy(cx, ORDERS, one, NULL);
    again = copy(cx, ORDERS, one, NULL);
    assert_int_equal(again.outcome, COPY_WAS_DONE);
    assert_int_equal(again.put + again.dropped, 0);
}

static void
a_target_with_other_data_is_refused_and_left_alone(void **state)
{
    struct ctx *cx = *state;
    struct copy_result result;

    make_orders(cx, one, 0, 3);
    make_orders(cx, NULL, 2, 2);
    result = copy(cx, ORDERS, one, NULL);
    assert_int_equal(result.outcome, COPY_OTHER_DATA);
    assert_int_equal(result.from[0].count, 3);
    assert_int_equal(result.to[0].count, 2);
    result = copy(cx, ORDERS, NULL, one);
    assert_int_equal(result.outcome, COPY_OTHER_DATA);
    result = copy(cx, ORDERS, one, NULL);
    assert_int_equal(result.to[0].count, 2);
}

static void
other_content_under_the_same_ids_is_found_out(void **state)
{
    struct ctx *cx = *state;
    struct order *order = make_order(cx, 1);
    struct copy_result result;
    struct order_store store;

    make_orders(cx, one, 0, 3);
    (void)copy(cx, ORDERS, one, NULL);
    store = open_orders(cx, NULL);
    assert_int_equal(store.update(cx, &store, order), OK);
    close_orders(&store);
    result = copy(cx, ORDERS, one, NULL);
    assert_int_equal(result.outcome, COPY_OTHER_DATA);
    assert_int_equal(result.from[0].count, result.to[0].count);
    assert_false(copy_is_same(&result.from[0], &result.to[0]));
}

/* As a copy that was killed leaves it, and a source that has moved on. */
static void
leave_half(struct ctx *cx, const char *path, const char *source)
{
    struct record_home home = open_home(cx, ORDERS, path);

    assert_int_equal(home.mark(cx, &home, source), OK);
    record_close(&home);
}

static void
a_copy_that_was_cut_off_goes_on_with_what_is_missing(void **state)
{
    struct ctx *cx = *state;
    struct copy_result result;

    for (int way = 0; way < 2; way++) {
        const char *from = way ? NULL : one, *to = way ? two : NULL;
        const char *source = NULL;
        struct record_home home;

        if (!way)
            make_orders(cx, one, 0, MANY);
        make_orders(cx, to, 0, way ? 5 : RECORDS);
        leave_half(cx, to, "the source");
        result = copy(cx, ORDERS, from, to);
        assert_int_equal(result.outcome, COPY_DONE);
        assert_int_equal(result.put, MANY - (way ? 5 : RECORDS));
        expect_orders(cx, to, MANY);
        home = open_home(cx, ORDERS, to);
        assert_int_equal(home.marked(cx, &home, &source), OK);
        assert_null(source);
        record_close(&home);
    }
}

static void
what_has_changed_or_gone_since_is_changed_or_gone_in_the_copy(void **state)
{
    struct ctx *cx = *state;
    struct order *changed = make_order(cx, 1), *found;
    struct copy_result result;
    struct order_store store;

    make_orders(cx, one, 0, 3);
    make_orders(cx, NULL, 0, 2);
    make_orders(cx, NULL, 77, 1); /* gone from the source */
    store = open_orders(cx, NULL);
    changed->status = PENDING;
    assert_int_equal(store.update(cx, &store, changed), OK);
    leave_half(cx, NULL, "the source");
    result = copy(cx, ORDERS, one, NULL);
    assert_int_equal(result.outcome, COPY_DONE);
    assert_int_equal(result.put, 2);
    assert_int_equal(result.dropped, 1);
    expect_orders(cx, NULL, 3);
    assert_int_equal(store.get(cx, &store, make_order(cx, 77)->id, &found),
                     ERR_NOT_FOUND);
    close_orders(&store);
}

static void
a_target_that_is_filled_from_elsewhere_is_refused(void **state)
{
    struct ctx *cx = *state;
    struct copy_result result;

    make_orders(cx, one, 0, 1);
    for (int way = 0; way < 2; way++) {
        leave_half(cx, way ? two : NULL, "another");
        result = copy_as(cx, ORDERS, way ? NULL : one, way ? two : NULL,
                         "the source");
        assert_int_equal(result.outcome, COPY_OTHER_SOURCE);
        assert_string_equal(result.source, "another");
    }
}

static bool is_changed;
static int next_number;

/* While a page is being put, somebody writes to the source, once. */
static void
tell_and_change(const struct copy *it, enum copy_step step,
                const struct record_kind *kind, int64_t more)
{
    struct arena *arena = arena_create();
    struct order_store store;
    struct ctx cx;

    (void)it;
    (void)kind;
    ctx_init(&cx, arena, "unit-test");
    if (step == COPY_PUT && more > 0 && !is_changed) {
        is_changed = true;
        store = open_orders(&cx, one);
        assert_int_equal(
            store.insert(&cx, &store, make_order(&cx, next_number++)), OK);
        close_orders(&store);
    }
    arena_free(arena);
}

static void
a_source_that_is_written_to_meanwhile_is_found_out(void **state)
{
    struct ctx *cx = *state;
    struct record_home from, to;
    struct copy copying = { order_records, &from, &to,
                            "the source",  false, tell_and_change };
    struct copy_result result;

    make_orders(cx, one, 2, 2);
    from = open_home(cx, ORDERS, one);
    to = open_home(cx, ORDERS, NULL);
    copying.is_first = true;
    assert_int_equal(copy_run(cx, &copying, &result), OK);
    assert_int_equal(result.outcome, COPY_BEGUN);
    is_changed = false;
    copying.is_first = false;
    assert_int_equal(copy_run(cx, &copying, &result), OK);
    assert_int_equal(result.outcome, COPY_CHANGED);
    assert_int_equal(copy_run(cx, &copying, &result), OK);
    assert_int_equal(result.outcome, COPY_DONE);
    assert_int_equal(result.put, 1);
    record_close(&from);
    record_close(&to);
    expect_orders(cx, NULL, 4);
}

static struct payment *
make_payment(struct ctx *cx)
{
    struct payment *payment =
        payment_new(cx, "01890a5d-ac96-774b-bcce-000000000001", "alice",
                    money_of(3998, "usd"));
    struct intent_news news = { 2, PAYMENT_SUCCEEDED, NULL, NULL, NULL };
    struct refund *refund;

    payment->intent_id = "pi_1";
    payment->lease_owner = "somebody";
    payment->looked_at = 17;
    assert_int_equal(payment_begin_attempt(cx, payment, "pm_1", NULL), OK);
    payment->attempts[0].state = PAYMENT_FAILED;
    payment->attempts[0].code = "card_declined";
    payment->attempts[0].message = "No.";
    assert_int_equal(
        payment_begin_attempt(cx, payment, "pm_2", "https://shop.example/"),
        OK);
    assert_true(payment_learn(payment, &news));
    payment->effects[EFFECT_MARK_PAID] = EFFECT_DONE;
    payment->effects[EFFECT_NOTIFY] = EFFECT_REFUSED;
    assert_int_equal(refund_begin(cx, payment, 5, "a request", &refund), OK);
    refund->stripe_id = "re_1";
    refund->effects[REFUND_MARK] = EFFECT_PENDING;
    assert_int_equal(refund_begin(cx, payment, 6, NULL, &refund), OK);
    refund->message = "why";
    return payment;
}

static void
raise_flags(struct payment *payment)
{
    static const struct review reviews[] = {
        { REVIEW_STRAY, "pi_2", "another", 5, 0, NULL, NULL, false },
        { REVIEW_DISPUTE, "dp_1", "angry", 5, 9, "ann", "called", false },
    };

    memcpy(payment->reviews, reviews, sizeof reviews);
    payment->review_count = COUNT(reviews);
}

static struct payment_store
open_payments(struct ctx *cx, const char *path)
{
    struct payment_store store;

    if (path) {
        assert_int_equal(payment_store_sqlite_open(cx, path, &store), OK);
        db_set_mode(store.db, DB_THREADS);
    } else {
        assert_int_equal(payment_store_mongo_open(cx, server.uri, &store), OK);
    }
    return store;
}

static void
expect_payment(struct ctx *cx, struct payment_store *store)
{
    struct payment *wanted = make_payment(cx), *found;
    struct order_ids ids;

    assert_int_equal(store->get(cx, store, wanted->order_id, &found), OK);
    assert_string_equal(found->lease_owner, "somebody");
    assert_int_equal(found->looked_at, 17);
    assert_int_equal(found->version, wanted->version);
    assert_int_equal(found->attempt_count, 2);
    assert_string_equal(found->attempts[0].key, wanted->attempts[0].key);
    assert_string_equal(found->attempts[0].code, "card_declined");
    assert_null(found->attempts[0].return_url);
    assert_string_equal(found->attempts[1].return_url, "https://shop.example/");
    assert_int_equal(found->attempts[1].state, PAYMENT_SUCCEEDED);
    assert_int_equal(found->effects[EFFECT_MARK_PAID], EFFECT_DONE);
    assert_int_equal(found->effects[EFFECT_NOTIFY], EFFECT_REFUSED);
    assert_int_equal(found->refund_count, 2);
    assert_string_equal(found->refunds[0].request_key, "a request");
    assert_string_equal(found->refunds[0].stripe_id, "re_1");
    assert_int_equal(found->refunds[0].effects[REFUND_MARK], EFFECT_PENDING);
    assert_int_equal(found->refunds[1].amount, 6);
    assert_string_equal(found->refunds[1].message, "why");
    assert_int_equal(found->review_count, 2);
    assert_int_equal(found->reviews[0].kind, REVIEW_DISPUTE);
    assert_string_equal(found->reviews[0].note, "called");
    assert_int_equal(found->reviews[1].closed_at, 0);
    /* by what MongoDB has besides, too */
    assert_int_equal(store->reviewed(cx, store, NULL, &ids), OK);
    assert_int_equal(ids.count, 1);
    assert_int_equal(store->save(cx, store, found), OK);
    assert_int_equal(store->find(cx, store, "pi_1", &found), OK);
}

/* One that nothing has happened to yet, as it is made. */
static struct payment *
bare_payment(struct ctx *cx)
{
    return payment_new(cx, "01890a5d-ac96-774b-bcce-000000000002", "bob",
                       money_of(1, "usd"));
}

static void
make_payments(struct ctx *cx)
{
    struct record_home home = open_home(cx, PAYMENTS, one);
    struct payment_store store = open_payments(cx, one);
    struct inbox_event event = {
        "evt_1", "charge.refunded", NULL, "pi_1", 5, 6, 7, 8, "asked"
    };
    struct payment *payment = make_payment(cx);
    int64_t known;

    record_close(&home);
    raise_flags(payment);
    assert_int_equal(store.insert(cx, &store, payment), OK);
    assert_int_equal(store.insert(cx, &store, bare_payment(cx)), OK);
    assert_int_equal(store.insert_event(cx, &store, &event), OK);
    assert_int_equal(store.claim_turn(cx, &store, "events", 5, 6, &known), OK);
    assert_int_equal(store.finish_turn(cx, &store, "events", 7, 8), OK);
    db_close(store.db);
}

static void
payments_go_there_and_back_with_all_that_belongs_to_them(void **state)
{
    struct ctx *cx = *state;
    struct payment_store store;
    struct inbox_event event;
    struct payment *bare;
    int64_t known = 0;

    make_payments(cx);
    assert_int_equal(copy(cx, PAYMENTS, one, NULL).outcome, COPY_DONE);
    assert_int_equal(copy(cx, PAYMENTS, NULL, two).outcome, COPY_DONE);
    for (int way = 0; way < 2; way++) {
        store = open_payments(cx, way ? two : NULL);
        expect_payment(cx, &store);
        assert_int_equal(
            store.get(cx, &store, bare_payment(cx)->order_id, &bare), OK);
        assert_int_equal(bare->effects[EFFECT_NOTIFY], EFFECT_NONE);
        assert_int_equal(store.due_event(cx, &store, 7, &event), OK);
        assert_string_equal(event.outcome, "asked");
        assert_int_equal(event.tries, 8);
        assert_int_equal(store.claim_turn(cx, &store, "events", 7, 9, &known),
                         ERR_NOT_FOUND);
        assert_int_equal(store.claim_turn(cx, &store, "events", 8, 9, &known),
                         OK);
        assert_int_equal(known, 7);
        assert_int_equal(store.claim_turn(cx, &store, "expiry", 8, 9, &known),
                         OK);
        db_close(store.db);
        mongo_close(store.mongo);
    }
}

static struct user_store
open_users(struct ctx *cx, const char *path)
{
    struct user_store store;

    if (path) {
        assert_int_equal(user_store_sqlite_open(cx, path, &store), OK);
        db_set_mode(store.db, DB_THREADS);
    } else {
        assert_int_equal(user_store_mongo_open(cx, server.uri, &store), OK);
    }
    return store;
}

static void
expect_users(struct ctx *cx, struct user_store *store, struct user user)
{
    struct user_failures failures;
    struct user *found;

    assert_int_equal(store->find(cx, store, user.email_key, &found), OK);
    assert_string_equal(found->id, user.id);
    assert_string_equal(found->password_hash, user.password_hash);
    assert_int_equal(found->role, ADMIN);
    assert_int_equal(found->version, 3);
    user.id = id_new(cx->arena);
    assert_int_equal(store->insert(cx, store, &user), ERR_CONFLICT);
    ctx_forgive(cx);
    assert_int_equal(
        store->failures(cx, store, "eve@shop.example", clock_now(), &failures),
        OK);
    assert_int_equal(failures.count, 2);
}

static void
accounts_go_there_and_back_with_their_addresses_and_failed_logins(void **state)
{
    struct ctx *cx = *state;
    struct user user = { "01890a5d-ac96-774b-bcce-000000000001",
                         "Ada",
                         "Ada@shop.example",
                         "ada@shop.example",
                         "$argon2id$",
                         ADMIN,
                         3,
                         1,
                         2 };
    struct record_home home = open_home(cx, USERS, one);
    struct user_store store = open_users(cx, one);
    struct copy_result there;

    record_close(&home);
    assert_int_equal(store.insert(cx, &store, &user), OK);
    for (int i = 0; i < 2; i++)
        assert_int_equal(
            store.count_failure(cx, &store, "eve@shop.example", clock_now()),
            OK);
    /* counts no more: MongoDB may throw it away at any time */
    assert_int_equal(store.count_failure(cx, &store, "old@shop.example", 1),
                     OK);
    db_close(store.db);
    there = copy(cx, USERS, one, NULL);
    assert_int_equal(there.outcome, COPY_DONE);
    assert_int_equal(there.put, 2);
    assert_int_equal(copy(cx, USERS, NULL, two).outcome, COPY_DONE);
    for (int way = 0; way < 2; way++) {
        store = open_users(cx, way ? two : NULL);
        expect_users(cx, &store, user);
        db_close(store.db);
        mongo_close(store.mongo);
    }
}

static void
an_account_that_was_never_finished_is_not_copied(void **state)
{
    struct ctx *cx = *state;
    struct user user = { "01890a5d-ac96-774b-bcce-000000000001",
                         "Ada",
                         "ada@shop.example",
                         "ada@shop.example",
                         "$argon2id$",
                         CUSTOMER,
                         1,
                         1,
                         1 };
    struct record_home home = open_home(cx, USERS, NULL);
    struct user_store store = open_users(cx, NULL);
    int64_t matched;

    record_close(&home);
    assert_int_equal(store.insert(cx, &store, &user), OK);
    assert_int_equal(
        mongo_update(
            cx, store.mongo, "user_emails",
            mongo_doc(cx, "t", "_id", user.email_key),
            mongo_doc(cx, "d", "$set", mongo_doc(cx, "b", "settled", false)),
            &matched),
        OK);
    mongo_close(store.mongo);
    assert_int_equal(copy(cx, USERS, NULL, two).from[0].count, 0);
}

static void
mails_go_there_and_back_with_who_closed_them(void **state)
{
    struct ctx *cx = *state;
    struct record_home home = open_home(cx, NOTIFICATIONS, one);
    struct notification it = { .id = "receipt_1",
                               .user_id = "alice",
                               .order_id = "1",
                               .refund = 2,
                               .amount = money_of(5, "usd"),
                               .status = ABANDONED,
                               .attempts = 3,
                               .mailbox = "gmail",
                               .draft_id = "r1",
                               .last_error = "no",
                               .version = 4 };
    struct mailbox mailbox = { .id = "gmail",
                               .access_token = "token",
                               .token_expires_at = 1,
                               .refreshing_until = 2,
                               .paused_until = 3,
                               .pause_reason = "why",
                               .failures = 4,
                               .next_try_at = 5,
                               .swept_at = 6,
                               .sweep_page = "page" };
    struct notification_closing closing = { "1", "ann", "wrote", 99, 0 };
    struct notification_store store;

    record_close(&home);
    assert_int_equal(notification_store_sqlite_open(cx, one, &store), OK);
    db_set_mode(store.db, DB_THREADS);
    assert_int_equal(store.insert(cx, &store, &it), OK);
    assert_int_equal(store.put_mailbox(cx, &store, &mailbox), OK);
    assert_int_equal(store.close_stuck(cx, &store, &closing), OK);
    db_close(store.db);
    assert_int_equal(copy(cx, NOTIFICATIONS, one, NULL).outcome, COPY_DONE);
    assert_int_equal(copy(cx, NOTIFICATIONS, NULL, two).outcome, COPY_DONE);
    for (int way = 0; way < 2; way++) {
        struct notification_ids ids;
        struct notification *found;
        enum err err =
            way ? notification_store_sqlite_open(cx, two, &store)
                : notification_store_mongo_open(cx, server.uri, &store);

        assert_int_equal(err, OK);
        assert_int_equal(store.get(cx, &store, it.id, &found), OK);
        assert_int_equal(found->refund, 2);
        assert_int_equal(found->version, 4);
        assert_string_equal(found->draft_id, "r1");
        assert_int_equal(store.stuck(cx, &store, NULL, &ids), OK);
        assert_int_equal(ids.count, 0);
        assert_int_equal(store.get_mailbox(cx, &store, "gmail", &mailbox), OK);
        assert_string_equal(mailbox.access_token, "token");
        assert_int_equal(mailbox.token_expires_at, 1);
        assert_int_equal(mailbox.refreshing_until, 2);
        assert_int_equal(mailbox.paused_until, 3);
        assert_string_equal(mailbox.pause_reason, "why");
        assert_int_equal(mailbox.failures, 4);
        assert_int_equal(mailbox.next_try_at, 5);
        assert_int_equal(mailbox.swept_at, 6);
        assert_string_equal(mailbox.sweep_page, "page");
        assert_int_equal(mailbox.version, 1);
        db_close(store.db);
        mongo_close(store.mongo);
    }
}

static struct idempotency_store *
open_keys(struct ctx *cx, struct record_home *home, const char *path)
{
    *home = open_home(cx, ORDERS, path);
    if (home->db) {
        db_set_mode(home->db, DB_THREADS);
        idempotency_store_open(home->db);
    } else {
        idempotency_store_open_mongo(home->mongo,
                                     IDEMPOTENCY_COLLECTION("order"));
    }
    return idempotency_store();
}

static enum key_state
claim(struct ctx *cx, struct idempotency_store *store, const char *key,
      const char *object_id, const char **ret_object_id)
{
    int64_t now = clock_now();
    struct key_claim claim = { key, "Body",  id_new(cx->arena),
                               now, now + 1, object_id };
    struct kept_answer answer = { .status = 201, .body = "made" },
                       found = { 0 };
    enum key_state state;

    assert_int_equal(store->claim(cx, store, &claim, &state, &found), OK);
    if (state == KEY_CLAIMED && !strcmp(key, "answered"))
        assert_int_equal(store->keep(cx, store, &claim, &answer), OK);
    if (state == KEY_KEPT)
        assert_string_equal(found.body, "made");
    *ret_object_id = claim.object_id;
    return state;
}

static void
keys_go_there_and_back_with_answers_and_the_ids_that_they_reserve(void **state)
{
    struct ctx *cx = *state;
    struct idempotency_store *store;
    struct record_home home;
    const char *id;

    store = open_keys(cx, &home, NULL);
    assert_int_equal(claim(cx, store, "answered", "o1", &id), KEY_CLAIMED);
    assert_int_equal(claim(cx, store, "died", "o2", &id), KEY_CLAIMED);
    record_close(&home);
    assert_int_equal(copy(cx, ORDERS, NULL, one).outcome, COPY_DONE);
    mongo_server_drop(&server);
    mongo_server_renew(&server);
    assert_int_equal(copy(cx, ORDERS, one, NULL).outcome, COPY_DONE);
    for (int way = 0; way < 2; way++) {
        store = open_keys(cx, &home, way ? one : NULL);
        assert_int_equal(claim(cx, store, "answered", "o3", &id), KEY_KEPT);
        while (claim(cx, store, "died", "o3", &id) == KEY_RUNNING)
            continue; /* a millisecond */
        assert_string_equal(id, "o2");
        record_close(&home);
    }
}

int
main(void)
{
    const struct CMUnitTest tests[] = {
        PAIR_TEST(every_column_of_every_table_is_copied),
        cmocka_unit_test(what_is_a_time_in_mongodb_is_copied_as_one),
        PAIR_TEST(orders_of_several_pages_go_there_and_back_as_they_were),
        PAIR_TEST(a_copy_that_is_made_again_writes_nothing),
        PAIR_TEST(a_target_with_other_data_is_refused_and_left_alone),
        PAIR_TEST(other_content_under_the_same_ids_is_found_out),
        PAIR_TEST(a_copy_that_was_cut_off_goes_on_with_what_is_missing),
        PAIR_TEST(
            what_has_changed_or_gone_since_is_changed_or_gone_in_the_copy),
        PAIR_TEST(a_target_that_is_filled_from_elsewhere_is_refused),
        PAIR_TEST(a_source_that_is_written_to_meanwhile_is_found_out),
        PAIR_TEST(payments_go_there_and_back_with_all_that_belongs_to_them),
        PAIR_TEST(
            accounts_go_there_and_back_with_their_addresses_and_failed_logins),
        PAIR_TEST(an_account_that_was_never_finished_is_not_copied),
        PAIR_TEST(mails_go_there_and_back_with_who_closed_them),
        PAIR_TEST(
            keys_go_there_and_back_with_answers_and_the_ids_that_they_reserve),
    };
    int failed;

    config_load();
    secret_init();
    if (!mkdtemp(folder))
        return 1;
    snprintf(one, sizeof one, "%s/one.db", folder);
    snprintf(two, sizeof two, "%s/two.db", folder);
    if (mongo_server_start(&server))
        failed = mongo_server_skip();
    else
        failed = cmocka_run_group_tests(tests, NULL, NULL);
    mongo_server_stop(&server);
    return failed + !!rmdir(folder);
}
