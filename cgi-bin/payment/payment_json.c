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
