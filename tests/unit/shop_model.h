/*
 * What else lib/payment meets, in the test's own process: a clock that only
 * the test moves, the order service with one order, the notification service
 * that counts what it was asked for, and a log that says nothing.
 */
#ifndef TILL_TESTS_SHOP_MODEL_H
#define TILL_TESTS_SHOP_MODEL_H

#include "base/id.h"
#include "base/log.h"
#include "io/db.h"
#include "io/worker.h"
#include "peer/notification_client.h"
#include "peer/order_client.h"
#include "stripe_model.h"

enum { SHOP_MAILS = 64 };

static struct shop {
    int64_t now; /* milliseconds */
    struct remote_order order;
    int64_t mails[SHOP_MAILS]; /* by refund, 0: the receipt; 0: none asked */
    enum err refusal; /* what both services answer to a change, or OK */
} shop;

#include "shop_clock.h"

void
log_init(const char *program)
{
    (void)program;
}

void
log_begin(struct log_line *line, struct ctx *cx, const char *level,
          const char *message)
{
    (void)level;
    (void)message;
    text_init(&line->text, cx->arena, 4 * KIB);
    writer_init(&line->writer, &line->text);
    writer_object(&line->writer, NULL);
}

void
log_end(struct log_line *line)
{
    writer_object_end(&line->writer);
}

void
log_event(struct ctx *cx, const char *level, const char *message)
{
    (void)cx;
    (void)level;
    (void)message;
}

/* Without chance, so that a seed says all. */
int64_t
worker_backoff(int64_t attempts, unsigned retry_after)
{
    return (attempts + retry_after) * 2000;
}

/* Whether a call of this kind may be carried out; else *ret_err. */
static inline bool
shop_is_reached(struct ctx *cx, enum model_fault fault, enum err *ret_err)
{
    model.meanwhile();
    *ret_err = fault == MODEL_PASS ? OK : ERR_UNAVAILABLE;
    if (fault == MODEL_UNHEARD)
        *ret_err = ERR_UNKNOWN_OUTCOME;
    if (*ret_err)
        (void)fail(cx, *ret_err, "no answer");
    return fault == MODEL_PASS || fault == MODEL_UNHEARD;
}

/* The same of a change, which may be refused. */
static inline bool
shop_is_changed(struct ctx *cx, enum model_fault fault, enum err *ret_err)
{
    if (!shop.refusal)
        return shop_is_reached(cx, fault, ret_err);
    *ret_err = fail(cx, shop.refusal, "the service refuses");
    return false;
}

enum err
order_client_get(struct ctx *cx, const char *as, const char *id,
                 struct remote_order *ret_order)
{
    enum err err;

    (void)as;
    assert_true(id_is_valid(id)); /* it becomes a part of a path */
    if (!shop_is_reached(cx, model.fault(), &err) || err)
        return ERR_UNAVAILABLE;
    if (!model_is(id, shop.order.id))
        return fail(cx, ERR_NOT_FOUND, "there is no such object");
    *ret_order = shop.order;
    return OK;
}

/* lib/order's table of moves, for a service. */
static inline bool
shop_may_become(const char *from, const char *to)
{
    static const char *const moves[][2] = {
        { "Pending", "Paid" },    { "Pending", "Cancelled" },
        { "Pending", "Expired" }, { "Paid", "PartiallyRefunded" },
        { "Paid", "Refunded" },   { "PartiallyRefunded", "Refunded" },
    };

    for (size_t i = 0; i < COUNT(moves); i++) {
        if (model_is(moves[i][0], from) && model_is(moves[i][1], to))
            return true;
    }
    return model_is(from, to);
}

enum err
order_client_set_status(struct ctx *cx, const char *as, const char *id,
                        const char *status, const char *payment_id)
{
    enum err err;

    (void)as;
    if (!shop_is_changed(cx, model.fault(), &err))
        return err;
    assert_string_equal(id, shop.order.id);
    if (!shop_may_become(shop.order.status, status))
        return err ? err
                   : fail(cx, ERR_CONFLICT, "it is %s", shop.order.status);
    shop.order.status = arena_strdup(model.arena, status);
    if (payment_id)
        shop.order.payment_id = arena_strdup(model.arena, payment_id);
    model.meanwhile();
    return err;
}

enum err
order_client_list_pending(struct ctx *cx, const char *as, int64_t before,
                          const char *from, struct remote_order_page *ret_page)
{
    (void)cx;
    (void)as;
    (void)before;
    (void)from;
    *ret_page = (struct remote_order_page){ .next = NULL };
    return OK;
}

/* The same again is the same mail; another amount would be another one. */
static inline enum err
shop_mail(struct ctx *cx, int64_t number, int64_t amount)
{
    enum err err;

    if (!shop_is_changed(cx, model.fault(), &err))
        return err;
    assert_in_range(number, 0, SHOP_MAILS - 1);
    if (shop.mails[number] && shop.mails[number] != amount)
        fail_msg("mail %lld was asked for %lld and for %lld", (long long)number,
                 (long long)shop.mails[number], (long long)amount);
    shop.mails[number] = amount;
    model.meanwhile();
    return err;
}

enum err
notification_client_notify(struct ctx *cx, const char *as, const char *user_id,
                           const char *order_id)
{
    (void)as;
    (void)user_id;
    (void)order_id;
    if (!model_is(shop.order.status, "Paid") &&
        !model_is(shop.order.status, "PartiallyRefunded") &&
        !model_is(shop.order.status, "Refunded"))
        return fail(cx, ERR_CONFLICT, "it is %s", shop.order.status);
    return shop_mail(cx, 0, shop.order.total.minor);
}

enum err
notification_client_notify_refund(struct ctx *cx, const char *as,
                                  const char *user_id, const char *order_id,
                                  int64_t number, struct money amount)
{
    (void)as;
    (void)user_id;
    (void)order_id;
    return shop_mail(cx, number, amount.minor);
}

/* What lib/payment has kept is gone: ids of the model begin anew. */
static inline enum err
shop_wipe_work(struct ctx *cx, struct db *db, void *arg)
{
    enum err err;

    (void)arg;
    if ((err = db_run(cx, db, NULL, "DELETE FROM reviews", "")) ||
        (err = db_run(cx, db, NULL, "DELETE FROM refunds", "")) ||
        (err = db_run(cx, db, NULL, "DELETE FROM effects", "")) ||
        (err = db_run(cx, db, NULL, "DELETE FROM attempts", "")) ||
        (err = db_run(cx, db, NULL, "DELETE FROM payments", "")) ||
        (err = db_run(cx, db, NULL, "DELETE FROM events", "")))
        return err;
    return db_run(cx, db, NULL, "UPDATE turns SET known = 0, next_at = 0", "");
}

static inline void
shop_wipe(struct ctx *cx, struct db *db)
{
    assert_int_equal(db_write(cx, db, shop_wipe_work, NULL), OK);
}

#endif
