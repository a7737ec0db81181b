#include "order_json.h"

void
order_write(struct writer *writer, const struct order *order)
{
    writer_object(writer, NULL);
    writer_text(writer, "id", order->id);
    writer_text(writer, "user_id", order->user_id);
    writer_text(writer, "product_name", order->product_name);
    writer_int(writer, "quantity", order->quantity);
    writer_money(writer, "price", order->price);
    writer_text(writer, "currency", order->total.currency);
    writer_money(writer, "total", order->total);
    writer_text(writer, "status", order_status_name(order->status));
    if (order->payment_id)
        writer_text(writer, "payment_id", order->payment_id);
    writer_time(writer, "created_at", order->created_at);
    writer_time(writer, "updated_at", order->updated_at);
    writer_object_end(writer);
}

enum err
order_reply(struct ctx *cx, struct reply *reply, int status,
            const struct order *order)
{
    reply_etag(cx, reply, order->version);
    order_write(reply_json(reply, status), order);
    return OK;
}
