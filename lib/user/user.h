/* Accounts: the rules. Knows no HTTP, no SQL, no JSON. */
#ifndef TILL_USER_H
#define TILL_USER_H

#include "base/ctx.h"
#include "user/user_store.h"

/* A token's life in seconds. */
enum { USER_TOKEN_LIFE = 3600 };

struct user {
    const char *id, *username;
    const char *email;         /* as its owner wrote it */
    const char *email_key;     /* user_email_key() of it */
    const char *password_hash; /* leaves the service in no answer */
    enum role role;            /* CUSTOMER or ADMIN */
    int64_t version;           /* rises with every change; the ETag */
    int64_t created_at, updated_at;
};

/* What somebody says who wants an account. */
struct user_draft {
    const char *username, *email, *password;
};

/* What somebody says who has one. */
struct user_credentials {
    const char *email, *password;
};

struct user_session {
    const char *user_id, *token;
    int64_t expires_in; /* seconds */
};

/* "customer" or "admin"; and back, false: there is none of that name. */
const char *user_role_name(enum role role);
bool user_role_named(const char *name, enum role *ret_role);

/*
 * Makes an account, of a customer. ERR_INVALID: the address or the password
 * won't do. ERR_CONFLICT: the address has one.
 */
enum err user_register(struct ctx *cx, struct user_store *store,
                       const struct user_draft *draft, struct user **ret_user);

/*
 * A token for whoever knows the password. ERR_UNAUTHENTICATED: the address or
 * the password is wrong, and neither text nor time tells which.
 * ERR_TOO_MANY with retry_after: USER_FAILURES_MAX of its logins have failed;
 * the same for addresses without an account, and for the right password.
 */
enum err user_log_in(struct ctx *cx, struct user_store *store,
                     const struct user_credentials *credentials,
                     struct user_session *ret_session);

/* ERR_NOT_FOUND: there is none, or it is somebody else's. */
enum err user_get(struct ctx *cx, struct user_store *store, const char *id,
                  struct user **ret_user);

/*
 * For whoever runs the shop, not for callers: an account by its address, and
 * giving it a role. ERR_NOT_FOUND: it has none.
 */
enum err user_find(struct ctx *cx, struct user_store *store, const char *email,
                   struct user **ret_user);
/* As user_store's search. */
enum err user_search(struct ctx *cx, struct user_store *store, const char *text,
                     int64_t most, struct user_page *ret_page);

/*
 * Gives it a password; logins that have failed are forgotten, unless they have
 * locked it. ERR_INVALID: the password won't do. Tokens that it has stay good
 * until they end.
 */
enum err user_set_password(struct ctx *cx, struct user_store *store,
                           const char *email, const char *password,
                           struct user **ret_user);

enum err user_set_role(struct ctx *cx, struct user_store *store,
                       const char *email, enum role role,
                       struct user **ret_user);

#endif
