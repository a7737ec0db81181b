#include "base/clock.h"
#include "base/stop.h"
#include "payment/payment_store_sqlite.h"

#define COLUMNS                                                                \
    "order_id, id, user_id, amount, currency, state, intent_id, "              \
    "intent_number, lease_owner, lease_until, due_at, version, "               \
    "created_at, updated_at, looked_at"

static void
read_payment(struct ctx *cx, const struct row *row, void *into)
{
    struct payment *payment = into;

    payment->order_id = row_text(cx, row, 0);
    payment->id = row_text(cx, row, 1);
    payment->user_id = row_text(cx, row, 2);
    payment->amount = money_of(row_int(row, 3), row_text(cx, row, 4));
    if (!payment_state_named(row_text(cx, row, 5), &payment->state))
        bug("a payment in no known state");
    payment->intent_id = row_text(cx, row, 6);
    payment->intent_number = row_int(row, 7);
    payment->lease_owner = row_text(cx, row, 8);
    payment->lease_until = row_int(row, 9);
    payment->due_at = row_int(row, 10);
    payment->version = row_int(row, 11);
    payment->created_at = row_int(row, 12);
    payment->updated_at = row_int(row, 13);
    payment->looked_at = row_int(row, 14);
}

static void
read_attempt(struct ctx *cx, const struct row *row, void *into)
{
    struct payment *payment = into;
    struct attempt *attempt = &payment->attempts[payment->attempt_count++];

    attempt->number = row_int(row, 0);
    attempt->key = row_text(cx, row, 1);
    attempt->payment_method = row_text(cx, row, 2);
    if (!payment_state_named(row_text(cx, row, 3), &attempt->state))
        bug("an attempt in no known state");
    attempt->code = row_text(cx, row, 4);
    attempt->message = row_text(cx, row, 5);
    attempt->submitted_at = row_int(row, 6);
    attempt->return_url = row_text(cx, row, 7);
}

static void
read_effect(struct ctx *cx, const struct row *row, void *into)
{
    struct payment *payment = into;
    enum effect_kind kind;

    if (!effect_kind_named(row_text(cx, row, 0), &kind) ||
        !effect_state_named(row_text(cx, row, 1), &payment->effects[kind]))
        bug("an effect of no known kind or state");
}

static enum err
write_attempts(struct ctx *cx, struct db *db, const struct payment *payment)
{
    enum err err = OK;

    for (size_t i = 0; i < payment->attempt_count && !err; i++) {
        const struct attempt *attempt = &payment->attempts[i];

        err = db_run(cx, db, NULL,
                     "INSERT INTO attempts (order_id, number, key, "
                     "payment_method, state, code, message, submitted_at, "
                     "return_url) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) "
                     "ON CONFLICT (order_id, number) DO UPDATE SET "
                     "state = excluded.state, code = excluded.code, "
                     "message = excluded.message",
                     "titttttit", payment->order_id, attempt->number,
                     attempt->key, attempt->payment_method,
                     payment_state_name(attempt->state), attempt->code,
                     attempt->message, attempt->submitted_at,
                     attempt->return_url);
    }
    return err;
}

static enum err
write_effects(struct ctx *cx, struct db *db, const struct payment *payment)
{
    enum err err = OK;

    for (int kind = 0; kind < EFFECTS && !err; kind++) {
        if (payment->effects[kind] == EFFECT_NONE)
            continue;
        err = db_run(cx, db, NULL,
                     "INSERT INTO effects (order_id, kind, state) "
                     "VALUES (?, ?, ?) ON CONFLICT (order_id, kind) "
                     "DO UPDATE SET state = excluded.state",
                     "ttt", payment->order_id,
                     effect_kind_name((enum effect_kind)kind),
                     effect_state_name(payment->effects[kind]));
    }
    return err;
}

static enum err
write_parts(struct ctx *cx, struct db *db, const struct payment *payment)
{
    enum err err;

    if ((err = write_attempts(cx, db, payment)) ||
        (err = write_effects(cx, db, payment)) ||
        (err = payment_sqlite_write_refunds(cx, db, payment)))
        return err;
    return payment_sqlite_write_reviews(cx, db, payment);
}

static enum err
insert_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct payment *payment = arg;
    enum err err;

    err =
        db_run(cx, db, NULL,
               "INSERT INTO payments (" COLUMNS ") "
               "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
               "tttitttitiiiiii", payment->order_id, payment->id,
               payment->user_id, payment->amount.minor,
               payment->amount.currency, payment_state_name(payment->state),
               payment->intent_id, payment->intent_number, payment->lease_owner,
               payment->lease_until, payment->due_at, payment->version,
               payment->created_at, payment->updated_at, payment->looked_at);
    return err ? err : write_parts(cx, db, payment);
}

static enum err
insert(struct ctx *cx, struct payment_store *store,
       const struct payment *payment)
{
    return db_write(cx, store->db, insert_work, (void *)payment);
}

static enum err
save_work(struct ctx *cx, struct db *db, void *arg)
{
    struct payment *payment = arg;
    int64_t changed;
    enum err err;

    err =
        db_run(cx, db, &changed,
               "UPDATE payments SET state = ?, intent_id = ?, "
               "intent_number = ?, lease_owner = ?, "
               "lease_until = ?, due_at = ?, updated_at = ?, looked_at = ?, "
               "version = version + 1 WHERE order_id = ? AND version = ?",
               "ttitiiiiti", payment_state_name(payment->state),
               payment->intent_id, payment->intent_number, payment->lease_owner,
               payment->lease_until, payment->due_at, payment->updated_at,
               payment->looked_at, payment->order_id, payment->version);
    if (!err && changed == 0)
        return fail(cx, ERR_CONFLICT, "the payment has changed meanwhile");
    return err ? err : write_parts(cx, db, payment);
}

static enum err
save(struct ctx *cx, struct payment_store *store, struct payment *payment)
{
    enum err err;

    payment->updated_at = clock_now();
    if ((err = db_write(cx, store->db, save_work, payment)))
        return err;
    payment->version++;
    return OK;
}

/*
 * Five queries, not one transaction: a change between them is seen as a mix,
 * and save() then refuses what was decided on it, since every change raises
 * the version that is read first.
 */
static enum err
get(struct ctx *cx, struct payment_store *store, const char *order_id,
    struct payment **ret_payment)
{
    struct payment *payment = arena_new(cx->arena, struct payment);
    enum err err;

    payment->attempts = arena_array(cx->arena, struct attempt, ATTEMPTS_MAX);
    err = db_get(cx, store->db, read_payment, payment,
                 "SELECT " COLUMNS " FROM payments WHERE order_id = ?", "t",
                 order_id);
    if (!err)
        err = db_each(cx, store->db, read_attempt, payment,
                      "SELECT number, key, payment_method, state, code, "
                      "message, submitted_at, return_url FROM attempts "
                      "WHERE order_id = ? ORDER BY number",
                      "t", order_id);
    if (!err)
        err = db_each(cx, store->db, read_effect, payment,
                      "SELECT kind, state FROM effects WHERE order_id = ?", "t",
                      order_id);
    if (!err)
        err = payment_sqlite_read_refunds(cx, store->db, payment);
    if (!err)
        err = payment_sqlite_read_reviews(cx, store->db, payment);
    if (!err)
        *ret_payment = payment;
    return err;
}

static void
read_order_id(struct ctx *cx, const struct row *row, void *into)
{
    *(const char **)into = row_text(cx, row, 0);
}

static enum err
due(struct ctx *cx, struct payment_store *store, int64_t now,
    const char **ret_order_id)
{
    return db_get(cx, store->db, read_order_id, ret_order_id,
                  "SELECT order_id FROM payments "
                  "WHERE due_at > 0 AND due_at <= ? ORDER BY due_at LIMIT 1",
                  "i", now);
}

static enum err
find(struct ctx *cx, struct payment_store *store, const char *intent_id,
     struct payment **ret_payment)
{
    const char *order_id;
    enum err err;

    err = db_get(cx, store->db, read_order_id, &order_id,
                 "SELECT order_id FROM payments WHERE intent_id = ?", "t",
                 intent_id);
    return err ? err : get(cx, store, order_id, ret_payment);
}

enum err
payment_store_sqlite_open(struct ctx *cx, const char *path,
                          struct payment_store *ret_store)
{
    *ret_store = (struct payment_store){
        .insert = insert,
        .get = get,
        .save = save,
        .due = due,
        .find = find,
    };
    payment_sqlite_add_reviews(ret_store);
    payment_sqlite_add_events(ret_store);
    payment_sqlite_add_waiting(ret_store);
    return db_open(cx, "payment", path, &ret_store->db);
}
