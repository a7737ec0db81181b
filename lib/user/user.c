#include "user/user.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "base/text.h"
#include "io/secret.h"
#include "io/token.h"
#include "user/user_email.h"
#include "user/user_password.h"

/* How often a change that was overtaken is made anew. */
enum { TRIES = 8 };

const char *
user_role_name(enum role role)
{
    return role == ADMIN ? "admin" : "customer";
}

bool
user_role_named(const char *name, enum role *ret_role)
{
    if (strcmp(name, "admin") != 0 && strcmp(name, "customer") != 0)
        return false;
    *ret_role = strcmp(name, "admin") == 0 ? ADMIN : CUSTOMER;
    return true;
}

static enum err
check_email(struct ctx *cx, const char *email)
{
    if (!user_email_is_valid(email))
        return fail_field(cx, "/email",
                          "must be one address, as name@example.com");
    return OK;
}

/* All that is wrong is said at once. */
static enum err
check_draft(struct ctx *cx, const struct user_draft *draft)
{
    enum err email = check_email(cx, draft->email);
    enum err password =
        user_password_check(cx, draft->password, draft->username, draft->email);

    return email ? email : password;
}

enum err
user_register(struct ctx *cx, struct user_store *store,
              const struct user_draft *draft, struct user **ret_user)
{
    struct user *user = arena_new(cx->arena, struct user);
    enum err err;

    if ((err = check_draft(cx, draft)))
        return err;
    if ((err = password_hash(cx, draft->password, &user->password_hash)))
        return err;
    user->id = id_new(cx->arena);
    user->username = draft->username;
    user->email = draft->email;
    user->email_key = user_email_key(cx, draft->email);
    user->role = CUSTOMER;
    user->version = 1;
    user->created_at = user->updated_at = clock_now();
    if ((err = store->insert(cx, store, user)) == ERR_CONFLICT) {
        ctx_forgive(cx);
        return fail(cx, err, "there is an account with this e-mail address");
    }
    if (!err)
        *ret_user = user;
    return err;
}

static enum err
refuse_as_locked(struct ctx *cx, int64_t milliseconds)
{
    ctx_forgive(cx);
    cx->retry_after = (unsigned)(milliseconds / 1000 + 1);
    return fail(cx, ERR_TOO_MANY,
                "too many logins of this address have failed");
}

/* ERR_TOO_MANY: the address is locked, whatever the password. */
static enum err
check_lock(struct ctx *cx, struct user_store *store, const char *email_key,
           int64_t *ret_failures)
{
    int64_t now = clock_now();
    struct user_failures failures;
    enum err err;

    if ((err = store->failures(cx, store, email_key, now, &failures)))
        return err;
    if (failures.count >= USER_FAILURES_MAX)
        return refuse_as_locked(cx, failures.until - now);
    *ret_failures = failures.count;
    return OK;
}

/* The password was wrong: what the client is told of it. */
static enum err
count_failure(struct ctx *cx, struct user_store *store, const char *email_key)
{
    enum err err = store->count_failure(cx, store, email_key, clock_now());
    int64_t failures;

    if (!err)
        return fail(cx, ERR_UNAUTHENTICATED,
                    "the e-mail address or the password is wrong");
    if (err != ERR_TOO_MANY)
        return err;
    /* others, tried at the same time, have locked it meanwhile */
    ctx_forgive(cx);
    err = check_lock(cx, store, email_key, &failures);
    return err ? err : refuse_as_locked(cx, 0);
}

/*
 * The password was right. So many may have been tried at once that others
 * have locked the address since: then nobody learns that this one was right.
 */
static enum err
forget_failures(struct ctx *cx, struct user_store *store, const char *email_key)
{
    int64_t failures;
    enum err err;

    if ((err = check_lock(cx, store, email_key, &failures)))
        return err;
    return failures > 0 ? store->forget_failures(cx, store, email_key) : OK;
}

/* The hash to compare with; NULL: there is no such account. */
static enum err
find_for_login(struct ctx *cx, struct user_store *store, const char *email_key,
               struct user **ret_user)
{
    enum err err = store->find(cx, store, email_key, ret_user);

    if (err != ERR_NOT_FOUND)
        return err;
    ctx_forgive(cx);
    *ret_user = NULL;
    return OK;
}

/*
 * Keeps the password at today's cost. Should it not work out, the next login
 * tries again: nobody is turned away for it.
 */
static void
rehash(struct ctx *cx, struct user_store *store, struct user *user,
       const char *password)
{
    if (!password_hash(cx, password, &user->password_hash)) {
        user->updated_at = clock_now();
        (void)store->update(cx, store, user);
    }
    ctx_forgive(cx);
}

static enum err
check_login(struct ctx *cx, struct user_store *store, const char *email_key,
            const char *password, struct user **ret_user)
{
    bool is_right, is_outdated;
    struct user *user;
    enum err err;

    if ((err = find_for_login(cx, store, email_key, &user)))
        return err;
    if ((err = password_check(cx, password, user ? user->password_hash : NULL,
                              &is_right, &is_outdated)))
        return err;
    if (!is_right)
        return count_failure(cx, store, email_key);
    if ((err = forget_failures(cx, store, email_key)))
        return err;
    if (is_outdated)
        rehash(cx, store, user, password);
    *ret_user = user;
    return OK;
}

enum err
user_log_in(struct ctx *cx, struct user_store *store,
            const struct user_credentials *credentials,
            struct user_session *ret_session)
{
    struct user *user = NULL;
    int64_t failures;
    const char *key;
    enum err err;

    if ((err = check_email(cx, credentials->email)))
        return err;
    key = user_email_key(cx, credentials->email);
    if ((err = check_lock(cx, store, key, &failures)))
        return err;
    if ((err = check_login(cx, store, key, credentials->password, &user)))
        return err;
    ret_session->user_id = user->id;
    ret_session->expires_in = USER_TOKEN_LIFE;
    return token_for_user(cx, user->id, user->role, USER_TOKEN_LIFE,
                          &ret_session->token);
}

enum err
user_get(struct ctx *cx, struct user_store *store, const char *id,
         struct user **ret_user)
{
    /* what is somebody else's looks like what isn't there */
    if (!caller_is(cx, id) && !caller_has(cx, ADMIN | SERVICE))
        return fail(cx, ERR_NOT_FOUND, "there is no such object");
    return store->get(cx, store, id, ret_user);
}

enum err
user_find(struct ctx *cx, struct user_store *store, const char *email,
          struct user **ret_user)
{
    return store->find(cx, store, user_email_key(cx, email), ret_user);
}

enum err
user_search(struct ctx *cx, struct user_store *store, const char *text,
            int64_t most, struct user_page *ret_page)
{
    return store->search(cx, store, text, most, ret_page);
}

/* What is to be changed of an account. */
struct change {
    enum role role;            /* ANYONE: nothing */
    const char *password_hash; /* NULL: nothing */
};

static enum err
change(struct ctx *cx, struct user_store *store, const char *email,
       const struct change *change, struct user **ret_user)
{
    enum err err = OK;

    for (int i = 0; i < TRIES; i++) {
        struct user *user;

        ctx_forgive(cx); /* of the try before, which was overtaken */
        if ((err = user_find(cx, store, email, &user)))
            return err;
        if (change->role != ANYONE)
            user->role = change->role;
        if (change->password_hash)
            user->password_hash = change->password_hash;
        user->updated_at = clock_now();
        if (!(err = store->update(cx, store, user))) {
            user->version++;
            *ret_user = user;
        }
        if (err != ERR_CONFLICT)
            return err;
    }
    return err;
}

enum err
user_set_role(struct ctx *cx, struct user_store *store, const char *email,
              enum role role, struct user **ret_user)
{
    return change(cx, store, email, &(struct change){ .role = role }, ret_user);
}

static enum err
check_new_password(struct ctx *cx, const struct user *user,
                   const char *password)
{
    size_t length =
        text_is_utf8(password, strlen(password)) ? text_length(password) : 0;

    if (length < USER_PASSWORD_MIN || length > USER_PASSWORD_MAX)
        return fail_field(cx, "/password", "must have %d to %d characters",
                          USER_PASSWORD_MIN, USER_PASSWORD_MAX);
    return user_password_check(cx, password, user->username, user->email);
}

enum err
user_set_password(struct ctx *cx, struct user_store *store, const char *email,
                  const char *password, struct user **ret_user)
{
    struct change wanted = { .role = ANYONE };
    struct user *user;
    enum err err;

    if ((err = user_find(cx, store, email, &user)) ||
        (err = check_new_password(cx, user, password)) ||
        (err = password_hash(cx, password, &wanted.password_hash)) ||
        (err = change(cx, store, email, &wanted, ret_user)))
        return err;
    return store->forget_failures(cx, store, user->email_key);
}
