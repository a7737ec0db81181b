#include "peer/notification_client.h"

#include "base/writer.h"
#include "peer/peer.h"

enum err
notification_client_notify(struct ctx *cx, const char *as,
                           const char *user_id, const char *order_id)
{
    struct peer_call call = {
        .as = as,
        .service = SETTING_NOTIFICATION_SERVICE_URL,
        .method = "POST",
        .path = "/api/notify",
    };
    const struct doc *doc;
    struct writer writer;
    struct text body;

    text_init(&body, cx->arena, KIB);
    writer_init(&writer, &body);
    writer_object(&writer, NULL);
    writer_text(&writer, "user_id", user_id);
    writer_text(&writer, "order_id", order_id);
    writer_object_end(&writer);
    call.body = body.bytes;
    return peer_send(cx, &call, &doc);
}
