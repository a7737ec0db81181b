#include "notification_json.h"

enum err
notification_reply(struct ctx *cx, struct reply *reply, int status,
                   const struct notification *notification)
{
    struct writer *writer = reply_json(reply, status);

    reply_etag(cx, reply, notification->version);
    writer_object(writer, NULL);
    writer_text(writer, "id", notification->id);
    writer_text(writer, "user_id", notification->user_id);
    writer_text(writer, "order_id", notification->order_id);
    writer_text(writer, "kind", notification->refund ? "refund" : "receipt");
    if (notification->refund) {
        writer_int(writer, "refund", notification->refund);
        writer_money(writer, "amount", notification->amount);
    }
    writer_text(writer, "status",
                notification_status_name(notification->status));
    writer_int(writer, "attempts", notification->attempts);
    writer_time(writer, "created_at", notification->created_at);
    writer_time(writer, "sent_at", notification->sent_at);
    if (caller_has(cx, ADMIN | SERVICE))
        writer_text(writer, "last_error", notification->last_error);
    writer_object_end(writer);
    return OK;
}
