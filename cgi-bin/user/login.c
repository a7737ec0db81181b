/*
 * POST /api/login: gives a token to whoever knows the password.
 *
 * Who     anyone
 * In      email     the account's address; capitals make no difference
 *         password  text
 * Out     200 {token, token_type, expires_in, user_id}; the token goes into
 *             Authorization: Bearer ..., and holds for expires_in seconds
 *         401 the address or the password is wrong: the same answer after
 *             the same time, whether there is such an account or not
 *         422 a field is missing, unknown, repeated or won't do
 *         429 ten logins of this address have failed within 15 minutes;
 *             Retry-After says when the next one is looked at
 *         503 too many passwords are being hashed at this moment
 * Again   each call gives a token of its own; a right one forgets failures
 */
#include "user/user_email.h"
#include "user/user_password.h"
#include "user_json.h"

static const struct field fields[] = {
    FIELD_TEXT(struct user_credentials, email, REQUIRED, 3, USER_EMAIL_MAX),
    FIELD_PASSWORD(struct user_credentials, password, REQUIRED, 1,
                   USER_PASSWORD_MAX),
    FIELD_END,
};

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct user_credentials credentials = { 0 };
    struct user_session session;
    struct writer *writer;
    enum err err;

    if ((err = request_fields(cx, request, &credentials)))
        return err;
    if ((err = user_log_in(cx, user_store(), &credentials, &session)))
        return err;
    writer = reply_json(reply, HTTP_OK);
    writer_object(writer, NULL);
    writer_text(writer, "token", session.token);
    writer_text(writer, "token_type", "Bearer");
    writer_int(writer, "expires_in", session.expires_in);
    writer_text(writer, "user_id", session.user_id);
    writer_object_end(writer);
    return OK;
}

static const struct app app = {
    .name = "user-login",
    .method = "POST",
    .path = "/api/login",
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
