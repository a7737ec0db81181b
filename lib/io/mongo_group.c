#include "io/mongo_group.h"

enum err
mongo_group(struct ctx *cx, struct mongo *mongo,
            const struct mongo_grouping *grouping,
            const struct mongo_doc ***ret_docs, size_t *ret_count)
{
    const struct mongo_doc *group =
        mongo_doc(cx, "tddd", "_id", grouping->by, "count",
                  mongo_doc(cx, "i", "$sum", (int64_t)1), "since",
                  mongo_doc(cx, "t", "$min", grouping->since), "due",
                  mongo_doc(cx, "t", "$min", grouping->due));
    const struct mongo_doc *steps[] = {
        mongo_doc(cx, "d", "$match", grouping->filter),
        mongo_doc(cx, "d", "$group", group),
    };
    const struct mongo_doc *command =
        mongo_doc(cx, "tld", "aggregate", grouping->collection, "pipeline",
                  mongo_doc_list(cx, steps, 2), "cursor",
                  mongo_doc(cx, "i", "batchSize", (int64_t)100));
    const struct mongo_doc *reply, *cursor;
    int64_t code;
    enum err err;

    if ((err = mongo_command(cx, mongo, command, false, &code, &reply)))
        return err;
    cursor = reply ? mongo_child(cx, reply, "cursor") : NULL;
    if (code || !cursor)
        return fail(cx, ERR_UNAVAILABLE, "MongoDB doesn't count: code %lld",
                    (long long)code);
    *ret_count = mongo_docs(cx, cursor, "firstBatch", ret_docs);
    return OK;
}
