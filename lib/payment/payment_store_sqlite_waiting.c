#include "base/stop.h"
#include "payment/payment_store_sqlite.h"

static void
read_waiting(const struct row *row, int first, struct payment_waiting *waiting)
{
    *waiting = (struct payment_waiting){
        .count = row_int(row, first),
        .since = row_int(row, first + 1),
        .due_at = row_int(row, first + 2),
    };
}

static void
read_payments(struct ctx *cx, const struct row *row, void *into)
{
    struct payment_waiting *payments = into;
    enum payment_state state;

    if (!payment_state_named(row_text(cx, row, 0), &state))
        bug("a payment in no known state");
    read_waiting(row, 1, &payments[state]);
}

static void
read_events(struct ctx *cx, const struct row *row, void *into)
{
    (void)cx;
    read_waiting(row, 0, into);
}

static enum err
waiting(struct ctx *cx, struct payment_store *store,
        struct payment_waiting payments[PAYMENT_STATES],
        struct payment_waiting *events)
{
    enum err err;

    err = db_each(cx, store->db, read_payments, payments,
                  "SELECT state, COUNT(*), MIN(created_at), MIN(due_at) "
                  "FROM payments WHERE due_at > 0 GROUP BY state",
                  "");
    if (!err)
        err = db_get(cx, store->db, read_events, events,
                     "SELECT COUNT(*), MIN(received_at), MIN(due_at) "
                     "FROM events WHERE due_at > 0",
                     "");
    return err;
}

void
payment_sqlite_add_waiting(struct payment_store *store)
{
    store->waiting = waiting;
}
