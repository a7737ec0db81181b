#include "base/stop.h"
#include "payment/payment_store_sqlite.h"
#include "payment/refund.h"

static void
read_refund(struct ctx *cx, const struct row *row, void *into)
{
    struct payment *payment = into;
    struct refund *refund = &payment->refunds[payment->refund_count++];

    refund->number = row_int(row, 0);
    refund->key = row_text(cx, row, 1);
    refund->request_key = row_text(cx, row, 2);
    refund->amount = row_int(row, 3);
    refund->stripe_id = row_text(cx, row, 5);
    refund->message = row_text(cx, row, 6);
    refund->submitted_at = row_int(row, 9);
    if (!refund_state_named(row_text(cx, row, 4), &refund->state) ||
        !effect_state_named(row_text(cx, row, 7),
                            &refund->effects[REFUND_MARK]) ||
        !effect_state_named(row_text(cx, row, 8),
                            &refund->effects[REFUND_NOTIFY]))
        bug("a refund in no known state");
}

enum err
payment_sqlite_read_refunds(struct ctx *cx, struct db *db,
                            struct payment *payment)
{
    payment->refunds = arena_array(cx->arena, struct refund, REFUNDS_MAX);
    return db_each(cx, db, read_refund, payment,
                   "SELECT number, key, request_key, amount, state, "
                   "stripe_id, message, mark, notify, submitted_at "
                   "FROM refunds WHERE order_id = ? ORDER BY number",
                   "t", payment->order_id);
}

enum err
payment_sqlite_write_refunds(struct ctx *cx, struct db *db,
                             const struct payment *payment)
{
    enum err err = OK;

    for (size_t i = 0; i < payment->refund_count && !err; i++) {
        const struct refund *refund = &payment->refunds[i];

        err = db_run(cx, db, NULL,
                     "INSERT INTO refunds (order_id, number, key, "
                     "request_key, amount, state, stripe_id, message, mark, "
                     "notify, submitted_at) "
                     "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
                     "ON CONFLICT (order_id, number) DO UPDATE SET "
                     "state = excluded.state, "
                     "stripe_id = excluded.stripe_id, "
                     "message = excluded.message, mark = excluded.mark, "
                     "notify = excluded.notify",
                     "tittittttti", payment->order_id, refund->number,
                     refund->key, refund->request_key, refund->amount,
                     refund_state_name(refund->state), refund->stripe_id,
                     refund->message,
                     effect_state_name(refund->effects[REFUND_MARK]),
                     effect_state_name(refund->effects[REFUND_NOTIFY]),
                     refund->submitted_at);
    }
    return err;
}
