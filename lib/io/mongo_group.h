/* How many documents there are of each kind, for what waits. */
#ifndef TILL_MONGO_GROUP_H
#define TILL_MONGO_GROUP_H

#include "io/mongo.h"

struct mongo_grouping {
    const char *collection;
    const struct mongo_doc *filter;
    const char *by;          /* "$state": the member that tells kinds apart */
    const char *since, *due; /* "$created_at": members whose least is wanted */
};

/*
 * A document for each kind: its name "_id", "count", and the least "since" and
 * "due". At most 100 kinds. Errors: mongo.h.
 */
enum err mongo_group(struct ctx *cx, struct mongo *mongo,
                     const struct mongo_grouping *grouping,
                     const struct mongo_doc ***ret_docs, size_t *ret_count);

#endif
