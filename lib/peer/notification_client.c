#include "peer/notification_client.h"

#include "base/writer.h"
#include "peer/peer.h"

/* Sends the body, which is all but its closing brace. */
static enum err
post(struct ctx *cx, const char *as, struct writer *writer)
{
    struct peer_call call = {
        .as = as,
        .service = SETTING_NOTIFICATION_SERVICE_URL,
        .method = "POST",
        .path = "/api/notify",
    };
    const struct doc *doc;

    writer_object_end(writer);
    call.body = writer->text->bytes;
    return peer_send(cx, &call, &doc);
}

static void
begin(struct ctx *cx, struct writer *writer, struct text *body,
      const char *user_id, const char *order_id)
{
    text_init(body, cx->arena, KIB);
    writer_init(writer, body);
    writer_object(writer, NULL);
    writer_text(writer, "user_id", user_id);
    writer_text(writer, "order_id", order_id);
}

enum err
notification_client_notify(struct ctx *cx, const char *as, const char *user_id,
                           const char *order_id)
{
    struct writer writer;
    struct text body;

    begin(cx, &writer, &body, user_id, order_id);
    return post(cx, as, &writer);
}

enum err
notification_client_notify_refund(struct ctx *cx, const char *as,
                                  const char *user_id, const char *order_id,
                                  int64_t number, struct money amount)
{
    struct writer writer;
    struct text body;

    begin(cx, &writer, &body, user_id, order_id);
    writer_int(&writer, "refund", number);
    writer_money(&writer, "amount", amount);
    return post(cx, as, &writer);
}
