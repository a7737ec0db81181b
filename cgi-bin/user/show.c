/*
 * GET /api/user/{user_id}: one account.
 *
 * Who     its owner, an admin, a service
 * Out     200 {id, username, email, created_at}, with its ETag; 304 where
 *             If-None-Match has it
 *         400 the id is malformed
 *         404 there is none, or it is somebody else's
 */
#include "user_json.h"

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct user *user;
    const char *id;
    enum err err;

    if ((err = request_id(cx, request, &id)))
        return err;
    if ((err = user_get(cx, user_store(), id, &user)))
        return err;
    return user_reply(cx, reply, HTTP_OK, user);
}

static const struct app app = {
    .name = "user-show",
    .method = "GET",
    .path = "/api/user/{user_id}",
    .callers = CUSTOMER | ADMIN | SERVICE,
    .open = user_store_open,
    .handle = handle,
    .close = user_store_close,
};

int
main(void)
{
    return app_run(&app);
}
