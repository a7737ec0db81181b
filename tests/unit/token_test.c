#include "unit.h"

#include <jwt.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/text.h"
#include "io/token.h"

#define USER "01890a5d-ac96-774b-bcce-b302099a8057"
#define OLD "old-secret-old-secret-old-secret"
#define NEW "new-secret-new-secret-new-secret"
#define SERVICES "services-services-services-12345"

static void
use_secrets(const char *users, const char *services)
{
    setenv("TILL_ENV", "/dev/null", 1);
    setenv("JWT_SECRET", users, 1);
    setenv("SERVICE_SECRET", services, 1);
    config_load();
    token_init();
}

static int
begin(void **state)
{
    use_secrets(NEW, SERVICES);
    return unit_begin(state);
}

/* A token as somebody else might make it. NULL leaves a claim out. */
struct claims {
    jwt_alg_t alg;
    const char *secret, *iss, *aud, *sub, *role;
    long iat, exp; /* seconds from now; NEVER: left out */
};

enum { NEVER = 1 << 30 };

static const struct claims good = { JWT_ALG_HS256, NEW,        "till", "till",
                                    USER,          "customer", 0,      60 };

static const char *
forge(struct ctx *cx, struct claims claims)
{
    long now = (long)(clock_now() / 1000);
    const char *token;
    jwt_t *jwt = NULL;
    char *text;

    assert_int_equal(jwt_new(&jwt), 0);
    if (claims.iss)
        jwt_add_grant(jwt, "iss", claims.iss);
    if (claims.aud)
        jwt_add_grant(jwt, "aud", claims.aud);
    if (claims.sub)
        jwt_add_grant(jwt, "sub", claims.sub);
    if (claims.role)
        jwt_add_grant(jwt, "role", claims.role);
    if (claims.iat != NEVER)
        jwt_add_grant_int(jwt, "iat", now + claims.iat);
    if (claims.exp != NEVER)
        jwt_add_grant_int(jwt, "exp", now + claims.exp);
    if (claims.alg != JWT_ALG_NONE)
        jwt_set_alg(jwt, claims.alg, (const unsigned char *)claims.secret,
                    (int)strlen(claims.secret));
    text = jwt_encode_str(jwt);
    assert_non_null(text);
    token = arena_strdup(cx->arena, text);
    free(text);
    jwt_free(jwt);
    return token;
}

static enum err
check(struct ctx *cx, const char *token, struct caller *ret_caller)
{
    int64_t expires;

    ctx_forgive(cx);
    return token_check(cx, token, ret_caller, &expires);
}

static void
expect_refused(struct ctx *cx, const char *token, const char *what)
{
    struct caller caller = { ANYONE, "nobody" };

    if (check(cx, token, &caller) != ERR_BAD_TOKEN)
        fail_msg("%s is taken", what);
    assert_non_null(cx->fault);
    assert_int_equal(caller.role, ANYONE);
    assert_string_equal(caller.id, "nobody");
}

static void
a_users_token_says_who_they_are_and_until_when(void **state)
{
    static const enum role roles[] = { CUSTOMER, ADMIN };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(roles); i++) {
        struct caller caller;
        const char *token;
        int64_t expires;

        assert_int_equal(token_for_user(cx, USER, roles[i], 60, &token), OK);
        assert_int_equal(token_check(cx, token, &caller, &expires), OK);
        assert_int_equal(caller.role, roles[i]);
        assert_string_equal(caller.id, USER);
        assert_in_range(expires - clock_now(), 58000, 60000);
    }
}

static void
a_services_token_names_the_service(void **state)
{
    struct ctx *cx = *state;
    struct caller caller;
    const char *token;
    int64_t expires;

    assert_int_equal(token_for_service(cx, "payment", &token), OK);
    assert_int_equal(token_check(cx, token, &caller, &expires), OK);
    assert_int_equal(caller.role, SERVICE);
    assert_string_equal(caller.id, "payment");
    assert_in_range(expires - clock_now(), 58000, 60000);
}

static void
two_tokens_of_one_user_differ(void **state)
{
    struct ctx *cx = *state;
    const char *one, *other;

    assert_int_equal(token_for_user(cx, USER, CUSTOMER, 60, &one), OK);
    assert_int_equal(token_for_user(cx, USER, CUSTOMER, 60, &other), OK);
    assert_string_not_equal(one, other);
}

static void
what_the_forger_makes_is_taken_when_all_of_it_is_right(void **state)
{
    struct ctx *cx = *state;
    struct caller caller;

    assert_int_equal(check(cx, forge(cx, good), &caller), OK);
}

static void
other_algorithms_are_refused_though_the_secret_is_right(void **state)
{
    struct ctx *cx = *state;
    struct claims claims = good;

    claims.alg = JWT_ALG_HS384;
    expect_refused(cx, forge(cx, claims), "HS384");
    claims.alg = JWT_ALG_HS512;
    expect_refused(cx, forge(cx, claims), "HS512");
    claims.alg = JWT_ALG_NONE;
    expect_refused(cx, forge(cx, claims), "alg none");
    /* {"alg":"none"}, {"alg":"None"} with a signature that isn't empty */
    expect_refused(cx,
                   arena_printf(cx->arena, "%s.%s.%s", "eyJhbGciOiJub25lIn0",
                                strchr(forge(cx, claims), '.') + 1, "AAAA"),
                   "alg none with a signature");
    expect_refused(cx, "eyJhbGciOiJOb25lIn0.e30.AAAA", "alg None");
}

static void
other_secrets_are_refused(void **state)
{
    struct ctx *cx = *state;
    struct claims claims = good;

    claims.secret = OLD;
    expect_refused(cx, forge(cx, claims), "another secret");
    claims.secret = "x";
    expect_refused(cx, forge(cx, claims), "a short secret");
    claims.secret = SERVICES;
    expect_refused(cx, forge(cx, claims), "the services' secret for a user");
}

static void
times_are_checked(void **state)
{
    struct ctx *cx = *state;
    struct claims claims = good;
    struct caller caller;

    claims.exp = -31;
    claims.iat = -100;
    expect_refused(cx, forge(cx, claims), "an expired token");
    claims.exp = -5; /* within the leeway for clocks that differ */
    assert_int_equal(check(cx, forge(cx, claims), &caller), OK);
    claims = good;
    claims.exp = NEVER;
    expect_refused(cx, forge(cx, claims), "a token without exp");
    claims.exp = 2 * 24 * 3600;
    expect_refused(cx, forge(cx, claims), "a token for two days");
    claims = good;
    claims.iat = NEVER;
    expect_refused(cx, forge(cx, claims), "a token without iat");
    claims.iat = 3600;
    claims.exp = 7200;
    expect_refused(cx, forge(cx, claims), "a token of the future");
    claims = good;
    claims.iat = 20;
    claims.exp = 10;
    expect_refused(cx, forge(cx, claims), "a token that ends before it began");
}

/* Signs a payload of raw JSON with the right secret. */
static const char *
sign_raw(struct ctx *cx, const char *grants)
{
    const char *token;
    jwt_t *jwt = NULL;
    char *text;

    assert_int_equal(jwt_new(&jwt), 0);
    assert_int_equal(jwt_add_grants_json(jwt, grants), 0);
    assert_int_equal(
        jwt_set_alg(jwt, JWT_ALG_HS256, (const unsigned char *)NEW, 32), 0);
    text = jwt_encode_str(jwt);
    token = arena_strdup(cx->arena, text);
    free(text);
    jwt_free(jwt);
    return token;
}

static void
claims_of_a_wrong_type_are_refused(void **state)
{
    struct ctx *cx = *state;
    long long now = clock_now() / 1000, exp = now + 60;
    struct caller caller;
    const char *rows[][2] = {
        { "exp as a string",
          arena_printf(cx->arena,
                       "\"iat\":%lld,\"exp\":\"%lld\","
                       "\"aud\":\"till\",\"sub\":\"" USER "\"",
                       now, exp) },
        { "exp as a fraction",
          arena_printf(cx->arena,
                       "\"iat\":%lld,\"exp\":%lld.5,"
                       "\"aud\":\"till\",\"sub\":\"" USER "\"",
                       now, exp) },
        { "exp as true", arena_printf(cx->arena,
                                      "\"iat\":%lld,\"exp\":true,"
                                      "\"aud\":\"till\",\"sub\":\"" USER "\"",
                                      now) },
        { "iat as a string",
          arena_printf(cx->arena,
                       "\"iat\":\"%lld\",\"exp\":%lld,"
                       "\"aud\":\"till\",\"sub\":\"" USER "\"",
                       now, exp) },
        { "aud as a list",
          arena_printf(cx->arena,
                       "\"iat\":%lld,\"exp\":%lld,"
                       "\"aud\":[\"till\"],\"sub\":\"" USER "\"",
                       now, exp) },
        { "sub as a number", arena_printf(cx->arena,
                                          "\"iat\":%lld,\"exp\":%lld,"
                                          "\"aud\":\"till\",\"sub\":7",
                                          now, exp) },
        { "a token that isn't valid yet",
          arena_printf(cx->arena,
                       "\"iat\":%lld,\"exp\":%lld,\"nbf\":%lld,"
                       "\"aud\":\"till\",\"sub\":\"" USER "\"",
                       now, exp, now + 3600) },
    };

    for (size_t i = 0; i < COUNT(rows); i++)
        expect_refused(cx,
                       sign_raw(cx, arena_printf(cx->arena,
                                                 "{\"iss\":\"till\","
                                                 "\"role\":\"customer\",%s}",
                                                 rows[i][1])),
                       rows[i][0]);
    assert_int_equal(
        check(cx,
              sign_raw(cx, arena_printf(cx->arena,
                                        "{\"iss\":\"till\",\"role\":"
                                        "\"customer\",\"iat\":%lld,"
                                        "\"nbf\":%lld,\"exp\":%lld,\"aud\":"
                                        "\"till\",\"sub\":\"" USER "\"}",
                                        now, now, exp)),
              &caller),
        OK);
}

static void
other_issuers_audiences_subjects_and_roles_are_refused(void **state)
{
    struct ctx *cx = *state;
    struct claims claims;

    claims = good, claims.iss = "other";
    expect_refused(cx, forge(cx, claims), "another issuer");
    claims = good, claims.iss = NULL;
    expect_refused(cx, forge(cx, claims), "no issuer");
    claims = good, claims.aud = "shop";
    expect_refused(cx, forge(cx, claims), "another audience");
    claims = good, claims.aud = NULL;
    expect_refused(cx, forge(cx, claims), "no audience");
    claims = good, claims.sub = NULL;
    expect_refused(cx, forge(cx, claims), "no subject");
    claims = good, claims.sub = "";
    expect_refused(cx, forge(cx, claims), "an empty subject");
    claims = good, claims.sub = "bob";
    expect_refused(cx, forge(cx, claims), "a subject that is no id");
    claims = good, claims.role = NULL;
    expect_refused(cx, forge(cx, claims), "no role");
    claims = good, claims.role = "root";
    expect_refused(cx, forge(cx, claims), "an unknown role");
}

static void
users_and_services_do_not_pass_for_each_other(void **state)
{
    struct ctx *cx = *state;
    struct claims claims;

    claims = good, claims.role = "service";
    expect_refused(cx, forge(cx, claims), "a user as a service");
    claims = good, claims.role = "service", claims.aud = "till-services";
    expect_refused(cx, forge(cx, claims), "the users' secret for services");
    claims = good, claims.secret = SERVICES, claims.aud = "till-services";
    expect_refused(cx, forge(cx, claims), "a service as a customer");
    claims.role = "admin";
    expect_refused(cx, forge(cx, claims), "a service as an admin");
    claims.role = "service", claims.aud = "till";
    expect_refused(cx, forge(cx, claims), "a service for the users' audience");
}

static void
while_rotating_the_first_secret_signs_and_both_are_taken(void **state)
{
    struct ctx *cx = *state;
    struct claims claims = good;
    struct caller caller;
    const char *token;

    claims.secret = OLD;
    use_secrets(NEW "," OLD, SERVICES);
    assert_int_equal(check(cx, forge(cx, claims), &caller), OK);
    assert_int_equal(token_for_user(cx, USER, CUSTOMER, 60, &token), OK);
    use_secrets(NEW, SERVICES);
    assert_int_equal(check(cx, token, &caller), OK);
    expect_refused(cx, forge(cx, claims), "a secret that was retired");
}

static void
what_is_no_token_never_reaches_the_library(void **state)
{
    static const char *const bad[] = {
        "",
        ".",
        "..",
        "...",
        "a",
        "a.b",
        "a.b.",
        ".b.c",
        "a..c",
        "a.b.c.d",
        " a.b.c",
        "a.b.c ",
        "a.b.c\n",
        "a.b.c=",
        "a+b.c.d",
        "a/b.c.d",
        "\xff.\xff.\xff",
        "a.b.c",
        "eyJ.eyJ.c",
        "e30.e30.e30",
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(bad); i++)
        expect_refused(cx, bad[i], bad[i]);
}

/* Right in all but its length: so many bytes in a claim that nobody needs. */
static const char *
make_long(struct ctx *cx, size_t pad)
{
    long long now = clock_now() / 1000;
    char *claim = arena_alloc(cx->arena, pad + 1);

    memset(claim, 'a', pad);
    return sign_raw(cx, arena_printf(cx->arena,
                                     "{\"iss\":\"till\",\"role\":"
                                     "\"customer\",\"iat\":%lld,"
                                     "\"exp\":%lld,\"aud\":\"till\","
                                     "\"sub\":\"" USER "\","
                                     "\"pad\":\"%s\"}",
                                     now, now + 60, claim));
}

static void
a_token_over_four_kilobytes_is_refused_though_it_is_right(void **state)
{
    struct ctx *cx = *state;
    struct caller caller;

    assert_int_equal(check(cx, make_long(cx, 2000), &caller), OK);
    expect_refused(cx, make_long(cx, TOKEN_MAX), "a long token");
    expect_refused(cx, make_long(cx, 64 * 1024), "a longer token");
}

static void
a_token_of_nine_megabytes_is_refused(void **state)
{
    static const size_t sizes[] = { TOKEN_MAX + 1, 9 * MIB };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(sizes); i++) {
        char *token = arena_alloc(cx->arena, sizes[i] + 1);

        memset(token, 'a', sizes[i]);
        token[1] = token[3] = '.';
        expect_refused(cx, token, "a token that is too long");
    }
}

static void
every_changed_byte_is_noticed(void **state)
{
    struct ctx *cx = *state;
    char *token = arena_strdup(cx->arena, forge(cx, good));
    size_t size = strlen(token), last = strrchr(token, '.') + 1 - token;

    for (size_t i = 0; i < size; i++) {
        char byte = token[i];

        /* of the signature's last character only four bits count */
        if (byte == '.' || i == size - 1)
            continue;
        token[i] = byte == 'A' ? 'B' : 'A';
        expect_refused(cx, token, "a changed token");
        token[i] = byte;
    }
    token[last + 20] = '\0';
    expect_refused(cx, token, "a shortened signature");
}

struct pair {
    const char *users, *services;
};

static void
start(void *arg)
{
    const struct pair *pair = arg;

    use_secrets(pair->users, pair->services);
}

static void
weak_secrets_are_refused_at_the_start(void **state)
{
    static const struct {
        struct pair pair;
        const char *words;
    } rows[] = {
        { { "", SERVICES }, "JWT_SECRET is not set" },
        { { NEW, "" }, "SERVICE_SECRET is not set" },
        { { "short", SERVICES }, "JWT_SECRET is shorter than 32" },
        { { "31-bytes-31-bytes-31-bytes-31-b", SERVICES }, "JWT_SECRET" },
        { { NEW, "short" }, "SERVICE_SECRET is shorter than 32" },
        { { NEW ",", SERVICES }, "JWT_SECRET" },
        { { NEW ",short", SERVICES }, "JWT_SECRET" },
        { { "," NEW, SERVICES }, "JWT_SECRET" },
        { { NEW "," OLD "," OLD, SERVICES }, "JWT_SECRET" },
        { { NEW, NEW }, "must differ" },
        { { NEW "," OLD, NEW }, "must differ" },
        { { NEW "," OLD, OLD }, "must differ" },
    };

    (void)state;
    for (size_t i = 0; i < COUNT(rows); i++)
        expect_death(start, (void *)&rows[i].pair, rows[i].words);
}

#define TOKEN_TEST(test) cmocka_unit_test_setup_teardown(test, begin, unit_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        TOKEN_TEST(a_users_token_says_who_they_are_and_until_when),
        TOKEN_TEST(a_services_token_names_the_service),
        TOKEN_TEST(two_tokens_of_one_user_differ),
        TOKEN_TEST(what_the_forger_makes_is_taken_when_all_of_it_is_right),
        TOKEN_TEST(other_algorithms_are_refused_though_the_secret_is_right),
        TOKEN_TEST(other_secrets_are_refused),
        TOKEN_TEST(times_are_checked),
        TOKEN_TEST(claims_of_a_wrong_type_are_refused),
        TOKEN_TEST(other_issuers_audiences_subjects_and_roles_are_refused),
        TOKEN_TEST(users_and_services_do_not_pass_for_each_other),
        TOKEN_TEST(while_rotating_the_first_secret_signs_and_both_are_taken),
        TOKEN_TEST(what_is_no_token_never_reaches_the_library),
        TOKEN_TEST(a_token_over_four_kilobytes_is_refused_though_it_is_right),
        TOKEN_TEST(a_token_of_nine_megabytes_is_refused),
        TOKEN_TEST(every_changed_byte_is_noticed),
        TOKEN_TEST(weak_secrets_are_refused_at_the_start),
    };

    return cmocka_run_group_tests_name("token", tests, NULL, NULL);
}
