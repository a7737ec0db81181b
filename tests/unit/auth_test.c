#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "base/config.h"
#include "base/text.h"
#include "io/token.h"
#include "web/auth.h"

#define USER "01890a5d-ac96-774b-bcce-b302099a8057"

static int
begin(void **state)
{
    setenv("TILL_ENV", "/dev/null", 1);
    setenv("JWT_SECRET", "users-users-users-users-users-12", 1);
    setenv("SERVICE_SECRET", "services-services-services-12345", 1);
    config_load();
    token_init();
    return unit_begin(state);
}

/* The check's result, from an empty ctx. */
static enum err
check(struct ctx *cx, const char *authorization, unsigned callers)
{
    ctx_forgive(cx);
    cx->caller = (struct caller){ ANYONE, "" };
    return auth_check(cx, authorization, callers);
}

static const char *
bearer_for(struct ctx *cx, const char *user, enum role role)
{
    const char *token;

    assert_int_equal(token_for_user(cx, user, role, 60, &token), OK);
    return arena_printf(cx->arena, "Bearer %s", token);
}

static void
a_route_for_anyone_does_not_look_at_the_header(void **state)
{
    struct ctx *cx = *state;

    assert_int_equal(check(cx, NULL, ANYONE), OK);
    assert_int_equal(check(cx, "nonsense", ANYONE), OK);
    assert_int_equal(cx->caller.role, ANYONE);
}

static void
a_good_token_says_who_is_calling_also_the_second_time(void **state)
{
    struct ctx *cx = *state;
    const char *bearer = bearer_for(cx, USER, ADMIN);

    for (int i = 0; i < 3; i++) {
        assert_int_equal(check(cx, bearer, CUSTOMER | ADMIN), OK);
        assert_int_equal(cx->caller.role, ADMIN);
        assert_string_equal(cx->caller.id, USER);
    }
}

static void
without_a_token_nothing_is_said_of_one(void **state)
{
    struct ctx *cx = *state;

    assert_int_equal(check(cx, NULL, CUSTOMER), ERR_UNAUTHENTICATED);
    assert_null(cx->fault);
    assert_int_equal(check(cx, "", CUSTOMER), ERR_UNAUTHENTICATED);
    assert_null(cx->fault);
}

static void
the_scheme_is_bearer_in_any_case(void **state)
{
    static const char *const schemes[] = { "bearer ", "BEARER  ", "Bearer " };
    struct ctx *cx = *state;
    const char *token = bearer_for(cx, USER, CUSTOMER) + strlen("Bearer ");

    for (size_t i = 0; i < COUNT(schemes); i++)
        assert_int_equal(
            check(cx, arena_printf(cx->arena, "%s%s", schemes[i], token),
                  CUSTOMER),
            OK);
}

static void
other_headers_are_refused(void **state)
{
    struct ctx *cx = *state;
    const char *bearer = bearer_for(cx, USER, CUSTOMER);
    const char *rows[] = {
        "Bearer",
        "Bearer ",
        "Basic dXNlcjpwYXNz",
        bearer + strlen("Bearer "),
        arena_printf(cx->arena, "%s ", bearer),
        arena_printf(cx->arena, "%s,%s", bearer, bearer),
        arena_printf(cx->arena, "Bearer %s", bearer),
        arena_printf(cx->arena, "%sx", bearer),
        arena_strndup(cx->arena, bearer, strlen(bearer) - 2),
        "Bearer \xff\xfe",
    };

    assert_int_equal(check(cx, bearer, CUSTOMER), OK); /* remembered now */
    for (size_t i = 0; i < COUNT(rows); i++) {
        if (check(cx, rows[i], CUSTOMER) != ERR_BAD_TOKEN)
            fail_msg("\"%s\" is taken", rows[i]);
        assert_non_null(cx->fault);
        assert_int_equal(cx->caller.role, ANYONE);
    }
}

static void
a_token_remembered_is_known_by_all_of_its_text(void **state)
{
    struct ctx *cx = *state;
    char *bearer = arena_strdup(cx->arena, bearer_for(cx, USER, CUSTOMER));

    assert_int_equal(check(cx, bearer, CUSTOMER), OK);
    /* the signature, and so the slot, stay the same */
    for (size_t i = strlen("Bearer "); bearer[i] != '.'; i++) {
        char byte = bearer[i];

        bearer[i] = byte == 'a' ? 'b' : 'a';
        assert_int_equal(check(cx, bearer, CUSTOMER), ERR_BAD_TOKEN);
        bearer[i] = byte;
    }
    assert_int_equal(check(cx, bearer, CUSTOMER), OK);
}

static void
a_role_that_may_not_is_forbidden_also_when_remembered(void **state)
{
    struct ctx *cx = *state;
    const char *bearer = bearer_for(cx, USER, CUSTOMER), *token;

    for (int i = 0; i < 2; i++) {
        assert_int_equal(check(cx, bearer, ADMIN | SERVICE), ERR_FORBIDDEN);
        assert_non_null(cx->fault);
    }
    assert_int_equal(token_for_service(cx, "payment", &token), OK);
    assert_int_equal(check(cx, arena_printf(cx->arena, "Bearer %s", token),
                           CUSTOMER | ADMIN),
                     ERR_FORBIDDEN);
}

static void
more_tokens_than_the_table_holds_are_all_known_for_who_they_are(void **state)
{
    enum { MANY = 3000 };
    struct ctx *cx = *state;
    const char **bearers = arena_array(cx->arena, const char *, MANY);

    for (int i = 0; i < MANY; i++)
        bearers[i] = bearer_for(cx,
                                arena_printf(cx->arena,
                                             "01890a5d-ac96-774b-bcce-"
                                             "%012d",
                                             i),
                                i % 2 ? CUSTOMER : ADMIN);
    for (int round = 0; round < 2; round++) {
        for (int i = 0; i < MANY; i++) {
            assert_int_equal(check(cx, bearers[i], CUSTOMER | ADMIN), OK);
            assert_int_equal(cx->caller.role, i % 2 ? CUSTOMER : ADMIN);
            assert_int_equal(strtol(cx->caller.id + 24, NULL, 10), i);
        }
    }
}

static void
nine_megabytes_of_header_are_refused(void **state)
{
    struct ctx *cx = *state;
    char *header = arena_alloc(cx->arena, 9 * MIB + 1);

    memset(header, 'a', 9 * MIB);
    memcpy(header, "Bearer ", 7);
    assert_int_equal(check(cx, header, CUSTOMER), ERR_BAD_TOKEN);
}

#define AUTH_TEST(test) cmocka_unit_test_setup_teardown(test, begin, unit_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        AUTH_TEST(a_route_for_anyone_does_not_look_at_the_header),
        AUTH_TEST(a_good_token_says_who_is_calling_also_the_second_time),
        AUTH_TEST(without_a_token_nothing_is_said_of_one),
        AUTH_TEST(the_scheme_is_bearer_in_any_case),
        AUTH_TEST(other_headers_are_refused),
        AUTH_TEST(a_token_remembered_is_known_by_all_of_its_text),
        AUTH_TEST(a_role_that_may_not_is_forbidden_also_when_remembered),
        AUTH_TEST(
            more_tokens_than_the_table_holds_are_all_known_for_who_they_are),
        AUTH_TEST(nine_megabytes_of_header_are_refused),
    };

    return cmocka_run_group_tests_name("auth", tests, NULL, NULL);
}
