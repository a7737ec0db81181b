#include "io/mongo_run.h"

#include <stdatomic.h>

#include "base/clock.h"
#include "base/stop.h"
#include "io/fault.h"

/* The server's code where an _id (the only unique key) exists. */
enum { DUPLICATE_KEY = 11000 };

struct mongo {
    struct mongo_driver *driver;
    /* Who asks while the server is away waits in vain: one at a time does. */
    atomic_bool is_away, is_probed;
};

enum err
mongo_open(struct ctx *cx, const char *uri, struct mongo **ret_mongo)
{
    return mongo_open_for(cx, uri, MONGO_WAIT, ret_mongo);
}

enum err
mongo_open_for(struct ctx *cx, const char *uri, int wait,
               struct mongo **ret_mongo)
{
    struct mongo_driver *driver;
    struct mongo *mongo;
    enum err err;

    if ((err = mongo_driver_open(cx, uri, wait, &driver)))
        return err;
    if (!(mongo = calloc(1, sizeof *mongo)))
        die("out of memory");
    mongo->driver = driver;
    *ret_mongo = mongo;
    return OK;
}

void
mongo_close(struct mongo *mongo)
{
    if (!mongo)
        return;
    mongo_driver_close(mongo->driver);
    free(mongo);
}

static enum err
judge(struct ctx *cx, const struct mongo_command *command,
      const struct mongo_answer *answer)
{
    enum err lost = command->is_write ? ERR_UNKNOWN_OUTCOME : ERR_UNAVAILABLE;

    switch (answer->outcome) {
    case MONGO_DONE:
        return OK;
    case MONGO_LOST:
        return answer->text ? fail(cx, lost, "MongoDB: %s", answer->text)
                            : fail(cx, lost, "MongoDB was interrupted");
    case MONGO_REFUSED:
        if (answer->code == DUPLICATE_KEY)
            return fail(cx, ERR_CONFLICT, "there is one of this key already");
        return fail(cx, command->is_write ? ERR_INTERNAL : ERR_UNAVAILABLE,
                    "MongoDB answers with error %lld", (long long)answer->code);
    default:
        return fail(cx, ERR_UNAVAILABLE, "MongoDB: %s", answer->text);
    }
}

/* Sent, as far as anybody can tell, and no answer came. */
static void
lose(struct ctx *cx, enum fault fault, struct mongo_answer *ret_answer)
{
    *ret_answer = (struct mongo_answer){ .outcome = MONGO_LOST };
    if (fault == FAULT_GONE)
        cx->patience = 0;
}

static void
run_driver(struct ctx *cx, struct mongo *mongo,
           const struct mongo_command *command, struct mongo_answer *ret_answer)
{
    enum fault fault = FAULT_NONE;

    if (command->operation)
        fault = fault_at("before", command->operation, command->collection);
    if (fault == FAULT_FULL) {
        ret_answer->text = "it takes nothing, for a test";
        return;
    }
    if (fault != FAULT_NONE) {
        lose(cx, fault, ret_answer);
        return;
    }
    mongo_driver_run(cx, mongo->driver, command->doc, command->is_write,
                     ret_answer);
    if (command->operation)
        fault = fault_at("after", command->operation, command->collection);
    if (fault != FAULT_NONE)
        lose(cx, fault, ret_answer);
}

static void
try(struct ctx *cx, struct mongo *mongo, const struct mongo_command *command,
    struct mongo_answer *ret_answer)
{
    bool is_probe = atomic_load(&mongo->is_away);
    int64_t start = clock_monotonic();

    *ret_answer = (struct mongo_answer){ .outcome = MONGO_UNSENT };
    if (cx->patience <= 0) {
        ret_answer->text = "it has taken too long already";
        return;
    }
    if (is_probe && atomic_exchange(&mongo->is_probed, true)) {
        ret_answer->text = "it is away";
        return;
    }
    run_driver(cx, mongo, command, ret_answer);
    atomic_store(&mongo->is_away, ret_answer->outcome == MONGO_AWAY);
    if (is_probe)
        atomic_store(&mongo->is_probed, false);
    ctx_waited(cx, clock_monotonic() - start);
}

enum err
mongo_run(struct ctx *cx, struct mongo *mongo,
          const struct mongo_command *command, struct mongo_answer *ret_answer)
{
    try(cx, mongo, command, ret_answer);
    return judge(cx, command, ret_answer);
}

bool
mongo_is_repeatable(const struct ctx *cx, const struct mongo_answer *answer)
{
    return answer->outcome == MONGO_LOST && cx->patience > 0;
}
