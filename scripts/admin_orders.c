/* Orders, payments and mails: found, and shown with all that is known. */
#include "admin.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/id.h"
#include "notification/notification.h"
#include "order/order.h"
#include "payment/payment_store.h"
#include "payment/refund.h"
#include "payment/review.h"
#include "user/user.h"

/* Refunds that an order may have, and so mails about them. */
enum { REFUND_MAILS = 50 };

static void
add_order(struct sheet *sheet, const struct order *order)
{
    sheet_text(sheet, "id", order->id);
    sheet_text(sheet, "status", order_status_name(order->status));
    sheet_money(sheet, "total", order->total);
    sheet_int(sheet, "quantity", order->quantity);
    sheet_text(sheet, "product_name", order->product_name);
    sheet_text(sheet, "user_id", order->user_id);
    sheet_text(sheet, "payment_id", order->payment_id);
    sheet_time(sheet, "created_at", order->created_at);
}

/* Whose orders: everybody's, or those of an account, by its address or id. */
static enum err
whose(struct ctx *cx, const char *argument, const char **ret_user_id)
{
    struct user *user;
    enum err err;

    *ret_user_id = argument;
    if (!argument || id_is_valid(argument))
        return OK;
    if (!(err = user_find(cx, user_store(), argument, &user)))
        *ret_user_id = user->id;
    return err;
}

enum err
admin_orders(struct ctx *cx, const struct words *words, int *ret_status)
{
    struct order_query query = { .status = -1, .limit = words->most };
    struct order_store *store = order_store();
    enum order_status status;
    struct order_page page;
    const char *user_id;
    struct sheet sheet;
    enum err err;

    *ret_status = EX_USAGE;
    if (words->status) {
        if (!order_status_named(words->status, &status))
            return fail(cx, ERR_INVALID, "an order can't be \"%s\"",
                        words->status);
        query.status = (int)status;
    }
    *ret_status = EX_NOUSER;
    if ((err = whose(cx, words->argument, &user_id)) ||
        (err = store->list(cx, store, user_id, &query, &page)))
        return err;
    sheet_begin(cx, &sheet, words, true);
    for (size_t i = 0; i < page.count; i++) {
        sheet_row(&sheet);
        add_order(&sheet, &page.orders[i]);
        sheet_row_end(&sheet);
    }
    sheet_end(&sheet);
    *ret_status = EX_OK;
    return OK;
}

static void
add_payment(struct sheet *sheet, const struct payment *payment)
{
    sheet_text(sheet, "order_id", payment->order_id);
    sheet_text(sheet, "state", payment_state_name(payment->state));
    sheet_money(sheet, "amount", payment->amount);
    sheet_text(sheet, "intent_id", payment->intent_id);
    sheet_time(sheet, "created_at", payment->created_at);
    sheet_time(sheet, "updated_at", payment->updated_at);
    sheet_time(sheet, "due_at", payment->due_at);
}

enum err
admin_payments(struct ctx *cx, const struct words *words, int *ret_status)
{
    struct payment_store *store = payment_store();
    enum payment_state state;
    struct order_ids ids;
    struct sheet sheet;
    enum err err;

    *ret_status = EX_USAGE;
    if (!words->status || !payment_state_named(words->status, &state))
        return fail(cx, ERR_INVALID,
                    "a payment can't be \"%s\": --status "
                    "Created, Unknown, Succeeded, ...",
                    words->status ? words->status : "");
    if ((err = store->list(cx, store, state, words->most, &ids)))
        return err;
    sheet_begin(cx, &sheet, words, true);
    for (size_t i = 0; i < ids.count && !err; i++) {
        struct payment *payment;

        if ((err = store->get(cx, store, ids.ids[i], &payment)))
            return err;
        sheet_row(&sheet);
        add_payment(&sheet, payment);
        sheet_row_end(&sheet);
    }
    sheet_end(&sheet);
    *ret_status = EX_OK;
    return OK;
}

static void
add_mail(struct sheet *sheet, const struct notification *mail)
{
    sheet_row(sheet);
    sheet_text(sheet, "id", mail->id);
    sheet_text(sheet, "status", notification_status_name(mail->status));
    sheet_int(sheet, "attempts", mail->attempts);
    sheet_time(sheet, "created_at", mail->created_at);
    sheet_time(sheet, "sent_at", mail->sent_at);
    sheet_time(sheet, "due_at", mail->due_at);
    sheet_text(sheet, "last_error", mail->last_error);
    sheet_row_end(sheet);
}

enum err
admin_mails(struct ctx *cx, const struct words *words, int *ret_status)
{
    struct notification_store *store = notification_store();
    enum notification_status status;
    struct notification_ids ids;
    struct sheet sheet;
    enum err err;

    *ret_status = EX_USAGE;
    if (!words->status || !notification_status_named(words->status, &status))
        return fail(cx, ERR_INVALID,
                    "a mail can't be \"%s\": --status Queued, "
                    "Sending, Sent, Unknown or Abandoned",
                    words->status ? words->status : "");
    if ((err = store->list(cx, store, (int)status, words->most, &ids)))
        return err;
    sheet_begin(cx, &sheet, words, true);
    for (size_t i = 0; i < ids.count; i++) {
        struct notification *mail;

        if ((err = store->get(cx, store, ids.ids[i], &mail)))
            return err;
        add_mail(&sheet, mail);
    }
    sheet_end(&sheet);
    *ret_status = EX_OK;
    return OK;
}

static void
add_attempts(struct sheet *sheet, const struct payment *payment)
{
    sheet_parts(sheet, "attempts");
    for (size_t i = 0; i < payment->attempt_count; i++) {
        const struct attempt *attempt = &payment->attempts[i];

        sheet_row(sheet);
        sheet_int(sheet, "number", attempt->number);
        sheet_text(sheet, "state", payment_state_name(attempt->state));
        sheet_time(sheet, "submitted_at", attempt->submitted_at);
        sheet_text(sheet, "payment_method", attempt->payment_method);
        sheet_text(sheet, "code", attempt->code);
        sheet_text(sheet, "message", attempt->message);
        sheet_row_end(sheet);
    }
    sheet_parts_end(sheet);
}

static void
add_refunds(struct sheet *sheet, const struct payment *payment)
{
    sheet_parts(sheet, "refunds");
    for (size_t i = 0; i < payment->refund_count; i++) {
        const struct refund *refund = &payment->refunds[i];

        sheet_row(sheet);
        sheet_int(sheet, "number", refund->number);
        sheet_text(sheet, "state", refund_state_name(refund->state));
        sheet_money(sheet, "amount",
                    money_of(refund->amount, payment->amount.currency));
        sheet_time(sheet, "submitted_at", refund->submitted_at);
        sheet_text(sheet, "stripe_id", refund->stripe_id);
        sheet_text(sheet, "message", refund->message);
        sheet_row_end(sheet);
    }
    sheet_parts_end(sheet);
}

static void
add_flags(struct sheet *sheet, const struct payment *payment)
{
    sheet_parts(sheet, "flags");
    for (size_t i = 0; i < payment->review_count; i++) {
        const struct review *review = &payment->reviews[i];

        sheet_row(sheet);
        sheet_text(sheet, "kind", review_kind_name(review->kind));
        sheet_text(sheet, "subject", review->subject);
        sheet_time(sheet, "raised_at", review->raised_at);
        sheet_time(sheet, "closed_at", review->closed_at);
        sheet_text(sheet, "closed_by", review->closed_by);
        sheet_text(sheet, "why", review->text);
        sheet_text(sheet, "note", review->note);
        sheet_row_end(sheet);
    }
    sheet_parts_end(sheet);
}

/* An order without a payment has none of this. */
static enum err
add_payment_of(struct ctx *cx, struct sheet *sheet, const char *order_id)
{
    struct payment_store *store = payment_store();
    struct payment *payment = NULL;
    enum err err = store->get(cx, store, order_id, &payment);

    if (err && err != ERR_NOT_FOUND)
        return err;
    ctx_forgive(cx);
    sheet_parts(sheet, "payment");
    if (payment) {
        sheet_row(sheet);
        add_payment(sheet, payment);
        sheet_row_end(sheet);
    }
    sheet_parts_end(sheet);
    if (payment) {
        add_attempts(sheet, payment);
        add_refunds(sheet, payment);
        add_flags(sheet, payment);
    }
    return OK;
}

static enum err
add_mails_of(struct ctx *cx, struct sheet *sheet, const char *order_id)
{
    struct notification_store *store = notification_store();

    sheet_parts(sheet, "mails");
    for (int64_t number = 0; number <= REFUND_MAILS; number++) {
        const char *id = notification_id(cx->arena, order_id, number);
        struct notification *mail;
        enum err err = store->get(cx, store, id, &mail);

        if (!err)
            add_mail(sheet, mail);
        else if (err != ERR_NOT_FOUND)
            return err;
        ctx_forgive(cx);
    }
    sheet_parts_end(sheet);
    return OK;
}

enum err
admin_show(struct ctx *cx, const struct words *words, int *ret_status)
{
    struct order_store *store = order_store();
    struct order *order;
    struct sheet sheet;
    enum err err;

    *ret_status = EX_NOINPUT;
    if (!id_is_valid(words->argument))
        return fail(cx, ERR_NOT_FOUND, "%s is no order's id", words->argument);
    if ((err = store->get(cx, store, words->argument, &order)))
        return err;
    sheet_begin(cx, &sheet, words, false);
    sheet_row(&sheet);
    add_order(&sheet, order);
    sheet_time(&sheet, "updated_at", order->updated_at);
    if ((err = add_payment_of(cx, &sheet, order->id)) ||
        (err = add_mails_of(cx, &sheet, order->id)))
        return err;
    sheet_row_end(&sheet);
    sheet_end(&sheet);
    *ret_status = EX_OK;
    return OK;
}
