#include "peer/user_client.h"

#include "peer/peer.h"

enum err
user_client_get(struct ctx *cx, const char *as, const char *id,
                struct remote_user *ret_user)
{
    struct peer_call call = {
        .as = as,
        .service = SETTING_USER_SERVICE_URL,
        .method = "GET",
        .path = arena_printf(cx->arena, "/api/user/%s", id),
    };
    const struct doc *doc;
    enum err err;

    if ((err = peer_send(cx, &call, &doc)))
        return err;
    if ((err = peer_text(cx, doc, "id", &ret_user->id)) ||
        (err = peer_text(cx, doc, "username", &ret_user->username)))
        return err;
    return peer_text(cx, doc, "email", &ret_user->email);
}
