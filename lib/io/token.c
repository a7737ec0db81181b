#include "io/token.h"

#include <jwt.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/id.h"
#include "base/stop.h"

#define ISSUER "till"
#define FOR_USERS "till"
#define FOR_SERVICES "till-services"

/* How far two machines' clocks may be apart; the longest life we accept. */
enum { LEEWAY = 30, LIFE_MAX = 24 * 3600, SERVICE_LIFE = 60 };

struct secret {
    const unsigned char *bytes;
    int size;
};

static struct {
    struct secret users[2], services;
} secrets;

static struct secret
secret_of(const char *bytes, size_t size, enum setting setting)
{
    /* libjwt accepts any token where the key is empty */
    if (size < TOKEN_SECRET_MIN)
        die("%s is shorter than %d bytes (make one with: openssl rand -hex 32)",
            config_name(setting), TOKEN_SECRET_MIN);
    return (struct secret){ (const unsigned char *)bytes, (int)size };
}

/* JWT_SECRET: one secret, or two with a comma between them. */
static void
read_users_secrets(void)
{
    const char *text = config_required(SETTING_JWT_SECRET);
    size_t size = strcspn(text, ",");

    secrets.users[0] = secret_of(text, size, SETTING_JWT_SECRET);
    secrets.users[1] = (struct secret){ 0 };
    if (!text[size])
        return;
    text += size + 1;
    if (strchr(text, ','))
        die("JWT_SECRET may hold two secrets, the new one and the old one");
    secrets.users[1] = secret_of(text, strlen(text), SETTING_JWT_SECRET);
}

static bool
is_same(struct secret one, struct secret other)
{
    return one.size == other.size &&
           memcmp(one.bytes, other.bytes, (size_t)one.size) == 0;
}

void
token_init(void)
{
    const char *services = config_required(SETTING_SERVICE_SECRET);

    read_users_secrets();
    secrets.services =
        secret_of(services, strlen(services), SETTING_SERVICE_SECRET);
    if (is_same(secrets.services, secrets.users[0]) ||
        is_same(secrets.services, secrets.users[1]))
        die("SERVICE_SECRET must differ from JWT_SECRET");
}

static const char *
role_name(enum role role)
{
    switch (role) {
    case CUSTOMER:
        return "customer";
    case ADMIN:
        return "admin";
    case SERVICE:
        return "service";
    default:
        return "";
    }
}

static void
release(void *jwt)
{
    jwt_free(jwt);
}

static enum err
sign(struct ctx *cx, struct secret secret, const char *audience,
     const char *subject, enum role role, int64_t seconds,
     const char **ret_token)
{
    long now = (long)(clock_now() / 1000);
    jwt_t *jwt = NULL;
    char *token;

    if (jwt_new(&jwt))
        return fail(cx, ERR_INTERNAL, "a token can't be made");
    arena_defer(cx->arena, release, jwt);
    if (jwt_add_grant(jwt, "iss", ISSUER) ||
        jwt_add_grant(jwt, "aud", audience) ||
        jwt_add_grant(jwt, "sub", subject) ||
        jwt_add_grant(jwt, "role", role_name(role)) ||
        jwt_add_grant_int(jwt, "iat", now) ||
        jwt_add_grant_int(jwt, "exp", now + (long)seconds) ||
        jwt_add_grant(jwt, "jti", id_new(cx->arena)) ||
        jwt_set_alg(jwt, JWT_ALG_HS256, secret.bytes, secret.size) ||
        !(token = jwt_encode_str(jwt)))
        return fail(cx, ERR_INTERNAL, "a token can't be made");
    *ret_token = arena_strdup(cx->arena, token);
    free(token);
    return OK;
}

enum err
token_for_user(struct ctx *cx, const char *user_id, enum role role,
               int64_t seconds, const char **ret_token)
{
    return sign(cx, secrets.users[0], FOR_USERS, user_id, role, seconds,
                ret_token);
}

enum err
token_for_service(struct ctx *cx, const char *service, const char **ret_token)
{
    return sign(cx, secrets.services, FOR_SERVICES, service, SERVICE,
                SERVICE_LIFE, ret_token);
}

/*
 * Three parts of base64url, none empty, not too long: libjwt 1.10.2 takes the
 * token's length from the stack, and writes past the end of "..".
 */
static bool
is_well_formed(const char *token)
{
    static const char allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                  "abcdefghijklmnopqrstuvwxyz0123456789-_";
    const char *at = token;

    if (strnlen(token, TOKEN_MAX + 1) > TOKEN_MAX)
        return false;
    for (int part = 0; part < 3; part++) {
        size_t size = strspn(at, allowed);

        if (size == 0 || at[size] != (part < 2 ? '.' : '\0'))
            return false;
        at += size + 1;
    }
    return true;
}

static bool
is_grant(jwt_t *jwt, const char *name, const char *wanted)
{
    const char *value = jwt_get_grant(jwt, name);

    return value && strcmp(value, wanted) == 0;
}

/* Nobody, where the audience may not have the role that is claimed. */
static enum role
read_role(jwt_t *jwt, const char *audience)
{
    if (!strcmp(audience, FOR_SERVICES))
        return is_grant(jwt, "role", "service") ? SERVICE : ANYONE;
    if (is_grant(jwt, "role", "customer"))
        return CUSTOMER;
    return is_grant(jwt, "role", "admin") ? ADMIN : ANYONE;
}

/* The times, in seconds; what is no integer reads as 0. */
static bool
is_in_time(jwt_t *jwt)
{
    long now = (long)(clock_now() / 1000);
    long exp = jwt_get_grant_int(jwt, "exp");
    long iat = jwt_get_grant_int(jwt, "iat");
    long nbf = jwt_get_grant_int(jwt, "nbf"); /* we give none: may be absent */

    return exp > now - LEEWAY && exp <= now + LIFE_MAX + LEEWAY && iat > 0 &&
           iat <= now + LEEWAY && iat <= exp && nbf <= now + LEEWAY;
}

/* Everything that jwt_decode doesn't look at. */
static bool
read_claims(struct ctx *cx, jwt_t *jwt, const char *audience,
            struct caller *ret_caller, int64_t *ret_expires)
{
    const char *subject = jwt_get_grant(jwt, "sub");
    enum role role = read_role(jwt, audience);

    /* a failed malloc inside jwt_decode shows as alg none with rc 0 */
    if (jwt_get_alg(jwt) != JWT_ALG_HS256 || !is_grant(jwt, "iss", ISSUER) ||
        !is_grant(jwt, "aud", audience) || !is_in_time(jwt))
        return false;
    if (role == ANYONE || !subject || !*subject ||
        (role != SERVICE && !id_is_valid(subject)))
        return false;
    ret_caller->role = role;
    ret_caller->id = arena_strdup(cx->arena, subject);
    *ret_expires = (int64_t)jwt_get_grant_int(jwt, "exp") * 1000;
    return true;
}

static bool
check_with(struct ctx *cx, const char *token, struct secret secret,
           const char *audience, struct caller *ret_caller,
           int64_t *ret_expires)
{
    bool is_good = false;
    jwt_t *jwt = NULL;

    if (secret.size == 0)
        return false;
    if (jwt_decode(&jwt, token, secret.bytes, secret.size) == 0)
        is_good = read_claims(cx, jwt, audience, ret_caller, ret_expires);
    jwt_free(jwt);
    return is_good;
}

enum err
token_check(struct ctx *cx, const char *token, struct caller *ret_caller,
            int64_t *ret_expires)
{
    if (!is_well_formed(token))
        return fail(cx, ERR_BAD_TOKEN, "the token is malformed");
    if (check_with(cx, token, secrets.users[0], FOR_USERS, ret_caller,
                   ret_expires) ||
        check_with(cx, token, secrets.users[1], FOR_USERS, ret_caller,
                   ret_expires) ||
        check_with(cx, token, secrets.services, FOR_SERVICES, ret_caller,
                   ret_expires))
        return OK;
    return fail(cx, ERR_BAD_TOKEN, "the token is not valid, or has expired");
}
