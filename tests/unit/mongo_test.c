/* What io/mongo.h promises while the network and the server fail. */
#include "unit.h"

#include <pthread.h>
#include <string.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/id.h"
#include "io/mongo.h"
#include "io/mongo_schema.h"
#include "mongo_server.h"
#include "proxy.h"

#define THINGS "things"

static struct mongo_server server;
static struct proxy proxy;
static struct mongo *direct; /* knows no failure */
static struct mongo *mongo;  /* through the proxy */

static int
open_both(void **state)
{
    char uri[640];
    int failed;

    unit_begin(state);
    proxy_start(&proxy, server.server);
    mongo_server_uri(server.server, proxy.address, server.database,
                     "directConnection=true", uri, sizeof uri);
    failed = mongo_open(*state, server.uri, &direct) ||
             mongo_open(*state, uri, &mongo);
    assert_false(failed);
    return unit_end(state);
}

static int
close_both(void **state)
{
    (void)state;
    mongo_close(direct);
    mongo_close(mongo);
    proxy_stop(&proxy);
    return 0;
}

static enum err
insert(struct ctx *cx, const char *id, const char *color)
{
    ctx_forgive(cx);
    return mongo_insert(
        cx, mongo, THINGS,
        mongo_doc(cx, "tti", "_id", id, "color", color, "version", (int64_t)1));
}

static enum err
save(struct ctx *cx, struct mongo *by, const char *id, int64_t version,
     const char *color)
{
    ctx_forgive(cx);
    return mongo_save(cx, by, THINGS, id, version,
                      mongo_doc(cx, "t", "color", color));
}

/* What is there: "red 1", or "nothing". */
static const char *
look(struct ctx *cx, const char *id)
{
    const struct mongo_doc *doc;
    enum err err;

    ctx_forgive(cx);
    err = mongo_get(cx, direct, THINGS, id, &doc);
    if (err == ERR_NOT_FOUND)
        return "nothing";
    assert_int_equal(err, OK);
    return arena_printf(cx->arena, "%s %d", mongo_text(cx, doc, "color"),
                        (int)mongo_int(doc, "version"));
}

static void
a_lost_insert_is_settled(void **state)
{
    static const enum proxy_fault faults[] = { PROXY_LOSE_REQUEST,
                                               PROXY_LOSE_ANSWER };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(faults); i++) {
        const char *id = id_new(cx->arena);

        proxy_fail(&proxy, faults[i], "insert", THINGS);
        assert_int_equal(insert(cx, id, "red"), OK);
        assert_string_equal(look(cx, id), "red 1");
        /* but not taken for the other's that was there before */
        proxy_fail(&proxy, faults[i], "insert", THINGS);
        assert_int_equal(insert(cx, id, "blue"), ERR_CONFLICT);
        assert_string_equal(look(cx, id), "red 1");
    }
}

static void
a_lost_save_is_settled(void **state)
{
    static const enum proxy_fault faults[] = { PROXY_LOSE_REQUEST,
                                               PROXY_LOSE_ANSWER };
    struct ctx *cx = *state;

    for (size_t i = 0; i < COUNT(faults); i++) {
        const char *id = id_new(cx->arena);

        assert_int_equal(insert(cx, id, "red"), OK);
        proxy_fail(&proxy, faults[i], "update", THINGS);
        assert_int_equal(save(cx, mongo, id, 1, "blue"), OK);
        assert_string_equal(look(cx, id), "blue 2");
        proxy_fail(&proxy, faults[i], "update", THINGS);
        assert_int_equal(save(cx, mongo, id, 1, "green"), ERR_CONFLICT);
        assert_string_equal(look(cx, id), "blue 2");
    }
}

static void
a_write_before_which_the_server_dies_has_an_unknown_outcome(void **state)
{
    struct ctx *cx = *state;
    const char *id = id_new(cx->arena), *other = id_new(cx->arena);

    assert_int_equal(insert(cx, id, "red"), OK);
    proxy_fail(&proxy, PROXY_DIE_AFTER, "update", THINGS);
    assert_int_equal(save(cx, mongo, id, 1, "blue"), ERR_UNKNOWN_OUTCOME);
    proxy_set_away(&proxy, false);
    assert_string_equal(look(cx, id), "blue 2");
    assert_int_equal(insert(cx, id_new(cx->arena), "red"), OK);
    proxy_fail(&proxy, PROXY_DIE_BEFORE, "insert", THINGS);
    assert_int_equal(insert(cx, other, "red"), ERR_UNKNOWN_OUTCOME);
    proxy_set_away(&proxy, false);
    assert_string_equal(look(cx, other), "nothing");
}

struct late {
    const char *id;
    enum err err;
};

static void *
save_late(void *arg)
{
    struct arena *arena = arena_create();
    struct late *late = arg;
    struct ctx cx;

    ctx_init(&cx, arena, "unit-test");
    late->err = save(&cx, mongo, late->id, 1, "late");
    arena_free(arena);
    return NULL;
}

static void
a_save_that_was_overtaken_on_its_way_is_refused(void **state)
{
    struct ctx *cx = *state;
    struct late late = { .id = id_new(cx->arena) };
    pthread_t thread;

    assert_int_equal(insert(cx, late.id, "red"), OK);
    proxy_fail(&proxy, PROXY_HOLD, "update", THINGS);
    assert_int_equal(pthread_create(&thread, NULL, save_late, &late), 0);
    proxy_wait(&proxy);
    assert_int_equal(save(cx, direct, late.id, 1, "blue"), OK);
    proxy_release(&proxy);
    pthread_join(thread, NULL);
    assert_int_equal(late.err, ERR_CONFLICT);
    assert_string_equal(look(cx, late.id), "blue 2");
}

/* Asks in vain, and says how long that has taken in all. */
static void *
get_in_vain(void *arg)
{
    struct arena *arena = arena_create();
    int64_t start = clock_monotonic();

    for (int i = 0; i < 3; i++) {
        const struct mongo_doc *doc;
        struct ctx cx;

        ctx_init(&cx, arena, "unit-test");
        assert_int_equal(mongo_get(&cx, mongo, THINGS, "a", &doc),
                         ERR_UNAVAILABLE);
        arena_reset(arena);
    }
    *(int64_t *)arg = clock_monotonic() - start;
    arena_free(arena);
    return NULL;
}

static void
while_the_server_is_away_one_looks_for_it_and_nobody_queues(void **state)
{
    struct ctx *cx = *state;
    const struct mongo_doc *doc;
    pthread_t threads[8];
    int64_t waits[8], start, all = 0;

    proxy_set_away(&proxy, true);
    assert_int_equal(mongo_get(cx, mongo, THINGS, "a", &doc), ERR_UNAVAILABLE);
    start = clock_monotonic();
    for (size_t i = 0; i < COUNT(threads); i++)
        assert_int_equal(
            pthread_create(&threads[i], NULL, get_in_vain, &waits[i]), 0);
    for (size_t i = 0; i < COUNT(threads); i++) {
        pthread_join(threads[i], NULL);
        all += waits[i];
    }
    /* no two have waited at the same time, but for a little */
    assert_true(all < 2 * (clock_monotonic() - start));
    proxy_set_away(&proxy, false);
    ctx_forgive(cx);
    assert_int_equal(mongo_get(cx, mongo, THINGS, "a", &doc), ERR_NOT_FOUND);
}

static void
who_has_no_patience_left_asks_for_nothing(void **state)
{
    struct ctx *cx = *state;
    const char *id = id_new(cx->arena);

    cx->patience = 0;
    assert_int_equal(insert(cx, id, "red"), ERR_UNAVAILABLE);
    cx->patience = 1000;
    assert_string_equal(look(cx, id), "nothing");
}

enum write { UPDATE, SET, UPSERT, DELETE, DELETE_ALL, WRITES };

static void
write_without_id(void *arg)
{
    struct arena *arena = arena_create();
    const struct mongo_doc *red, *set;
    int64_t matched;
    struct ctx cx;

    ctx_init(&cx, arena, "unit-test");
    red = mongo_doc(&cx, "t", "color", "red");
    set = mongo_doc(&cx, "d", "$set", red);
    switch (*(enum write *)arg) {
    case UPDATE:
        (void)mongo_update(&cx, direct, THINGS, red, set, &matched);
        break;
    case SET:
        (void)mongo_set(&cx, direct, THINGS, red, red);
        break;
    case UPSERT:
        (void)mongo_upsert(&cx, direct, THINGS, red, set);
        break;
    case DELETE:
        (void)mongo_delete(&cx, direct, THINGS, red);
        break;
    default:
        (void)mongo_delete_all(&cx, direct, THINGS, red);
        break;
    }
}

/* What all tests that write into MongoDB pass by. */
static void
a_write_that_does_not_name_its_document_is_a_bug(void **state)
{
    (void)state;
    for (enum write verb = UPDATE; verb < WRITES; verb++)
        expect_bug(write_without_id, &verb, "names no _id");
}

static const char *
missing_of(struct ctx *cx, const struct mongo_collection *collections)
{
    const char *missing;

    assert_int_equal(mongo_missing(cx, server.uri, collections, &missing), OK);
    return missing;
}

static void
what_a_document_must_have_is_asked_of_it_by_the_server(void **state)
{
    static const struct mongo_collection first[] = {
        { .name = THINGS, .members = "_id:string color:string version:long" },
        { 0 },
    };
    static const struct mongo_collection later[] = {
        { .name = THINGS, .members = "_id:string color:string" },
        { 0 },
    };
    struct ctx *cx = *state;

    mongo_server_drop(&server);
    ctx_forgive(cx);
    assert_int_equal(mongo_migrate(cx, server.uri, first), OK);
    assert_string_equal(missing_of(cx, first), "");
    assert_int_equal(insert(cx, id_new(cx->arena), NULL), ERR_INTERNAL);
    assert_int_equal(insert(cx, id_new(cx->arena), "red"), OK);
    /* another version's is told of, and replaced */
    ctx_forgive(cx);
    assert_string_equal(missing_of(cx, later), "the validator of " THINGS);
    assert_int_equal(mongo_migrate(cx, server.uri, later), OK);
    assert_string_equal(missing_of(cx, later), "");
}

int
main(void)
{
    static const struct CMUnitTest tests[] = {
        TEST(a_lost_insert_is_settled),
        TEST(a_lost_save_is_settled),
        TEST(a_write_before_which_the_server_dies_has_an_unknown_outcome),
        TEST(a_save_that_was_overtaken_on_its_way_is_refused),
        TEST(while_the_server_is_away_one_looks_for_it_and_nobody_queues),
        TEST(who_has_no_patience_left_asks_for_nothing),
        TEST(a_write_that_does_not_name_its_document_is_a_bug),
        TEST(what_a_document_must_have_is_asked_of_it_by_the_server),
    };
    int failed;

    config_load();
    failed = mongo_server_start(&server) == 0
                 ? cmocka_run_group_tests(tests, open_both, close_both)
                 : mongo_server_skip();
    mongo_server_stop(&server);
    return failed;
}
