#include "io/mongo.h"

#include <mongoc/mongoc.h>
#include <pthread.h>

#include "base/config.h"
#include "base/log.h"
#include "base/stop.h"
#include "io/library.h"

/* What we call of the driver, each of the type that its header says. */
#define CALLS(X)                                                               \
    X(mongoc_client_get_collection)                                            \
    X(mongoc_client_pool_destroy)                                              \
    X(mongoc_client_pool_new)                                                  \
    X(mongoc_client_pool_pop)                                                  \
    X(mongoc_client_pool_push)                                                 \
    X(mongoc_client_pool_set_error_api)                                        \
    X(mongoc_client_write_command_with_opts)                                   \
    X(mongoc_collection_delete_one)                                            \
    X(mongoc_collection_destroy)                                               \
    X(mongoc_collection_find_with_opts)                                        \
    X(mongoc_collection_insert_one)                                            \
    X(mongoc_collection_update_one)                                            \
    X(mongoc_cursor_destroy)                                                   \
    X(mongoc_cursor_error)                                                     \
    X(mongoc_cursor_next)                                                      \
    X(mongoc_init)                                                             \
    X(mongoc_log_set_handler)                                                  \
    X(mongoc_read_prefs_destroy)                                               \
    X(mongoc_read_prefs_new)                                                   \
    X(mongoc_uri_destroy)                                                      \
    X(mongoc_uri_get_database)                                                 \
    X(mongoc_uri_get_write_concern)                                            \
    X(mongoc_uri_has_option)                                                   \
    X(mongoc_uri_new_with_error)                                               \
    X(mongoc_uri_set_option_as_int32)                                          \
    X(mongoc_uri_set_write_concern)                                            \
    X(mongoc_write_concern_copy)                                               \
    X(mongoc_write_concern_destroy)                                            \
    X(mongoc_write_concern_get_w)                                              \
    X(mongoc_write_concern_get_wtimeout_int64)                                 \
    X(mongoc_write_concern_is_acknowledged)                                    \
    X(mongoc_write_concern_journal_is_set)                                     \
    X(mongoc_write_concern_set_journal)                                        \
    X(mongoc_write_concern_set_wmajority)                                      \
    X(mongoc_write_concern_set_wtimeout_int64)                                 \
    X(bson_destroy)

static struct {
#define X(name) __typeof__(name) *name;
    CALLS(X)
#undef X
} driver;

struct mongo {
    mongoc_client_pool_t *pool;
    mongoc_read_prefs_t *primary;
    char *database;
};

/*
 * The driver's warnings, in our log. It names servers in them, never
 * credentials; what it says about each check of a server is only noise.
 */
static void
take_log(mongoc_log_level_t level, const char *domain, const char *message,
         void *data)
{
    struct arena *arena;
    struct ctx cx;

    (void)domain;
    (void)data;
    if (level > MONGOC_LOG_LEVEL_WARNING)
        return;
    arena = arena_create();
    ctx_init(&cx, arena, "mongo");
    cx.cause = message;
    log_event(&cx, "error", "MongoDB's driver");
    arena_free(arena);
}

static void
load(void)
{
    static const struct library_call calls[] = {
#define X(name) { #name, &driver.name },
        CALLS(X)
#undef X
    };

    mongo_doc_init();
    library_load("libmongoc-1.0.so.0", "libmongoc-1.0-0", calls,
                 sizeof calls / sizeof *calls);
    driver.mongoc_log_set_handler(take_log, NULL);
    driver.mongoc_init();
}

/* What the URI leaves open: the driver's own waits are minutes or for ever. */
static void
set_times(mongoc_uri_t *uri)
{
    static const struct {
        const char *name;
        int value;
    } presets[] = {
        { MONGOC_URI_SERVERSELECTIONTIMEOUTMS, 2000 },
        { MONGOC_URI_CONNECTTIMEOUTMS, 1000 },
        { MONGOC_URI_SOCKETTIMEOUTMS, 5000 },
        { MONGOC_URI_WAITQUEUETIMEOUTMS, 2000 },
    };

    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        if (!driver.mongoc_uri_has_option(uri, presets[i].name))
            driver.mongoc_uri_set_option_as_int32(uri, presets[i].name,
                                                  presets[i].value);
    }
    if (!driver.mongoc_uri_has_option(uri, MONGOC_URI_MAXPOOLSIZE))
        driver.mongoc_uri_set_option_as_int32(
            uri, MONGOC_URI_MAXPOOLSIZE,
            (int32_t)config_int(SETTING_THREADS, 1, 1024));
}

/* Likewise: a write counts when most servers have it in their journals. */
static bool
set_write_concern(mongoc_uri_t *uri)
{
    enum { CONFIRM = 4000 }; /* below the socket's time: tells more */
    mongoc_write_concern_t *concern = driver.mongoc_write_concern_copy(
        driver.mongoc_uri_get_write_concern(uri));
    bool is_good;

    if (driver.mongoc_write_concern_get_w(concern) ==
        MONGOC_WRITE_CONCERN_W_DEFAULT)
        driver.mongoc_write_concern_set_wmajority(concern, CONFIRM);
    if (driver.mongoc_write_concern_get_wtimeout_int64(concern) == 0)
        driver.mongoc_write_concern_set_wtimeout_int64(concern, CONFIRM);
    is_good = driver.mongoc_write_concern_is_acknowledged(concern);
    if (is_good && !driver.mongoc_write_concern_journal_is_set(concern))
        driver.mongoc_write_concern_set_journal(concern, true);
    driver.mongoc_uri_set_write_concern(uri, concern);
    driver.mongoc_write_concern_destroy(concern);
    return is_good;
}

static enum err
make_pool(struct ctx *cx, mongoc_uri_t *uri, struct mongo **ret_mongo)
{
    const char *database = driver.mongoc_uri_get_database(uri);
    struct mongo *mongo = calloc(1, sizeof *mongo);

    if (!mongo || !(mongo->database = strdup(database ? database : "till")))
        die("out of memory");
    set_times(uri);
    mongo->primary = driver.mongoc_read_prefs_new(MONGOC_READ_PRIMARY);
    if (set_write_concern(uri))
        mongo->pool = driver.mongoc_client_pool_new(uri);
    if (!mongo->pool) {
        mongo_close(mongo);
        return fail(cx, ERR_UNAVAILABLE,
                    "the MongoDB URI can't be used: its TLS files or its "
                    "SRV name are wrong, or it says w=0");
    }
    driver.mongoc_client_pool_set_error_api(mongo->pool, 2);
    *ret_mongo = mongo;
    return OK;
}

enum err
mongo_open(struct ctx *cx, const char *uri, struct mongo **ret_mongo)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    bson_error_t error = { 0 };
    mongoc_uri_t *parsed;
    enum err err;

    pthread_once(&once, load);
    parsed = driver.mongoc_uri_new_with_error(uri, &error);
    if (!parsed)
        /* what the driver says may repeat the password, if there is one */
        return fail(cx, ERR_UNAVAILABLE, "the MongoDB URI is malformed%s%s",
                    strchr(uri, '@') ? "" : ": ",
                    strchr(uri, '@') ? "" : error.message);
    err = make_pool(cx, parsed, ret_mongo);
    driver.mongoc_uri_destroy(parsed);
    return err;
}

void
mongo_close(struct mongo *mongo)
{
    if (!mongo)
        return;
    if (mongo->pool)
        driver.mongoc_client_pool_destroy(mongo->pool);
    driver.mongoc_read_prefs_destroy(mongo->primary);
    free(mongo->database);
    free(mongo);
}

/* A document is a bson_t under another name. */
static const bson_t *
bson(const struct mongo_doc *doc)
{
    return (const bson_t *)doc;
}

/* A client of the pool with a collection, for one call. */
struct loan {
    struct mongo *mongo;
    mongoc_client_t *client;
    mongoc_collection_t *collection;
    bson_error_t error;
};

static enum err
borrow(struct ctx *cx, struct mongo *mongo, const char *collection,
       struct loan *loan)
{
    *loan = (struct loan){ .mongo = mongo };
    loan->client = driver.mongoc_client_pool_pop(mongo->pool);
    if (!loan->client)
        return fail(cx, ERR_UNAVAILABLE, "no connection to MongoDB is free");
    loan->collection = driver.mongoc_client_get_collection(
        loan->client, mongo->database, collection);
    return OK;
}

static void
give_back(struct loan *loan)
{
    driver.mongoc_collection_destroy(loan->collection);
    driver.mongoc_client_pool_push(loan->mongo->pool, loan->client);
}

/* Whether what failed did so before anything was sent. */
static bool
is_unsent(const bson_error_t *error)
{
    switch (error->domain) {
    case MONGOC_ERROR_SERVER_SELECTION:
    case MONGOC_ERROR_CLIENT: /* it could not log in */
    case MONGOC_ERROR_POOL:
        return true;
    case MONGOC_ERROR_STREAM:
        return error->code == MONGOC_ERROR_STREAM_CONNECT ||
               error->code == MONGOC_ERROR_STREAM_NAME_RESOLUTION;
    default:
        return false;
    }
}

/* Whether the server gave up in the middle, as when it is shut down. */
static bool
is_interruption(uint32_t code)
{
    static const uint32_t codes[] = {
        6,     7,     50,    89,    91,    189,   262,   9001,
        10058, 10107, 11600, 11601, 11602, 13435, 13436,
    };

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i] == code)
            return true;
    }
    return false;
}

/* What the driver's error means for a write. */
static enum err
judge_write(struct ctx *cx, const bson_error_t *error)
{
    if (is_unsent(error))
        return fail(cx, ERR_UNAVAILABLE, "MongoDB: %s", error->message);
    if (error->domain != MONGOC_ERROR_SERVER)
        return fail(cx, ERR_UNKNOWN_OUTCOME, "MongoDB: %s", error->message);
    /* the texts of what follows hold values: they stay out of the log */
    if (error->code == MONGOC_ERROR_DUPLICATE_KEY)
        return fail(cx, ERR_CONFLICT, "there is one of this key already");
    return fail(
        cx, is_interruption(error->code) ? ERR_UNKNOWN_OUTCOME : ERR_INTERNAL,
        "MongoDB answers with error %u", error->code);
}

enum err
mongo_get(struct ctx *cx, struct mongo *mongo, const char *collection,
          const struct mongo_doc *filter, const struct mongo_doc **ret_doc)
{
    const bson_t *found = NULL;
    mongoc_cursor_t *cursor;
    struct loan loan;
    enum err err;

    if ((err = borrow(cx, mongo, collection, &loan)))
        return err;
    cursor = driver.mongoc_collection_find_with_opts(
        loan.collection, bson(filter),
        bson(mongo_doc(cx, "ib", "limit", (int64_t)1, "singleBatch", true)),
        mongo->primary);
    if (driver.mongoc_cursor_next(cursor, &found))
        *ret_doc = mongo_doc_copy(cx, (const struct mongo_doc *)found);
    else if (driver.mongoc_cursor_error(cursor, &loan.error))
        err =
            loan.error.domain == MONGOC_ERROR_SERVER
                ? fail(cx, ERR_UNAVAILABLE, "MongoDB answers with error %u",
                       loan.error.code)
                : fail(cx, ERR_UNAVAILABLE, "MongoDB: %s", loan.error.message);
    else
        err = fail(cx, ERR_NOT_FOUND, "there is no such object");
    driver.mongoc_cursor_destroy(cursor);
    give_back(&loan);
    return err;
}

struct write {
    enum { INSERT, UPDATE, UPSERT, DELETE, COMMAND } kind;
    const char *collection;
    const struct mongo_doc *doc; /* what to insert, or to look for */
    const struct mongo_doc *change;
};

/* Has the driver do it. The reply is always made, and to be destroyed. */
static bool
call_driver(struct ctx *cx, struct loan *loan, const struct write *write,
            bson_t *reply)
{
    switch (write->kind) {
    case INSERT:
        return driver.mongoc_collection_insert_one(
            loan->collection, bson(write->doc), NULL, reply, &loan->error);
    case UPDATE:
    case UPSERT:
        return driver.mongoc_collection_update_one(
            loan->collection, bson(write->doc), bson(write->change),
            bson(mongo_doc(cx, "b", "upsert", write->kind == UPSERT)), reply,
            &loan->error);
    case DELETE:
        return driver.mongoc_collection_delete_one(
            loan->collection, bson(write->doc), NULL, reply, &loan->error);
    default:
        return driver.mongoc_client_write_command_with_opts(
            loan->client, loan->mongo->database, bson(write->doc), NULL, reply,
            &loan->error);
    }
}

static enum err
write_once(struct ctx *cx, struct mongo *mongo, const struct write *write,
           int64_t *ret_matched)
{
    struct loan loan;
    bson_t reply;
    bool is_done;
    enum err err;

    if ((err = borrow(cx, mongo, write->collection, &loan)))
        return err;
    is_done = call_driver(cx, &loan, write, &reply);
    if (is_done && ret_matched)
        *ret_matched =
            mongo_int((const struct mongo_doc *)&reply, "matchedCount");
    driver.bson_destroy(&reply);
    give_back(&loan);
    return is_done ? OK : judge_write(cx, &loan.error);
}

/* For what may be done twice: sent again where no answer came. */
static enum err
write_again(struct ctx *cx, struct mongo *mongo, const struct write *write)
{
    enum err err = write_once(cx, mongo, write, NULL);

    if (err != ERR_UNKNOWN_OUTCOME)
        return err;
    ctx_forgive(cx);
    return write_once(cx, mongo, write, NULL);
}

enum err
mongo_insert(struct ctx *cx, struct mongo *mongo, const char *collection,
             const struct mongo_doc *doc)
{
    struct write write = { INSERT, collection, doc, NULL };

    return write_again(cx, mongo, &write);
}

enum err
mongo_update(struct ctx *cx, struct mongo *mongo, const char *collection,
             const struct mongo_doc *filter, const struct mongo_doc *change,
             int64_t *ret_matched)
{
    struct write write = { UPDATE, collection, filter, change };

    return write_once(cx, mongo, &write, ret_matched);
}

enum err
mongo_upsert(struct ctx *cx, struct mongo *mongo, const char *collection,
             const struct mongo_doc *filter, const struct mongo_doc *change)
{
    struct write write = { UPSERT, collection, filter, change };

    return write_once(cx, mongo, &write, NULL);
}

enum err
mongo_delete(struct ctx *cx, struct mongo *mongo, const char *collection,
             const struct mongo_doc *filter)
{
    struct write write = { DELETE, collection, filter, NULL };

    return write_again(cx, mongo, &write);
}

enum err
mongo_command(struct ctx *cx, struct mongo *mongo,
              const struct mongo_doc *command)
{
    struct write write = { COMMAND, "$cmd", command, NULL };

    return write_once(cx, mongo, &write, NULL);
}
