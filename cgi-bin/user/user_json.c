#include "user_json.h"

enum err
user_reply(struct ctx *cx, struct reply *reply, int status,
           const struct user *user)
{
    struct writer *writer = reply_json(reply, status);

    writer_object(writer, NULL);
    writer_text(writer, "id", user->id);
    writer_text(writer, "username", user->username);
    writer_text(writer, "email", user->email);
    writer_time(writer, "created_at", user->created_at);
    writer_object_end(writer);
    reply_etag(cx, reply, user->version);
    return OK;
}
