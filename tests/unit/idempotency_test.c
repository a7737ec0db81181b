/*
 * Idempotency-Key: whole requests, of a program of each kind, on a database
 * that breaks.
 */
#include "unit.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "base/config.h"
#include "base/log.h"
#include "io/idempotency.h"
#include "io/migration.h"
#include "io/secret.h"
#include "io/token.h"
#include "web/exchange.h"

#define USER "01890a5d-ac96-774b-bcce-b302099a8057"
#define OTHER_USER "01890a5d-ac96-774b-bcce-b302099a8058"
#define BODY "{\"id\":\"a\"}"
#define REPLAYED "Idempotency-Replayed: true\r\n"

static char folder[] = "/tmp/till-idempotency-XXXXXX";
static struct db *db;

static int
enter_folder(void **state)
{
    (void)state;
    setenv("TILL_ENV", "/dev/null", 1);
    setenv("LOG_LEVEL", "error", 1);
    setenv("JWT_SECRET", "users-users-users-users-users-12", 1);
    setenv("SERVICE_SECRET", "services-services-services-12345", 1);
    config_load();
    log_init("unit-test");
    secret_init();
    token_init();
    return mkdtemp(folder) && !chdir(folder) ? 0 : -1;
}

static int
leave_folder(void **state)
{
    (void)state;
    return chdir("/") || rmdir(folder) ? -1 : 0;
}

/* Past all that is tested here. Returns the first row's number. */
static int64_t
by_hand(const char *sql)
{
    sqlite3 *sqlite;
    sqlite3_stmt *stmt;
    int64_t number = -1;
    int code;

    assert_int_equal(sqlite3_open("test.db", &sqlite), SQLITE_OK);
    sqlite3_busy_timeout(sqlite, 5000);
    if (sqlite3_prepare_v2(sqlite, sql, -1, &stmt, NULL))
        fail_msg("%s: %s", sql, sqlite3_errmsg(sqlite));
    if ((code = sqlite3_step(stmt)) == SQLITE_ROW)
        number = sqlite3_column_int64(stmt, 0);
    else if (code != SQLITE_DONE)
        fail_msg("%s: %s", sql, sqlite3_errmsg(sqlite));
    sqlite3_finalize(stmt);
    sqlite3_close(sqlite);
    return number;
}

static int64_t
items(void)
{
    return by_hand("SELECT count(*) FROM items");
}

static int64_t
keys(void)
{
    return by_hand("SELECT count(*) FROM idempotency_keys");
}

static void
open_db(struct ctx *cx, enum db_mode mode)
{
    assert_int_equal(db_open(cx, "order", "test.db", &db), OK);
    db_set_mode(db, mode);
    idempotency_store_open(db);
}

static int
begin(void **state)
{
    int64_t applied;

    unit_begin(state);
    assert_int_equal(migrate(*state, "order", "test.db", &applied), OK);
    by_hand("CREATE TABLE items (id TEXT NOT NULL)");
    by_hand("CREATE TABLE wholes (id INTEGER PRIMARY KEY)");
    by_hand("CREATE TABLE parts (whole INTEGER REFERENCES wholes (id) "
            "DEFERRABLE INITIALLY DEFERRED)");
    return 0;
}

static int
end(void **state)
{
    db_close(db);
    db = NULL;
    unlink("test.db");
    unlink("test.db-wal");
    unlink("test.db-shm");
    unlink("test.db.lock");
    return unit_end(state);
}

/* Whole requests. */

enum { AUTHORIZATION = 3, PAIRS = 6 };

struct wire {
    struct channel channel; /* first: a channel is turned back into this */
    char *pairs[PAIRS];     /* "NAME=value" */
    char length[32];
    const char *body;
    size_t body_size, body_read;
    char answer[8 * 1024];
};

static char *const *
get_params(struct channel *channel)
{
    struct wire *wire = (struct wire *)channel;

    snprintf(wire->length, sizeof wire->length, "CONTENT_LENGTH=%zu",
             wire->body_size);
    return wire->pairs;
}

static size_t
read_body(struct channel *channel, char *bytes, size_t size)
{
    struct wire *wire = (struct wire *)channel;
    size_t left = wire->body_size - wire->body_read;

    size = size < left ? size : left;
    memcpy(bytes, wire->body + wire->body_read, size);
    wire->body_read += size;
    return size;
}

static void
write_answer(struct channel *channel, const char *bytes, size_t size)
{
    struct wire *wire = (struct wire *)channel;

    assert_true(size < sizeof wire->answer);
    memcpy(wire->answer, bytes, size);
    wire->answer[size] = '\0';
}

static void
distrust(struct channel *channel)
{
    (void)channel;
}

struct item {
    const char *id;
};

static const struct field fields[] = {
    FIELD_TEXT(struct item, id, REQUIRED, 1, 4000),
    FIELD_END,
};

/* How often the handler ran, what it returns, what it saw. */
static struct {
    int count;
    enum err err;
    const char *sql;      /* run after the item is written, or NULL */
    void (*meddle)(void); /* likewise */
    char request_key[64];
} handler;

static enum err
insert(struct ctx *cx, struct db *in, void *arg)
{
    struct item *item = arg;

    return db_run(cx, in, NULL, "INSERT INTO items VALUES (?)", "t", item->id);
}

static enum err
insert_orphan(struct ctx *cx, struct db *in, void *arg)
{
    (void)arg;
    return db_run(cx, in, NULL, "INSERT INTO parts VALUES (-1)", "");
}

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct writer *writer;
    struct item item;
    enum err err;

    handler.count++;
    snprintf(handler.request_key, sizeof handler.request_key, "%s",
             cx->request_key ? cx->request_key : "none");
    if ((err = request_fields(cx, request, &item)))
        return err;
    if ((err = db_write(cx, db, insert, &item)))
        return err;
    if (!strcmp(item.id, "orphan") &&
        (err = db_write(cx, db, insert_orphan, NULL)))
        return err;
    if (handler.meddle)
        handler.meddle();
    if (handler.err)
        return fail(cx, handler.err, "as the test wants it");
    reply_etag(cx, reply, handler.count);
    reply_location(reply, "/api/item/", USER);
    writer = reply_json(reply, HTTP_CREATED);
    writer_object(writer, NULL);
    writer_text(writer, "secret", "a client_secret");
    writer_int(writer, "count", handler.count);
    writer_object_end(writer);
    return OK;
}

static const struct app quick = {
    .name = "test-quick",
    .method = "POST",
    .path = "/api/item",
    .callers = CUSTOMER | SERVICE,
    .body_max = 4096,
    .fields = fields,
    .is_idempotent = true,
    .handle = handle,
};
static const struct app waiting = {
    .name = "test-waiting",
    .method = "POST",
    .path = "/api/item",
    .callers = CUSTOMER | SERVICE,
    .body_max = 4096,
    .fields = fields,
    .waits = true,
    .is_idempotent = true,
    .handle = handle,
};
static const struct app other_route = {
    .name = "test-other",
    .method = "POST",
    .path = "/api/thing",
    .callers = CUSTOMER,
    .body_max = 4096,
    .fields = fields,
    .is_idempotent = true,
    .handle = handle,
};
static const struct app deaf = {
    .name = "test-deaf",
    .method = "POST",
    .path = "/api/item",
    .callers = CUSTOMER,
    .body_max = 4096,
    .fields = fields,
    .handle = handle,
};

static int
begin_quick(void **state)
{
    int failed = begin(state);

    memset(&handler, 0, sizeof handler);
    open_db(*state, DB_BATCH);
    return failed;
}

static int
begin_waiting(void **state)
{
    int failed = begin(state);

    memset(&handler, 0, sizeof handler);
    open_db(*state, DB_THREADS);
    return failed;
}

static const char *
bearer(struct ctx *cx, const char *user)
{
    const char *token;

    assert_int_equal(token_for_user(cx, user, CUSTOMER, 60, &token), OK);
    return arena_printf(cx->arena, "Bearer %s", token);
}

static struct wire *
new_wire(struct ctx *cx, const char *user, const char *key, const char *body)
{
    struct wire *wire = arena_new(cx->arena, struct wire);

    wire->channel =
        (struct channel){ get_params, read_body, write_answer, distrust };
    wire->body = body;
    wire->body_size = strlen(body);
    wire->pairs[0] = arena_strdup(cx->arena, "REQUEST_METHOD=POST");
    wire->pairs[1] = arena_strdup(cx->arena, "CONTENT_TYPE=application/json");
    wire->pairs[2] = wire->length;
    wire->pairs[AUTHORIZATION] =
        arena_printf(cx->arena, "HTTP_AUTHORIZATION=%s", bearer(cx, user));
    if (key)
        wire->pairs[4] =
            arena_printf(cx->arena, "HTTP_IDEMPOTENCY_KEY=%s", key);
    return wire;
}

/* As serve_batch.c does it: all are handled, then committed, then answered. */
static void
serve(struct ctx *cx, const struct app *app, struct wire *const *wires,
      int count)
{
    struct exchange exchanges[8];
    enum err err;

    for (int i = 0; i < count; i++) {
        exchange_init(&exchanges[i], &wires[i]->channel);
        exchange_read(&exchanges[i], app);
        exchange_handle(&exchanges[i], app);
    }
    err = db_commit(cx, db);
    for (int i = 0; i < count; i++) {
        if (err)
            exchange_void(&exchanges[i], err);
        exchange_finish(&exchanges[i]);
        exchange_destroy(&exchanges[i]);
    }
    ctx_forgive(cx);
}

static const char *
ask_as(struct ctx *cx, const struct app *app, const char *user, const char *key,
       const char *body)
{
    struct wire *wire = new_wire(cx, user, key, body);

    serve(cx, app, &wire, 1);
    return wire->answer;
}

static const char *
ask(struct ctx *cx, const struct app *app, const char *key, const char *body)
{
    return ask_as(cx, app, USER, key, body);
}

static void
expect_status(const char *said, int status)
{
    char line[32];

    snprintf(line, sizeof line, "Status: %d\r\n", status);
    assert_contains(said, line);
}

/* An answer without what is different in every one. */
static const char *
essence(struct ctx *cx, const char *said)
{
    static const char *const lines[] = { "X-Request-Id: ", REPLAYED };
    char *text = arena_strdup(cx->arena, said);

    for (size_t i = 0; i < COUNT(lines); i++) {
        char *line = strstr(text, lines[i]), *rest;

        if (!line)
            continue;
        rest = strchr(line, '\n') + 1;
        memmove(line, rest, strlen(rest) + 1);
    }
    return text;
}

static void
expect_replay(struct ctx *cx, const char *first, const char *again)
{
    assert_null(strstr(first, REPLAYED));
    assert_contains(again, REPLAYED);
    assert_string_equal(essence(cx, first), essence(cx, again));
}

/* True of both kinds of program. */
static void
check_replay(struct ctx *cx, const struct app *app)
{
    const char *first = ask(cx, app, "key", BODY);

    expect_status(first, 201);
    assert_contains(first, "Location: /api/item/" USER "\r\n");
    assert_contains(first, "ETag: \"1\"\r\n");
    assert_contains(first, "{\"secret\":\"a client_secret\",\"count\":1}");
    for (int i = 0; i < 3; i++)
        expect_replay(cx, first, ask(cx, app, "key", BODY));
    expect_replay(cx, first, ask(cx, app, "\"key\"", BODY));
    assert_int_equal(handler.count, 1);
    assert_int_equal(items(), 1);
}

static void
a_repeated_request_gets_the_same_answer(void **state)
{
    check_replay(*state, &quick);
}

static void
so_it_does_where_the_program_waits(void **state)
{
    check_replay(*state, &waiting);
}

static void
two_in_one_batch_are_one(void **state)
{
    struct ctx *cx = *state;
    struct wire *wires[3];

    for (int i = 0; i < 3; i++)
        wires[i] = new_wire(cx, USER, "key", i < 2 ? BODY : "{\"id\":\"b\"}");
    serve(cx, &quick, wires, 3);
    expect_status(wires[0]->answer, 201);
    expect_replay(cx, wires[0]->answer, wires[1]->answer);
    expect_status(wires[2]->answer, 422);
    assert_int_equal(items(), 1);
}

static void
another_body_is_422_and_does_nothing(void **state)
{
    static const char *const others[] = { "{\"id\":\"b\"}", BODY " ", "{}", "",
                                          "{\"id\":" };
    struct ctx *cx = *state;

    expect_status(ask(cx, &quick, "key", BODY), 201);
    for (size_t i = 0; i < COUNT(others); i++) {
        const char *said = ask(cx, &quick, "key", others[i]);

        expect_status(said, 422);
        assert_contains(said, "/problems/key-reused");
        assert_null(strstr(said, REPLAYED));
    }
    assert_int_equal(items(), 1);
    expect_status(ask(cx, &quick, "key", BODY), 201);
}

static void
a_body_that_differs_after_a_nul_is_another(void **state)
{
    static const char body[] = BODY "\0 and more";
    struct ctx *cx = *state;
    struct wire *wire = new_wire(cx, USER, "key", body);

    expect_status(ask(cx, &quick, "key", BODY), 201);
    wire->body_size = sizeof body - 1;
    serve(cx, &quick, &wire, 1);
    expect_status(wire->answer, 422);
}

static void
users_routes_and_keys_are_apart(void **state)
{
    struct ctx *cx = *state;
    char seen[4][64];

    expect_status(ask(cx, &quick, "key", BODY), 201);
    memcpy(seen[0], handler.request_key, 64);
    expect_status(ask_as(cx, &quick, OTHER_USER, "key", BODY), 201);
    memcpy(seen[1], handler.request_key, 64);
    expect_status(ask(cx, &quick, "Key", BODY), 201);
    memcpy(seen[2], handler.request_key, 64);
    expect_status(ask(cx, &other_route, "key", BODY), 201);
    memcpy(seen[3], handler.request_key, 64);
    assert_int_equal(handler.count, 4);
    assert_int_equal(items(), 4);
    for (int i = 0; i < 4; i++) {
        assert_int_equal(strlen(seen[i]), 22);
        for (int j = 0; j < i; j++)
            assert_string_not_equal(seen[i], seen[j]);
    }
}

static void
without_the_header_nothing_is_kept(void **state)
{
    struct ctx *cx = *state;

    for (int i = 0; i < 2; i++) {
        expect_status(ask(cx, &quick, NULL, BODY), 201);
        assert_string_equal(handler.request_key, "none");
        /* a program that doesn't know the header */
        expect_status(ask(cx, &deaf, "\"", BODY), 201);
    }
    assert_int_equal(items(), 4);
    assert_int_equal(keys(), 0);
}

static const char *
repeat(struct ctx *cx, char byte, size_t count)
{
    char *text = arena_alloc(cx->arena, count + 1);

    return memset(text, byte, count);
}

static void
keys_that_are_no_keys_are_400(void **state)
{
    static const char *const bad[] = {
        "",        "\"",        "\"\"",
        "a b",     " ",         "a\tb",
        "\"a b\"", "\"a",       "\"a\"b",
        "\"a\"\"", "\"\\a\"",   "\"a\\\"",
        "\"a\\",   "\"a\";b=1", "\x7f",
        "a\x01",   "\xc3\xa9",  "\"\xff\"",
        "a\r\nb",  "\"a\" ",    "\"a\", \"b\"",
    };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(bad); i++)
        expect_status(ask(cx, &quick, bad[i], BODY), 400);
    expect_status(ask(cx, &quick, repeat(cx, 'x', 256), BODY), 400);
    expect_status(ask(cx, &quick, repeat(cx, 'x', 100000), BODY), 400);
    expect_status(ask(cx, &quick,
                      arena_printf(cx->arena, "\"%s\"", repeat(cx, 'x', 256)),
                      BODY),
                  400);
    assert_int_equal(handler.count, 0);
    assert_int_equal(keys(), 0);
}

static void
odd_keys_are_keys_and_quoted_ones_mean_the_same(void **state)
{
    struct ctx *cx = *state;
    const char *longest = repeat(cx, '~', 255);
    const char *pairs[][2] = {
        { "a", "\"a\"" },
        { "!#$%&'()*+,-./:;<=>?@[]^_`{|}~",
          "\"!#$%&'()*+,-./:;<=>?@[]^_`{|}~\"" },
        { "a\"b", "\"a\\\"b\"" },
        { "\\", "\"\\\\\"" },
        { "';DROP", "\"';DROP\"" },
        { longest, arena_printf(cx->arena, "\"%s\"", longest) },
    };

    for (size_t i = 0; i < COUNT(pairs); i++) {
        const char *first = ask(cx, &quick, pairs[i][0], BODY);

        expect_status(first, 201);
        expect_replay(cx, first, ask(cx, &quick, pairs[i][1], BODY));
    }
    assert_int_equal(items(), COUNT(pairs));
}

static void
what_is_refused_before_it_begins_leaves_the_key_free(void **state)
{
    struct ctx *cx = *state;
    struct wire *wire = new_wire(cx, USER, "key", BODY);

    wire->pairs[AUTHORIZATION] = arena_strdup(cx->arena, "NONE=");
    serve(cx, &quick, &wire, 1);
    expect_status(wire->answer, 401);
    expect_status(ask(cx, &quick, "key", "{\"id\":"), 400);
    expect_status(ask(cx, &quick, "key", "{\"id\":7}"), 422);
    expect_status(ask(cx, &quick, "key", repeat(cx, 'x', 5000)), 413);
    assert_int_equal(keys(), 0);
    expect_status(ask(cx, &quick, "key", BODY), 201);
}

static void
a_handler_that_fails_after_writing_leaves_nothing(void **state)
{
    static const enum err errs[] = { ERR_CONFLICT,        ERR_NOT_FOUND,
                                     ERR_UNAVAILABLE,     ERR_INTERNAL,
                                     ERR_UNKNOWN_OUTCOME, ERR_DECLINED };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(errs); i++) {
        handler.err = errs[i];
        expect_status(ask(cx, &quick, "key", BODY), err_status(errs[i]));
        assert_int_equal(items(), 0);
        assert_int_equal(keys(), 0);
    }
    handler.err = OK;
    expect_status(ask(cx, &quick, "key", "{\"id\":\"b\"}"), 201);
    assert_int_equal(items(), 1);
}

static void
a_batch_that_cannot_be_committed_keeps_neither_key_nor_effect(void **state)
{
    struct ctx *cx = *state;
    struct wire *wires[4] = {
        new_wire(cx, USER, "key", BODY),
        new_wire(cx, USER, "key", BODY), /* would have been a replay */
        new_wire(cx, USER, NULL, "{\"id\":\"orphan\"}"),
        new_wire(cx, USER, "other", "{\"id\":\"b\"}"),
    };
    const char *first;

    serve(cx, &quick, wires, 4);
    for (int i = 0; i < 4; i++) {
        assert_contains(wires[i]->answer, "Status: 5");
        assert_null(strstr(wires[i]->answer, REPLAYED));
    }
    assert_int_equal(items(), 0);
    assert_int_equal(keys(), 0);
    first = ask(cx, &quick, "key", BODY);
    expect_status(first, 201);
    assert_null(strstr(first, REPLAYED));
    expect_replay(cx, first, ask(cx, &quick, "key", BODY));
    assert_int_equal(items(), 1);
}

/* From here on the WAL may grow by so many bytes only. */
static void
limit_files(rlim_t more)
{
    struct rlimit limit;
    struct stat file;

    signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(stat("test.db-wal", &file), 0);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
    limit.rlim_cur =
        more == RLIM_INFINITY ? limit.rlim_max : (rlim_t)file.st_size + more;
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static void
on_a_full_disk_there_is_a_key_where_there_is_an_effect(void **state)
{
    struct ctx *cx = *state;
    int64_t made = 0;

    expect_status(ask(cx, &quick, "first", BODY), 201);
    for (int i = 0; i < 30; i++) {
        const char *key = arena_printf(cx->arena, "key-%d", i);
        const char *body = arena_printf(cx->arena, "{\"id\":\"%d%s\"}", i,
                                        repeat(cx, 'x', 3000));
        const char *said;

        limit_files((rlim_t)i * 1000);
        said = ask(cx, &quick, key, body);
        limit_files(RLIM_INFINITY);
        if (!strstr(said, "Status: 201"))
            assert_contains(said, "Status: 503");
        else
            made++;
        expect_status(ask(cx, &quick, key, body), 201);
    }
    assert_in_range(made, 1, 29); /* both has happened */
    assert_int_equal(items(), 31);
    assert_int_equal(keys(), 31);
    assert_int_equal(by_hand("SELECT count(*) FROM idempotency_keys "
                             "WHERE status = 201"),
                     31);
}

static void
handle_and_be_killed(void *arg)
{
    struct ctx *cx = arg;
    struct wire *wire = new_wire(cx, USER, "key", BODY);
    struct exchange exchange;

    open_db(cx, DB_BATCH);
    exchange_init(&exchange, &wire->channel);
    exchange_read(&exchange, &quick);
    exchange_handle(&exchange, &quick);
    kill(getpid(), SIGKILL);
}

static void
a_process_killed_before_the_commit_leaves_nothing(void **state)
{
    struct ctx *cx = *state;
    char said[64];

    db_close(db);
    assert_true(
        WIFSIGNALED(run_apart(handle_and_be_killed, cx, said, sizeof said)));
    open_db(cx, DB_BATCH);
    assert_int_equal(items(), 0);
    assert_int_equal(keys(), 0);
    assert_null(strstr(ask(cx, &quick, "key", BODY), REPLAYED));
    assert_int_equal(items(), 1);
}

static void
an_answer_is_forgotten_after_a_day(void **state)
{
    struct ctx *cx = *state;
    const char *said;

    expect_status(ask(cx, &quick, "key", BODY), 201);
    by_hand("UPDATE idempotency_keys SET expires_at = "
            "expires_at - 86400000 + 10000");
    assert_contains(ask(cx, &quick, "key", BODY), REPLAYED);
    by_hand("UPDATE idempotency_keys SET expires_at = expires_at - 10000");
    said = ask(cx, &quick, "key", "{\"id\":\"b\"}");
    expect_status(said, 201);
    assert_null(strstr(said, REPLAYED));
}

static void
the_file_does_not_tell_what_was_answered(void **state)
{
    struct ctx *cx = *state;

    expect_status(ask(cx, &quick, "key", BODY), 201);
    assert_int_equal(by_hand("SELECT count(*) FROM idempotency_keys "
                             "WHERE body LIKE '%client_secret%' "
                             "OR key LIKE '%key%'"),
                     0);
    /* bytes that were changed are no answer */
    by_hand("UPDATE idempotency_keys SET body = 'A' || substr(body, 2) "
            "WHERE body NOT LIKE 'A%'");
    by_hand("UPDATE idempotency_keys SET body = 'B' || substr(body, 2, 80)");
    expect_status(ask(cx, &quick, "key", BODY), 500);
    assert_int_equal(items(), 1);
}

/* Programs that wait. */

static struct ctx *asking;
static const char *said_meanwhile;

static void
ask_meanwhile(void)
{
    handler.meddle = NULL;
    assert_int_equal(by_hand("SELECT count(*) FROM idempotency_keys "
                             "WHERE status = 0"),
                     1);
    said_meanwhile = ask(asking, &waiting, "key", BODY);
    expect_status(ask(asking, &waiting, "key", "{\"id\":\"b\"}"), 422);
}

static void
while_the_first_is_running_the_second_is_409(void **state)
{
    asking = *state;
    handler.meddle = ask_meanwhile;
    expect_status(ask(asking, &waiting, "key", BODY), 201);
    expect_status(said_meanwhile, 409);
    assert_contains(said_meanwhile, "Retry-After: 1\r\n");
    assert_int_equal(handler.count, 1);
    assert_contains(ask(asking, &waiting, "key", BODY), REPLAYED);
}

static void
a_decline_is_kept_and_other_refusals_are_not(void **state)
{
    static const enum err errs[] = {
        ERR_MALFORMED,   ERR_FORBIDDEN,       ERR_NOT_FOUND, ERR_CONFLICT,
        ERR_INVALID,     ERR_TOO_MANY,        ERR_INTERNAL,  ERR_UPSTREAM,
        ERR_UNAVAILABLE, ERR_UNKNOWN_OUTCOME,
    };
    struct ctx *cx = *state;
    const char *first;

    for (size_t i = 0; i < COUNT(errs); i++) {
        int status = err_status(errs[i]);

        handler.err = errs[i];
        for (int j = 0; j < 2; j++) {
            const char *said = ask(cx, &waiting, "key", BODY);

            expect_status(said, status);
            assert_null(strstr(said, REPLAYED));
            assert_int_equal(keys(), status >= 500);
        }
    }
    assert_int_equal(handler.count, 2 * COUNT(errs));
    handler.err = ERR_DECLINED;
    first = ask(cx, &waiting, "key", BODY);
    expect_status(first, 402);
    handler.err = OK;
    expect_replay(cx, first, ask(cx, &waiting, "key", BODY));
    assert_contains(first, "as the test wants it");
    expect_status(ask(cx, &waiting, "key", "{\"id\":\"b\"}"), 422);
}

static void
be_killed(void)
{
    kill(getpid(), SIGKILL);
}

static void
wait_and_be_killed(void *arg)
{
    open_db(arg, DB_THREADS);
    handler.meddle = be_killed;
    ask(arg, &waiting, "key", BODY);
}

static void
who_was_killed_while_waiting_has_a_successor_after_the_lease(void **state)
{
    struct ctx *cx = *state;
    char said[64];

    db_close(db);
    assert_true(
        WIFSIGNALED(run_apart(wait_and_be_killed, cx, said, sizeof said)));
    open_db(cx, DB_THREADS);
    assert_int_equal(items(), 1);
    expect_status(ask(cx, &waiting, "key", BODY), 409);
    assert_in_range(by_hand("SELECT lease_until - unixepoch() * 1000 "
                            "FROM idempotency_keys"),
                    20000, 31000);
    by_hand("UPDATE idempotency_keys SET lease_until = lease_until - 31000");
    expect_status(ask(cx, &waiting, "key", "{\"id\":\"b\"}"), 422);
    assert_null(strstr(ask(cx, &waiting, "key", BODY), REPLAYED));
    assert_int_equal(handler.count, 1); /* the other was the child's */
    assert_contains(ask(cx, &waiting, "key", BODY), REPLAYED);
}

static void
break_the_store(void)
{
    by_hand("CREATE TRIGGER broken BEFORE UPDATE ON idempotency_keys "
            "BEGIN SELECT RAISE(ABORT, 'broken'); END");
}

static void
what_was_done_is_told_though_it_cannot_be_kept(void **state)
{
    struct ctx *cx = *state;

    handler.meddle = break_the_store;
    expect_status(ask(cx, &waiting, "key", BODY), 201);
    by_hand("DROP TRIGGER broken");
    handler.meddle = NULL;
    expect_status(ask(cx, &waiting, "key", BODY), 409);
}

static void
a_rule_can_tell_a_repeated_request_by_its_key(void **state)
{
    struct ctx *cx = *state;
    char before[64];

    handler.err = ERR_UNKNOWN_OUTCOME;
    expect_status(ask(cx, &waiting, "key", BODY), 503);
    memcpy(before, handler.request_key, sizeof before);
    handler.err = OK;
    expect_status(ask(cx, &waiting, "\"key\"", BODY), 201);
    assert_string_equal(handler.request_key, before);
    expect_status(ask(cx, &waiting, "other", BODY), 201);
    assert_string_not_equal(handler.request_key, before);
}

#define QUICK_TEST(test) cmocka_unit_test_setup_teardown(test, begin_quick, end)
#define WAITING_TEST(test)                                                     \
    cmocka_unit_test_setup_teardown(test, begin_waiting, end)

int
main(void)
{
    const struct CMUnitTest tests[] = {
        QUICK_TEST(a_repeated_request_gets_the_same_answer),
        WAITING_TEST(so_it_does_where_the_program_waits),
        QUICK_TEST(two_in_one_batch_are_one),
        QUICK_TEST(another_body_is_422_and_does_nothing),
        QUICK_TEST(a_body_that_differs_after_a_nul_is_another),
        QUICK_TEST(users_routes_and_keys_are_apart),
        QUICK_TEST(without_the_header_nothing_is_kept),
        QUICK_TEST(keys_that_are_no_keys_are_400),
        QUICK_TEST(odd_keys_are_keys_and_quoted_ones_mean_the_same),
        QUICK_TEST(what_is_refused_before_it_begins_leaves_the_key_free),
        QUICK_TEST(a_handler_that_fails_after_writing_leaves_nothing),
        QUICK_TEST(
            a_batch_that_cannot_be_committed_keeps_neither_key_nor_effect),
        QUICK_TEST(on_a_full_disk_there_is_a_key_where_there_is_an_effect),
        QUICK_TEST(a_process_killed_before_the_commit_leaves_nothing),
        QUICK_TEST(an_answer_is_forgotten_after_a_day),
        QUICK_TEST(the_file_does_not_tell_what_was_answered),
        WAITING_TEST(while_the_first_is_running_the_second_is_409),
        WAITING_TEST(a_decline_is_kept_and_other_refusals_are_not),
        WAITING_TEST(
            who_was_killed_while_waiting_has_a_successor_after_the_lease),
        WAITING_TEST(what_was_done_is_told_though_it_cannot_be_kept),
        WAITING_TEST(a_rule_can_tell_a_repeated_request_by_its_key),
    };

    return cmocka_run_group_tests_name("idempotency", tests, enter_folder,
                                       leave_folder);
}
