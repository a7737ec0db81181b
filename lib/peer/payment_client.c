#include "peer/payment_client.h"

#include "peer/peer.h"

enum err
payment_client_cancel(struct ctx *cx, const char *as, const char *order_id)
{
    struct peer_call call = {
        .as = as,
        .service = SETTING_PAYMENT_SERVICE_URL,
        .method = "POST",
        .path = "/api/cancel-payment",
        .body = arena_printf(cx->arena, "{\"order_id\":\"%s\"}", order_id),
    };
    const struct doc *doc;

    return peer_send(cx, &call, &doc);
}
