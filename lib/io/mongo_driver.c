#include "io/mongo_driver.h"

#include <mongoc/mongoc.h>
#include <pthread.h>

#include "base/config.h"
#include "base/log.h"
#include "base/stop.h"
#include "io/library.h"

/* What we call of the driver, each of the type that its header says. */
#define CALLS(X)                                                               \
    X(mongoc_client_pool_destroy)                                              \
    X(mongoc_client_pool_new)                                                  \
    X(mongoc_client_pool_pop)                                                  \
    X(mongoc_client_pool_push)                                                 \
    X(mongoc_client_pool_set_error_api)                                        \
    X(mongoc_client_read_command_with_opts)                                    \
    X(mongoc_client_write_command_with_opts)                                   \
    X(mongoc_init)                                                             \
    X(mongoc_log_set_handler)                                                  \
    X(mongoc_read_prefs_destroy)                                               \
    X(mongoc_read_prefs_new)                                                   \
    X(mongoc_uri_destroy)                                                      \
    X(mongoc_uri_get_database)                                                 \
    X(mongoc_uri_get_write_concern)                                            \
    X(mongoc_uri_has_option)                                                   \
    X(mongoc_uri_new_with_error)                                               \
    X(mongoc_uri_set_option_as_bool)                                           \
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
} lib;

struct mongo_driver {
    mongoc_client_pool_t *pool;
    mongoc_read_prefs_t *primary;
    char *database;
};

/*
 * The driver's warnings, in our log. It names servers in them, never
 * credentials; what it says about each check of a server, twice a second while
 * one is away, is only noise.
 */
static void
take_log(mongoc_log_level_t level, const char *domain, const char *message,
         void *data)
{
    struct arena *arena;
    struct ctx cx;

    (void)domain;
    (void)data;
    if (level > MONGOC_LOG_LEVEL_WARNING ||
        !strncmp(message, "Failed to buffer", 16))
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
#define X(name) { #name, &lib.name },
        CALLS(X)
#undef X
    };

    mongo_doc_init();
    library_load("libmongoc-1.0.so.0", "libmongoc-1.0-0", calls,
                 sizeof calls / sizeof *calls);
    lib.mongoc_log_set_handler(take_log, NULL);
    lib.mongoc_init();
}

/*
 * What the URI leaves open. The driver's own waits are minutes or for ever;
 * with MONGO_WAIT, whoever asks has an answer within three seconds (PATIENCE of
 * lib/web/exchange.c), also where a connection must be made first.
 */
static void
set_times(mongoc_uri_t *uri, int wait)
{
    const struct {
        const char *name;
        int value;
    } presets[] = {
        { MONGOC_URI_SERVERSELECTIONTIMEOUTMS, MONGO_WAIT },
        { MONGOC_URI_CONNECTTIMEOUTMS, MONGO_WAIT },
        { MONGOC_URI_WAITQUEUETIMEOUTMS, MONGO_WAIT },
        { MONGOC_URI_SOCKETTIMEOUTMS, wait },
    };

    for (size_t i = 0; i < sizeof presets / sizeof *presets; i++) {
        if (!lib.mongoc_uri_has_option(uri, presets[i].name))
            lib.mongoc_uri_set_option_as_int32(uri, presets[i].name,
                                               presets[i].value);
    }
    if (!lib.mongoc_uri_has_option(uri, MONGOC_URI_MAXPOOLSIZE))
        lib.mongoc_uri_set_option_as_int32(
            uri, MONGOC_URI_MAXPOOLSIZE,
            (int32_t)config_int(SETTING_THREADS, 1, 1024));
    lib.mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYREADS, false);
    lib.mongoc_uri_set_option_as_bool(uri, MONGOC_URI_RETRYWRITES, false);
}

/* Likewise: a write counts when most servers have it in their journals. */
static bool
set_write_concern(mongoc_uri_t *uri, int wait)
{
    int confirm = wait - wait / 8; /* below the socket's time: tells more */
    mongoc_write_concern_t *concern =
        lib.mongoc_write_concern_copy(lib.mongoc_uri_get_write_concern(uri));
    bool is_good;

    if (lib.mongoc_write_concern_get_w(concern) ==
        MONGOC_WRITE_CONCERN_W_DEFAULT)
        lib.mongoc_write_concern_set_wmajority(concern, confirm);
    if (lib.mongoc_write_concern_get_wtimeout_int64(concern) == 0)
        lib.mongoc_write_concern_set_wtimeout_int64(concern, confirm);
    is_good = lib.mongoc_write_concern_is_acknowledged(concern);
    if (is_good && !lib.mongoc_write_concern_journal_is_set(concern))
        lib.mongoc_write_concern_set_journal(concern, true);
    lib.mongoc_uri_set_write_concern(uri, concern);
    lib.mongoc_write_concern_destroy(concern);
    return is_good;
}

static enum err
make_pool(struct ctx *cx, mongoc_uri_t *uri, int wait,
          struct mongo_driver **ret_driver)
{
    const char *database = lib.mongoc_uri_get_database(uri);
    struct mongo_driver *driver = calloc(1, sizeof *driver);

    if (!driver || !(driver->database = strdup(database ? database : "till")))
        die("out of memory");
    set_times(uri, wait);
    driver->primary = lib.mongoc_read_prefs_new(MONGOC_READ_PRIMARY);
    if (set_write_concern(uri, wait))
        driver->pool = lib.mongoc_client_pool_new(uri);
    if (!driver->pool) {
        mongo_driver_close(driver);
        return fail(cx, ERR_UNAVAILABLE,
                    "the MongoDB URI can't be used: its TLS files or its "
                    "SRV name are wrong, or it says w=0");
    }
    lib.mongoc_client_pool_set_error_api(driver->pool, 2);
    *ret_driver = driver;
    return OK;
}

enum err
mongo_driver_open(struct ctx *cx, const char *uri, int wait,
                  struct mongo_driver **ret_driver)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    bson_error_t error = { 0 };
    mongoc_uri_t *parsed;
    enum err err;

    pthread_once(&once, load);
    parsed = lib.mongoc_uri_new_with_error(uri, &error);
    if (!parsed)
        /* what the driver says may repeat the password, if there is one */
        return fail(cx, ERR_UNAVAILABLE, "the MongoDB URI is malformed%s%s",
                    strchr(uri, '@') ? "" : ": ",
                    strchr(uri, '@') ? "" : error.message);
    err = make_pool(cx, parsed, wait, ret_driver);
    lib.mongoc_uri_destroy(parsed);
    return err;
}

void
mongo_driver_close(struct mongo_driver *driver)
{
    if (!driver)
        return;
    if (driver->pool)
        lib.mongoc_client_pool_destroy(driver->pool);
    lib.mongoc_read_prefs_destroy(driver->primary);
    free(driver->database);
    free(driver);
}

/* Whether the server gave up in the middle, as when it is shut down. */
static bool
is_interruption(int64_t code)
{
    static const int64_t codes[] = {
        6,    7,     50,    64,    89,    91,    189,   262,
        9001, 10058, 10107, 11600, 11601, 11602, 13435, 13436,
    };

    for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
        if (codes[i] == code)
            return true;
    }
    return false;
}

/* The server has refused; its texts hold values, and stay out of the log. */
static void
judge_code(int64_t code, struct mongo_answer *answer)
{
    answer->code = code;
    answer->outcome = is_interruption(code) ? MONGO_LOST : MONGO_REFUSED;
}

static void
judge_error(struct ctx *cx, const bson_error_t *error,
            struct mongo_answer *answer)
{
    if (error->domain == MONGOC_ERROR_SERVER) {
        judge_code(error->code, answer);
        return;
    }
    answer->text = arena_strdup(cx->arena, error->message);
    if (error->domain == MONGOC_ERROR_SERVER_SELECTION)
        answer->outcome = MONGO_AWAY;
    else if (error->domain == MONGOC_ERROR_CLIENT || /* it could not log in */
             error->domain == MONGOC_ERROR_POOL ||
             (error->domain == MONGOC_ERROR_STREAM &&
              (error->code == MONGOC_ERROR_STREAM_CONNECT ||
               error->code == MONGOC_ERROR_STREAM_NAME_RESOLUTION)))
        answer->outcome = MONGO_UNSENT;
    else
        answer->outcome = MONGO_LOST;
}

/* A command may be done, and yet say that its one write was not. */
static void
judge_reply(struct ctx *cx, struct mongo_answer *answer)
{
    const struct mongo_doc **errors;
    size_t count = mongo_docs(cx, answer->reply, "writeErrors", &errors);

    if (mongo_has(answer->reply, "writeConcernError"))
        answer->outcome = MONGO_LOST; /* applied, but not confirmed */
    if (count > 0)
        judge_code(mongo_int(errors[0], "code"), answer);
}

void
mongo_driver_run(struct ctx *cx, struct mongo_driver *driver,
                 const struct mongo_doc *command, bool is_write,
                 struct mongo_answer *ret_answer)
{
    const bson_t *bson = (const bson_t *)command;
    bson_error_t error = { 0 };
    mongoc_client_t *client = lib.mongoc_client_pool_pop(driver->pool);
    bson_t reply;
    bool is_done;

    *ret_answer = (struct mongo_answer){ .outcome = MONGO_UNSENT };
    if (!client) {
        ret_answer->text = "no connection is free";
        return;
    }
    is_done = is_write
                  ? lib.mongoc_client_write_command_with_opts(
                        client, driver->database, bson, NULL, &reply, &error)
                  : lib.mongoc_client_read_command_with_opts(
                        client, driver->database, bson, driver->primary, NULL,
                        &reply, &error);
    if (is_done) {
        ret_answer->outcome = MONGO_DONE;
        ret_answer->reply =
            mongo_doc_copy(cx, (const struct mongo_doc *)&reply);
        judge_reply(cx, ret_answer);
    } else {
        judge_error(cx, &error, ret_answer);
    }
    lib.bson_destroy(&reply);
    lib.mongoc_client_pool_push(driver->pool, client);
}
