#include "base/stop.h"
#include "payment/payment_store_sqlite.h"
#include "payment/review.h"

static void
read_review(struct ctx *cx, const struct row *row, void *into)
{
    struct payment *payment = into;
    struct review *review = &payment->reviews[payment->review_count++];

    if (!review_kind_named(row_text(cx, row, 0), &review->kind))
        bug("a review of no known kind");
    review->subject = row_text(cx, row, 1);
    review->text = row_text(cx, row, 2);
    review->raised_at = row_int(row, 3);
    review->closed_at = row_int(row, 4);
    review->closed_by = row_text(cx, row, 5);
    review->note = row_text(cx, row, 6);
}

enum err
payment_sqlite_read_reviews(struct ctx *cx, struct db *db,
                            struct payment *payment)
{
    payment->reviews = arena_array(cx->arena, struct review, REVIEWS_MAX);
    return db_each(cx, db, read_review, payment,
                   "SELECT kind, subject, text, raised_at, closed_at, "
                   "closed_by, note FROM reviews WHERE order_id = ? "
                   "ORDER BY raised_at, kind, subject",
                   "t", payment->order_id);
}

enum err
payment_sqlite_write_reviews(struct ctx *cx, struct db *db,
                             const struct payment *payment)
{
    enum err err;

    /* one may have been withdrawn */
    err = db_run(cx, db, NULL, "DELETE FROM reviews WHERE order_id = ?", "t",
                 payment->order_id);
    for (size_t i = 0; i < payment->review_count && !err; i++) {
        const struct review *review = &payment->reviews[i];

        err = db_run(cx, db, NULL,
                     "INSERT INTO reviews (order_id, kind, subject, text, "
                     "raised_at, closed_at, closed_by, note) "
                     "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                     "ttttiitt", payment->order_id,
                     review_kind_name(review->kind), review->subject,
                     review->text, review->raised_at, review->closed_at,
                     review->closed_by, review->note);
    }
    return err;
}

static void
read_order_id(struct ctx *cx, const struct row *row, void *into)
{
    struct order_ids *ids = into;

    ids->ids[ids->count++] = row_text(cx, row, 0);
}

static enum err
reviewed(struct ctx *cx, struct payment_store *store, const char *after,
         struct order_ids *ret_ids)
{
    ret_ids->count = 0;
    return db_each(cx, store->db, read_order_id, ret_ids,
                   "SELECT DISTINCT order_id FROM reviews "
                   "WHERE closed_at = 0 AND order_id > ? "
                   "ORDER BY order_id LIMIT ?",
                   "ti", after ? after : "", (int64_t)ORDER_IDS);
}

static enum err
list(struct ctx *cx, struct payment_store *store, enum payment_state state,
     int64_t most, struct order_ids *ret_ids)
{
    ret_ids->count = 0;
    return db_each(cx, store->db, read_order_id, ret_ids,
                   "SELECT order_id FROM payments WHERE state = ? "
                   "ORDER BY order_id DESC LIMIT ?",
                   "ti", payment_state_name(state), most);
}

void
payment_sqlite_add_reviews(struct payment_store *store)
{
    store->reviewed = reviewed;
    store->list = list;
}
