#include "payment_json.h"

#include "payment/stripe.h"

enum err
payment_open(struct ctx *cx, struct db **ret_db)
{
    stripe_init();
    return payment_store_open(cx, ret_db);
}

void
payment_write_head(struct writer *writer, const struct payment *payment)
{
    writer_text(writer, "order_id", payment->order_id);
    writer_text(writer, "payment_id", payment->id);
    writer_money(writer, "amount", payment->amount);
    writer_text(writer, "currency", payment->amount.currency);
}

/* What is open is Processing: Till goes on with it by itself. */
static const char *
status_of(const struct refund *refund)
{
    return refund->state < REFUND_FAILED ? "Processing"
                                         : refund_state_name(refund->state);
}

void
payment_write_refund(struct ctx *cx, struct writer *writer, const char *name,
                     const struct payment *payment, const struct refund *refund)
{
    writer_object(writer, name);
    writer_text(writer, "id",
                arena_printf(cx->arena, "%s_refund_%lld", payment->id,
                             (long long)refund->number));
    writer_text(writer, "order_id", payment->order_id);
    writer_text(writer, "payment_id", payment->id);
    writer_money(writer, "amount",
                 money_of(refund->amount, payment->amount.currency));
    writer_text(writer, "currency", payment->amount.currency);
    writer_text(writer, "status", status_of(refund));
    if (refund->message)
        writer_text(writer, "message", refund->message);
    writer_time(writer, "created_at", refund->submitted_at);
    writer_object_end(writer);
}
