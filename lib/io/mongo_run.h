/*
 * Commands for MongoDB, with their time and their outcome: what mongo.c is made
 * of, and for it alone.
 */
#ifndef TILL_MONGO_RUN_H
#define TILL_MONGO_RUN_H

#include "io/mongo.h"
#include "io/mongo_driver.h"

struct mongo_command {
    const struct mongo_doc *doc;
    bool is_write;
    /* Of a write, as its fault points are named: "mongo_save", "payments". */
    const char *operation, *collection;
};

/*
 * Runs it once, as mongo.h says of every call. ERR_CONFLICT: there is one of
 * this _id. Another refusal is ERR_INTERNAL of a write, ERR_UNAVAILABLE of
 * what only reads.
 */
enum err mongo_run(struct ctx *cx, struct mongo *mongo,
                   const struct mongo_command *command,
                   struct mongo_answer *ret_answer);

/* Whether it may be run once more: no answer came, and there is time. */
bool mongo_is_repeatable(const struct ctx *cx,
                         const struct mongo_answer *answer);

#endif
