/*
 * POST /api/user: makes an account.
 *
 * Who     anyone
 * In      username  text, 1 to 64 characters
 *         email     one address, at most 254 characters; what makes it
 *                   unique: lib/user/user_email.h
 *         password  8 to 128 characters; none of the most common ones, nor
 *                   the username or the address
 * Out     201 {id, username, email, created_at}, with Location and ETag
 *         409 there is an account with this address
 *         422 a field is missing, unknown, repeated or won't do
 *         503 too many passwords are being hashed at this moment
 * Again   a second call is 409
 */
#include "user/user_email.h"
#include "user/user_password.h"
#include "user_json.h"

static const struct field fields[] = {
    FIELD_TEXT(struct user_draft, username, REQUIRED, 1, 64),
    FIELD_TEXT(struct user_draft, email, REQUIRED, 3, USER_EMAIL_MAX),
    FIELD_PASSWORD(struct user_draft, password, REQUIRED, USER_PASSWORD_MIN,
                   USER_PASSWORD_MAX),
    FIELD_END,
};

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct user_draft draft = { 0 };
    struct user *user;
    enum err err;

    if ((err = request_fields(cx, request, &draft)))
        return err;
    if ((err = user_register(cx, user_store(), &draft, &user)))
        return err;
    reply_location(reply, "/api/user/", user->id);
    return user_reply(cx, reply, HTTP_CREATED, user);
}

static const struct app app = {
    .name = "user-register",
    .method = "POST",
    .path = "/api/user",
    .callers = ANYONE,
    .body_max = 4 * KIB,
    .fields = fields,
    .waits = true,
    .open = user_store_open,
    .handle = handle,
    .close = user_store_close,
};

int
main(void)
{
    return app_run(&app);
}
