#include "io/mongo.h"

#include <string.h>

#include "base/id.h"
#include "base/stop.h"
#include "io/mongo_run.h"

/*
 * For what may be done twice: sent again where no answer came, as on a
 * connection from before a restart of the server.
 */
static enum err
run_again(struct ctx *cx, struct mongo *mongo,
          const struct mongo_command *command, struct mongo_answer *ret_answer)
{
    enum err err = mongo_run(cx, mongo, command, ret_answer);

    if (!mongo_is_repeatable(cx, ret_answer))
        return err;
    ctx_forgive(cx);
    return mongo_run(cx, mongo, command, ret_answer);
}

enum err
mongo_find(struct ctx *cx, struct mongo *mongo, const struct mongo_query *query,
           const struct mongo_doc ***ret_docs, size_t *ret_count)
{
    struct mongo_command command = {
        .doc = mongo_doc(
            cx, "tddiib", "find", query->collection, "filter", query->filter,
            "sort", query->sort ? query->sort : mongo_doc(cx, ""), "limit",
            query->most, "batchSize", query->most, "singleBatch", true),
    };
    const struct mongo_doc *cursor;
    struct mongo_answer answer;
    enum err err;

    if ((err = run_again(cx, mongo, &command, &answer)))
        return err;
    *ret_count = 0;
    if ((cursor = mongo_child(cx, answer.reply, "cursor")))
        *ret_count = mongo_docs(cx, cursor, "firstBatch", ret_docs);
    return OK;
}

static const struct mongo_doc *
by_id(struct ctx *cx, const char *id)
{
    return mongo_doc(cx, "t", "_id", id);
}

enum err
mongo_get(struct ctx *cx, struct mongo *mongo, const char *collection,
          const char *id, const struct mongo_doc **ret_doc)
{
    struct mongo_query query = { collection, by_id(cx, id), NULL, 1 };
    const struct mongo_doc **docs;
    size_t count;
    enum err err;

    if ((err = mongo_find(cx, mongo, &query, &docs, &count)))
        return err;
    if (count == 0)
        return fail(cx, ERR_NOT_FOUND, "there is no such object");
    *ret_doc = docs[0];
    return OK;
}

/* {verb: collection, list: [one]}; its operation is the caller's to name */
static struct mongo_command
write_of(struct ctx *cx, const char *verb, const char *collection,
         const char *list, const struct mongo_doc *one)
{
    return (struct mongo_command){
        .doc = mongo_doc(cx, "tl", verb, collection, list,
                         mongo_doc_list(cx, &one, 1)),
        .is_write = true,
        .collection = collection,
    };
}

/* Whether a document is there as we wrote it. */
static enum err
look_for_writer(struct ctx *cx, struct mongo *mongo, const char *collection,
                const char *id, const char *writer, int64_t version)
{
    const struct mongo_doc *doc;
    const char *found;
    enum err err;

    ctx_forgive(cx);
    err = mongo_get(cx, mongo, collection, id, &doc);
    if (err && err != ERR_NOT_FOUND)
        return ERR_UNKNOWN_OUTCOME;
    found = err ? NULL : mongo_text(cx, doc, "writer");
    if (found && !strcmp(found, writer))
        return OK;
    /* unchanged, it may be yet to come; changed twice, we may be the first */
    if (!err && version > 0 && mongo_int(doc, "version") != version + 1)
        return fail(cx, ERR_UNKNOWN_OUTCOME, "MongoDB has lost a write");
    ctx_forgive(cx);
    return fail(cx, ERR_CONFLICT, "the object has changed meanwhile");
}

enum err
mongo_insert(struct ctx *cx, struct mongo *mongo, const char *collection,
             const struct mongo_doc *doc)
{
    const char *writer = id_new(cx->arena);
    struct mongo_command command =
        write_of(cx, "insert", collection, "documents",
                 mongo_join(cx, doc, mongo_doc(cx, "t", "writer", writer)));
    struct mongo_answer answer;
    enum err err;

    command.operation = __func__;
    err = mongo_run(cx, mongo, &command, &answer);
    if (!mongo_is_repeatable(cx, &answer))
        return err;
    ctx_forgive(cx);
    err = mongo_run(cx, mongo, &command, &answer);
    if (err == ERR_CONFLICT)
        return look_for_writer(cx, mongo, collection,
                               mongo_text(cx, doc, "_id"), writer, 0);
    return err ? ERR_UNKNOWN_OUTCOME : OK;
}

/* On a sharded cluster a write that names no _id would ask all shards, or fail.
 */
static const struct mongo_doc *
naming(const struct mongo_doc *filter)
{
    if (!mongo_has(filter, "_id"))
        bug("a write into MongoDB names no _id");
    return filter;
}

static struct mongo_command
update_of(struct ctx *cx, const char *collection,
          const struct mongo_doc *filter, const struct mongo_doc *change,
          bool is_upsert)
{
    return write_of(cx, "update", collection, "updates",
                    mongo_doc(cx, "ddb", "q", naming(filter), "u", change,
                              "upsert", is_upsert));
}

static enum err
run_update(struct ctx *cx, struct mongo *mongo,
           const struct mongo_command *command, int64_t *ret_matched)
{
    struct mongo_answer answer;
    enum err err = mongo_run(cx, mongo, command, &answer);

    if (!err)
        *ret_matched = mongo_int(answer.reply, "n");
    return err;
}

enum err
mongo_update(struct ctx *cx, struct mongo *mongo, const char *collection,
             const struct mongo_doc *filter, const struct mongo_doc *change,
             int64_t *ret_matched)
{
    struct mongo_command command =
        update_of(cx, collection, filter, change, false);

    command.operation = __func__;
    return run_update(cx, mongo, &command, ret_matched);
}

enum err
mongo_set(struct ctx *cx, struct mongo *mongo, const char *collection,
          const struct mongo_doc *filter, const struct mongo_doc *set)
{
    struct mongo_command command = update_of(
        cx, collection, filter, mongo_doc(cx, "d", "$set", set), false);
    struct mongo_answer answer;

    command.operation = __func__;
    return run_again(cx, mongo, &command, &answer);
}

enum err
mongo_upsert(struct ctx *cx, struct mongo *mongo, const char *collection,
             const struct mongo_doc *filter, const struct mongo_doc *change)
{
    struct mongo_command command =
        update_of(cx, collection, filter, change, true);
    struct mongo_answer answer;

    command.operation = __func__;
    return mongo_run(cx, mongo, &command, &answer);
}

enum err
mongo_save(struct ctx *cx, struct mongo *mongo, const char *collection,
           const char *id, int64_t version, const struct mongo_doc *set)
{
    const char *writer = id_new(cx->arena);
    const struct mongo_doc *filter =
        mongo_doc(cx, "ti", "_id", id, "version", version);
    const struct mongo_doc *change =
        mongo_doc(cx, "d", "$set",
                  mongo_join(cx, set,
                             mongo_doc(cx, "it", "version", version + 1,
                                       "writer", writer)));
    struct mongo_command command =
        update_of(cx, collection, filter, change, false);
    bool is_doubtful = false;
    int64_t matched = 0;
    enum err err;

    command.operation = __func__;
    err = run_update(cx, mongo, &command, &matched);
    if (err == ERR_UNKNOWN_OUTCOME && cx->patience > 0) {
        /* once more: of two that arrive only one still finds the version */
        is_doubtful = true;
        ctx_forgive(cx);
        err = run_update(cx, mongo, &command, &matched);
    }
    if (is_doubtful && (err || matched == 0))
        return look_for_writer(cx, mongo, collection, id, writer, version);
    if (!err && matched == 0)
        return fail(cx, ERR_CONFLICT, "the object has changed meanwhile");
    return err;
}

enum err
mongo_put(struct ctx *cx, struct mongo *mongo, const char *collection,
          const struct mongo_doc *const *docs, size_t count)
{
    const struct mongo_doc **updates =
        arena_array(cx->arena, const struct mongo_doc *, count);
    struct mongo_command command = { .is_write = true,
                                     .operation = __func__,
                                     .collection = collection };
    struct mongo_answer answer;

    for (size_t i = 0; i < count; i++)
        updates[i] = mongo_doc(
            cx, "ddb", "q", by_id(cx, mongo_text(cx, docs[i], "_id")), "u",
            mongo_join(cx, docs[i],
                       mongo_doc(cx, "t", "writer", id_new(cx->arena))),
            "upsert", true);
    command.doc = mongo_doc(cx, "tl", "update", collection, "updates",
                            mongo_doc_list(cx, updates, count));
    return run_again(cx, mongo, &command, &answer);
}

/* limit: 1, or 0: all */
static struct mongo_command
delete_of(struct ctx *cx, const char *collection,
          const struct mongo_doc *filter, int64_t limit)
{
    return write_of(cx, "delete", collection, "deletes",
                    mongo_doc(cx, "di", "q", naming(filter), "limit", limit));
}

enum err
mongo_delete(struct ctx *cx, struct mongo *mongo, const char *collection,
             const struct mongo_doc *filter)
{
    struct mongo_command command = delete_of(cx, collection, filter, 1);
    struct mongo_answer answer;

    command.operation = __func__;
    return run_again(cx, mongo, &command, &answer);
}

enum err
mongo_delete_all(struct ctx *cx, struct mongo *mongo, const char *collection,
                 const struct mongo_doc *filter)
{
    struct mongo_command command = delete_of(cx, collection, filter, 0);
    struct mongo_answer answer;

    command.operation = __func__;
    return run_again(cx, mongo, &command, &answer);
}

enum err
mongo_command(struct ctx *cx, struct mongo *mongo, const struct mongo_doc *doc,
              bool is_write, int64_t *ret_code,
              const struct mongo_doc **ret_reply)
{
    struct mongo_command command = { .doc = doc, .is_write = is_write };
    struct mongo_answer answer;
    enum err err = mongo_run(cx, mongo, &command, &answer);

    *ret_code = answer.code;
    *ret_reply = answer.reply;
    if (answer.outcome != MONGO_REFUSED)
        return err;
    ctx_forgive(cx);
    return OK;
}
