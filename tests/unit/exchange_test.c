/*
 * One request from its parameters to the bytes of its answer, over a channel
 * made of a table: what every route does the same way.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "io/doc.h"
#include "io/token.h"
#include "web/channel.h"
#include "web/exchange.h"

#define USER "01890a5d-ac96-774b-bcce-b302099a8057"

enum { PAIRS = 16 };

static struct {
    char *pairs[PAIRS]; /* "NAME=value", in what is given */
    char given[16 * 1024];
    size_t given_size;
    const char *body;
    size_t body_size, body_read;
    char answer[64 * 1024];
    size_t answer_size;
    bool is_distrusted;
    int handled;
    int64_t time_left;
} wire;

static char *const *
get_params(struct channel *channel)
{
    (void)channel;
    return wire.pairs;
}

static size_t
read_body(struct channel *channel, char *bytes, size_t size)
{
    size_t left = wire.body_size - wire.body_read;

    (void)channel;
    size = size < left ? size : left;
    size = size < 1000 ? size : 1000; /* it comes in pieces */
    if (size > 0)
        memcpy(bytes, wire.body + wire.body_read, size);
    wire.body_read += size;
    return size;
}

static void
write_answer(struct channel *channel, const char *bytes, size_t size)
{
    (void)channel;
    assert_int_equal(wire.answer_size, 0); /* in one write */
    assert_true(size < sizeof wire.answer);
    memcpy(wire.answer, bytes, size);
    wire.answer[size] = '\0';
    wire.answer_size = size;
}

static void
distrust(struct channel *channel)
{
    (void)channel;
    wire.is_distrusted = true;
}

static struct channel channel = { get_params, read_body, write_answer,
                                  distrust };

struct echo {
    const char *text;
};

static const struct field fields[] = {
    FIELD_TEXT(struct echo, text, REQUIRED, 1, 1000),
    FIELD_END,
};

static enum err
echo(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct echo echo;
    struct writer *writer;
    enum err err;

    wire.handled++;
    wire.time_left = ctx_time_left(cx, 1000 * 1000);
    if ((err = request_fields(cx, request, &echo)))
        return err;
    writer = reply_json(reply, HTTP_OK);
    writer_object(writer, NULL);
    writer_text(writer, "text", echo.text);
    writer_object_end(writer);
    return OK;
}

static enum err
show(struct ctx *cx, const struct request *request, struct reply *reply)
{
    const char *id;
    enum err err;

    wire.handled++;
    if ((err = request_id(cx, request, &id)))
        return err;
    reply_etag(cx, reply, 3);
    writer_text(reply_json(reply, HTTP_OK), NULL, id);
    return OK;
}

static enum err
match(struct ctx *cx, const struct request *request, struct reply *reply)
{
    enum err err;

    if ((err = request_match(cx, request, 3)))
        return err;
    writer_text(reply_json(reply, HTTP_OK), NULL, "matched");
    return OK;
}

static enum err
fall(struct ctx *cx, const struct request *request, struct reply *reply)
{
    (void)request;
    writer_text(reply_json(reply, HTTP_OK), NULL, "half an answer");
    return fail(cx, ERR_INTERNAL, "the secret cause");
}

static enum err
talk(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct writer *writer = reply_json(reply, HTTP_OK);

    (void)cx, (void)request;
    for (int i = 0; i < 300000; i++)
        writer_text(writer, NULL, "talk");
    return OK;
}

static const struct app post_app = {
    .name = "test-echo",
    .method = "POST",
    .path = "/api/echo",
    .callers = CUSTOMER,
    .body_max = 4096,
    .fields = fields,
    .handle = echo,
};
static const struct app get_app = {
    .name = "test-show",
    .method = "GET",
    .path = "/api/echo/{id}",
    .callers = ANYONE,
    .handle = show,
};
static const struct app match_app = { "test-match", "GET", "/", ANYONE,
                                      .handle = match };
static const struct app fall_app = { "test-fall", "GET", "/", ANYONE,
                                     .handle = fall };
static const struct app talk_app = { "test-talk", "GET", "/", ANYONE,
                                     .handle = talk };

static int
begin(void **state)
{
    setenv("TILL_ENV", "/dev/null", 1);
    setenv("LOG_LEVEL", "error", 1);
    setenv("JWT_SECRET", "users-users-users-users-users-12", 1);
    setenv("SERVICE_SECRET", "services-services-services-12345", 1);
    config_load();
    token_init();
    log_init("unit-test");
    memset(&wire, 0, sizeof wire);
    return unit_begin(state);
}

/* Adds a parameter; the first of a name is the one that is read. */
static void
give(const char *name, const char *value)
{
    size_t room = sizeof wire.given - wire.given_size;
    int i = 0, size;

    while (wire.pairs[i])
        i++;
    assert_true(i < PAIRS - 1);
    wire.pairs[i] = wire.given + wire.given_size;
    size = snprintf(wire.pairs[i], room, "%s=%s", name, value);
    assert_true((size_t)size < room);
    wire.given_size += (size_t)size + 1;
}

static void
give_body(struct ctx *cx, const char *body)
{
    wire.body = body;
    wire.body_size = strlen(body);
    give("CONTENT_LENGTH", arena_printf(cx->arena, "%zu", wire.body_size));
}

static void
give_token(struct ctx *cx, enum role role)
{
    const char *token;

    assert_int_equal(token_for_user(cx, USER, role, 60, &token), OK);
    give("HTTP_AUTHORIZATION", arena_printf(cx->arena, "Bearer %s", token));
}

/* All that a good POST needs. */
static void
give_all(struct ctx *cx)
{
    give("REQUEST_METHOD", "POST");
    give("DOCUMENT_URI", "/api/echo");
    give("CONTENT_TYPE", "application/json");
    give_token(cx, CUSTOMER);
}

static void
serve(const struct app *app)
{
    struct exchange exchange;

    exchange_init(&exchange, &channel);
    exchange_read(&exchange, app);
    exchange_handle(&exchange, app);
    exchange_finish(&exchange);
    exchange_destroy(&exchange);
}

static bool
answered_with(const char *line)
{
    return strstr(wire.answer, line) != NULL;
}

/* A problem of this status; its body as a document. */
static const struct doc *
expect_problem(struct ctx *cx, int status)
{
    const char *body = strstr(wire.answer, "\r\n\r\n") + 4;
    const struct doc *doc;
    int64_t said;

    assert_contains(wire.answer,
                    arena_printf(cx->arena, "Status: %d\r\n", status));
    assert_contains(wire.answer, "Content-Type: application/problem+json");
    assert_contains(
        wire.answer,
        arena_printf(cx->arena, "Content-Length: %zu\r\n", strlen(body)));
    assert_int_equal(doc_parse(cx, body, strlen(body), &doc), OK);
    assert_true(doc_int(doc_at(doc, "status"), &said));
    assert_int_equal(said, status);
    assert_non_null(doc_text(doc_at(doc, "type")));
    assert_non_null(doc_text(doc_at(doc, "title")));
    assert_non_null(doc_text(doc_at(doc, "detail")));
    assert_non_null(doc_text(doc_at(doc, "request_id")));
    assert_int_equal(wire.body_read, wire.body_size); /* always drained */
    return doc;
}

static void
a_good_request_is_answered(void **state)
{
    struct ctx *cx = *state;

    give_all(cx);
    give("REQUEST_ID", "given-by-nginx");
    give_body(cx, "{\"text\":\"h\xc3\xa9\"}");
    serve(&post_app);
    assert_int_equal(wire.handled, 1);
    assert_string_equal(wire.answer, "Status: 200\r\n"
                                     "Content-Type: application/json\r\n"
                                     "Content-Length: 14\r\n"
                                     "Cache-Control: no-store\r\n"
                                     "X-Request-Id: given-by-nginx\r\n"
                                     "\r\n"
                                     "{\"text\":\"h\xc3\xa9\"}");
    assert_false(wire.is_distrusted);
}

static void
another_method_is_405_with_allow(void **state)
{
    static const char *const methods[] = { "GET",     "PUT",  "DELETE", "",
                                           "OPTIONS", "post", "HEAD" };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(methods); i++) {
        memset(&wire, 0, sizeof wire);
        give("REQUEST_METHOD", methods[i]);
        give_body(cx, "{\"text\":\"a\"}");
        serve(&post_app);
        expect_problem(cx, 405);
        assert_contains(wire.answer, "Allow: POST\r\n");
        assert_int_equal(wire.handled, 0);
    }
    memset(&wire, 0, sizeof wire);
    give("REQUEST_METHOD", "POST");
    serve(&get_app);
    expect_problem(cx, 405);
    assert_contains(wire.answer, "Allow: GET, HEAD\r\n");
}

static void
head_goes_where_get_goes(void **state)
{
    (void)state;
    give("REQUEST_METHOD", "HEAD");
    give("DOCUMENT_URI", "/api/echo/" USER);
    serve(&get_app);
    assert_true(answered_with("Status: 200\r\n"));
}

static void
without_a_token_401_says_which_scheme(void **state)
{
    struct ctx *cx = *state;

    give("REQUEST_METHOD", "POST");
    give("CONTENT_TYPE", "application/json");
    give_body(cx, "{\"text\":\"a\"}");
    serve(&post_app);
    expect_problem(cx, 401);
    assert_contains(wire.answer, "WWW-Authenticate: Bearer realm=\"till\"\r\n");
    assert_int_equal(wire.handled, 0);
}

static void
a_bad_token_is_invalid_token(void **state)
{
    struct ctx *cx = *state;

    give("REQUEST_METHOD", "POST");
    give("HTTP_AUTHORIZATION", "Bearer a.b.c");
    serve(&post_app);
    expect_problem(cx, 401);
    assert_contains(wire.answer, "error=\"invalid_token\"\r\n");
}

static void
a_role_that_may_not_is_403(void **state)
{
    struct ctx *cx = *state;

    give("REQUEST_METHOD", "POST");
    give("CONTENT_TYPE", "application/json");
    give_token(cx, ADMIN);
    give_body(cx, "{\"text\":\"a\"}");
    serve(&post_app);
    expect_problem(cx, 403);
    assert_int_equal(wire.handled, 0);
}

static void
other_content_types_are_415(void **state)
{
    static const char *const bad[] = {
        "",
        "text/plain",
        "application/jsonp",
        "application/x-www-form-"
        "urlencoded",
        "json",
        "application/json-patch+json",
        "multipart/form-data",
        "text/json",
        "application/merge-patch+jsonx",
    };
    static const char *const good[] = {
        "application/json",
        "Application/JSON; charset=utf-8",
        "application/merge-patch+json",
        "application/json ;charset=UTF-8",
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(bad) + COUNT(good); i++) {
        bool is_good = i >= COUNT(bad);

        memset(&wire, 0, sizeof wire);
        give("REQUEST_METHOD", "POST");
        give("CONTENT_TYPE", is_good ? good[i - COUNT(bad)] : bad[i]);
        give_token(cx, CUSTOMER);
        give_body(cx, "{\"text\":\"a\"}");
        serve(&post_app);
        if (!is_good)
            expect_problem(cx, 415);
        assert_int_equal(wire.handled, is_good);
    }
}

static const char *
many(struct ctx *cx, size_t size)
{
    char *body = arena_alloc(cx->arena, size + 1);

    return memset(body, 'x', size);
}

static void
a_body_over_the_cap_is_413_and_drained(void **state)
{
    static const size_t sizes[] = { 4097, 60000, 2 * MIB };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(sizes); i++) {
        memset(&wire, 0, sizeof wire);
        give_all(cx);
        give_body(cx, many(cx, sizes[i]));
        serve(&post_app);
        expect_problem(cx, 413);
        assert_int_equal(wire.handled, 0);
        assert_false(wire.is_distrusted);
    }
    memset(&wire, 0, sizeof wire);
    give_all(cx);
    give_body(cx, many(cx, 4096));
    serve(&post_app);
    expect_problem(cx, 400); /* as large as allowed, but no JSON */
}

static void
a_body_of_another_length_than_announced_ends_the_connection(void **state)
{
    static const char *const lengths[] = { "0",
                                           "11",
                                           "13",
                                           "1000000",
                                           "-1",
                                           "12x",
                                           "+12",
                                           " 12",
                                           "0x0c",
                                           "9999999999999999999999",
                                           "9223372036854775807" };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(lengths); i++) {
        memset(&wire, 0, sizeof wire);
        give_all(cx);
        give("CONTENT_LENGTH", lengths[i]);
        give_body(cx, "{\"text\":\"a\"}");
        serve(&post_app);
        expect_problem(cx, 400);
        assert_true(wire.is_distrusted);
        assert_int_equal(wire.handled, 0);
    }
}

static void
a_body_where_none_is_taken_is_drained_and_ignored(void **state)
{
    struct ctx *cx = *state;

    give("REQUEST_METHOD", "GET");
    give("DOCUMENT_URI", "/api/echo/" USER);
    give_body(cx, many(cx, 100000));
    serve(&get_app);
    assert_true(answered_with("Status: 200\r\n"));
    assert_int_equal(wire.body_read, 100000);
}

static void
headers_given_twice_are_refused(void **state)
{
    static const char *const names[] = {
        "HTTP_AUTHORIZATION", "HTTP_IDEMPOTENCY_KEY",  "HTTP_IF_MATCH",
        "HTTP_IF_NONE_MATCH", "HTTP_STRIPE_SIGNATURE", "CONTENT_TYPE",
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(names); i++) {
        memset(&wire, 0, sizeof wire);
        give_all(cx);
        give(names[i], "a");
        give(names[i], "a");
        give_body(cx, "{\"text\":\"a\"}");
        serve(&post_app);
        expect_problem(cx, 400);
        assert_int_equal(wire.handled, 0);
    }
}

static void
every_wrong_field_has_its_pointer_in_the_answer(void **state)
{
    struct ctx *cx = *state;
    const struct doc *error;

    give_all(cx);
    give_body(cx, "{\"a/b\":1,\"c\\nd\":2}");
    serve(&post_app);
    error = doc_first(doc_at(expect_problem(cx, 422), "errors"));
    assert_string_equal(doc_text(doc_at(error, "pointer")), "/a~1b");
    error = doc_next(error);
    assert_string_equal(doc_text(doc_at(error, "pointer")), "/c\nd");
    error = doc_next(error);
    assert_string_equal(doc_text(doc_at(error, "pointer")), "/text");
    assert_string_equal(doc_text(doc_at(error, "detail")), "is missing");
    assert_null(doc_next(error));
}

static void
ids_in_the_path_are_checked(void **state)
{
    static const char *const bad[] = {
        "/api/echo/",
        "/api/echo/x",
        "/api/echo/" USER "0",
        "/api/echo/" USER "/",
        "/",
        "",
        "/api/echo/../" USER "x",
        "/api/echo/\xff",
        "/api/echo/01890A5D-AC96-774B-BCCE-B302099A8057",
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(bad); i++) {
        memset(&wire, 0, sizeof wire);
        give("REQUEST_METHOD", "GET");
        give("DOCUMENT_URI", bad[i]);
        serve(&get_app);
        expect_problem(cx, 400);
    }
    memset(&wire, 0, sizeof wire);
    give("REQUEST_METHOD", "GET");
    give("REQUEST_URI", "/api/echo/" USER "?a=b/c");
    serve(&get_app);
    assert_true(answered_with("Status: 200\r\n"));
}

static void
what_the_client_has_already_is_304_without_a_body(void **state)
{
    static const char *const known[] = { "\"3\"", "*", "W/\"3\"",
                                         "\"1\", \"3\"", "\"1\",\"3\",\"4\"" };
    static const char *const unknown[] = { "\"33\"", "\"4\"", "3",           "",
                                           ",",      "\"3",   "\"1\", \"2\"" };
    (void)state;
    for (size_t i = 0; i < COUNT(known) + COUNT(unknown); i++) {
        bool is_known = i < COUNT(known);

        memset(&wire, 0, sizeof wire);
        give("REQUEST_METHOD", "GET");
        give("DOCUMENT_URI", "/api/echo/" USER);
        give("HTTP_IF_NONE_MATCH",
             is_known ? known[i] : unknown[i - COUNT(known)]);
        serve(&get_app);
        assert_true(answered_with("ETag: \"3\"\r\n"));
        assert_int_equal(answered_with("Status: 304\r\n"), is_known);
        assert_int_equal(
            strcmp(strstr(wire.answer, "\r\n\r\n"), "\r\n\r\n") == 0, is_known);
    }
}

static void
if_match_allows_only_the_version_it_names(void **state)
{
    static const char *const rows[][2] = {
        { "\"3\"", "200" }, { "*", "200" }, { "\"2\", \"3\"", "200" },
        { "\"2\"", "412" }, { "3", "412" }, { "", "412" },
        { "\"3", "412" },
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        memset(&wire, 0, sizeof wire);
        give("REQUEST_METHOD", "GET");
        give("HTTP_IF_MATCH", rows[i][0]);
        serve(&match_app);
        if (!strcmp(rows[i][1], "412"))
            expect_problem(cx, 412);
        else
            assert_true(answered_with("Status: 200\r\n"));
    }
}

static void
the_cause_of_a_5xx_stays_in_the_log(void **state)
{
    struct ctx *cx = *state;

    give("REQUEST_METHOD", "GET");
    serve(&fall_app);
    expect_problem(cx, 500);
    assert_false(answered_with("secret cause"));
    assert_false(answered_with("half an answer"));
}

static void
an_answer_without_end_is_500(void **state)
{
    struct ctx *cx = *state;

    give("REQUEST_METHOD", "GET");
    serve(&talk_app);
    expect_problem(cx, 500);
}

static void
who_waited_past_the_deadline_gets_503_before_any_work(void **state)
{
    static const struct {
        int waited;
        bool is_late;
    } rows[] = { { 0, false },
                 { 20000, false },
                 { 26000, true },
                 { 3600000, true },
                 { -5000, false } };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(rows); i++) {
        int64_t since = clock_now() - rows[i].waited;

        memset(&wire, 0, sizeof wire);
        give_all(cx);
        give("REQUEST_MSEC",
             arena_printf(cx->arena, "%lld.%03lld", (long long)since / 1000,
                          (long long)since % 1000));
        give_body(cx, "{\"text\":\"a\"}");
        serve(&post_app);
        assert_int_equal(wire.handled, !rows[i].is_late);
        if (rows[i].is_late) {
            expect_problem(cx, 503);
            assert_contains(wire.answer, "Retry-After: 1\r\n");
        } else {
            assert_in_range(wire.time_left, 1,
                            25000 - (rows[i].waited > 0 ? rows[i].waited : 0));
        }
    }
}

static void
a_request_id_is_taken_only_when_it_is_harmless(void **state)
{
    static const char *const bad[] = { "",
                                       "short",
                                       "with space in it",
                                       "line\r\nSet-Cookie: a=b",
                                       "\"quoted-id\"",
                                       "0123456789012345678901234567890123456"
                                       "7890123456789012345678901234" };
    (void)state;
    for (size_t i = 0; i < COUNT(bad); i++) {
        memset(&wire, 0, sizeof wire);
        give("REQUEST_METHOD", "GET");
        give("REQUEST_ID", bad[i]);
        serve(&fall_app);
        assert_false(answered_with("Set-Cookie"));
        /* one of ours instead: a UUID */
        assert_true(strspn(strstr(wire.answer, "X-Request-Id: ") + 14,
                           "0123456789abcdef-") == 36);
    }
}

static void
a_batch_that_was_not_kept_voids_what_was_going_to_be_said(void **state)
{
    struct ctx *cx = *state;
    struct exchange exchange;

    give_all(cx);
    give_body(cx, "{\"text\":\"a\"}");
    exchange_init(&exchange, &channel);
    exchange_read(&exchange, &post_app);
    exchange_handle(&exchange, &post_app);
    exchange_void(&exchange, ERR_UNAVAILABLE);
    exchange_finish(&exchange);
    exchange_destroy(&exchange);
    expect_problem(cx, 503);
    assert_contains(wire.answer, "Retry-After: 1\r\n");
}

static void
an_exchange_serves_one_request_after_another(void **state)
{
    struct ctx *cx = *state;
    struct exchange exchange;

    exchange_init(&exchange, &channel);
    for (int i = 0; i < 10; i++) {
        memset(&wire, 0, sizeof wire);
        if (i % 2)
            give_all(cx);
        else
            give("REQUEST_METHOD", "POST");
        give_body(cx, "{\"text\":\"a\"}");
        exchange_read(&exchange, &post_app);
        exchange_handle(&exchange, &post_app);
        exchange_finish(&exchange);
        assert_true(answered_with(i % 2 ? "Status: 200" : "Status: 401"));
    }
    exchange_destroy(&exchange);
}

static void
serve_path(void *arg)
{
    setenv("LOG_LEVEL", "info", 1);
    config_load();
    log_init("unit-test");
    give("REQUEST_METHOD", "GET");
    give("DOCUMENT_URI", arg);
    serve(&get_app);
}

static void
every_request_is_logged_also_one_with_a_monstrous_path(void **state)
{
    struct ctx *cx = *state;
    char *path = arena_alloc(cx->arena, 8001), said[32 * 1024];
    const struct doc *line;

    memset(path, 1, 8000);
    run_apart(serve_path, path, said, sizeof said);
    assert_int_equal(doc_parse(cx, said, strlen(said), &line), OK);
    assert_string_equal(doc_text(doc_at(line, "message")), "request");
    run_apart(serve_path, (char[]){ "/api/\"\n\xc3\xa9/" USER }, said,
              sizeof said);
    assert_int_equal(doc_parse(cx, said, strlen(said), &line), OK);
    assert_string_equal(doc_text(doc_at(line, "path")),
                        "/api/\"\n\xc3\xa9/" USER);
}

static void
serve_logged(void *arg)
{
    (void)arg;
    setenv("LOG_LEVEL", "info", 1);
    config_load();
    log_init("unit-test");
    serve(&post_app);
}

static void
tokens_and_bodies_are_not_logged(void **state)
{
    struct ctx *cx = *state;
    char said[32 * 1024];

    give_all(cx);
    give_body(cx, "{\"text\":\"hunter2\"}");
    run_apart(serve_logged, NULL, said, sizeof said);
    assert_contains(said, "\"status\":200");
    assert_contains(said, USER);
    assert_null(strstr(said, "eyJ"));
    assert_null(strstr(said, "hunter2"));
}

#define WIRE_TEST(test) cmocka_unit_test_setup_teardown(test, begin, unit_end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        WIRE_TEST(a_good_request_is_answered),
        WIRE_TEST(another_method_is_405_with_allow),
        WIRE_TEST(head_goes_where_get_goes),
        WIRE_TEST(without_a_token_401_says_which_scheme),
        WIRE_TEST(a_bad_token_is_invalid_token),
        WIRE_TEST(a_role_that_may_not_is_403),
        WIRE_TEST(other_content_types_are_415),
        WIRE_TEST(a_body_over_the_cap_is_413_and_drained),
        WIRE_TEST(a_body_of_another_length_than_announced_ends_the_connection),
        WIRE_TEST(a_body_where_none_is_taken_is_drained_and_ignored),
        WIRE_TEST(headers_given_twice_are_refused),
        WIRE_TEST(every_wrong_field_has_its_pointer_in_the_answer),
        WIRE_TEST(ids_in_the_path_are_checked),
        WIRE_TEST(what_the_client_has_already_is_304_without_a_body),
        WIRE_TEST(if_match_allows_only_the_version_it_names),
        WIRE_TEST(the_cause_of_a_5xx_stays_in_the_log),
        WIRE_TEST(an_answer_without_end_is_500),
        WIRE_TEST(who_waited_past_the_deadline_gets_503_before_any_work),
        WIRE_TEST(a_request_id_is_taken_only_when_it_is_harmless),
        WIRE_TEST(a_batch_that_was_not_kept_voids_what_was_going_to_be_said),
        WIRE_TEST(an_exchange_serves_one_request_after_another),
        WIRE_TEST(every_request_is_logged_also_one_with_a_monstrous_path),
        WIRE_TEST(tokens_and_bodies_are_not_logged),
    };

    return cmocka_run_group_tests_name("exchange", tests, NULL, NULL);
}
