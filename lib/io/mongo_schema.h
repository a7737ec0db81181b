/*
 * What a service's data in MongoDB consists of: made by `till migrate`, looked
 * for by `till doctor`. Only _id is unique anywhere, so that every collection
 * may be sharded by it.
 */
#ifndef TILL_MONGO_SCHEMA_H
#define TILL_MONGO_SCHEMA_H

#include "base/ctx.h"

struct mongo_index {
    const char *keys;  /* "user_id:1 _id:-1"; it is also the name */
    const char *since; /* only documents in which this time isn't 0; or NULL */
    bool expires;      /* documents go when the time in it has come */
};

struct mongo_collection {
    const char *name;
    /*
     * What each document must have, with its BSON type, "_id:string
     * total:long"; for servers that check it ($jsonSchema).
     */
    const char *members;
    struct mongo_index indexes[4]; /* to the first without keys */
};

/*
 * Makes collections, checks and indexes that aren't there; the last collection
 * has no name. Safe to repeat. A server without $jsonSchema gets no checks.
 */
enum err mongo_migrate(struct ctx *cx, const char *uri,
                       const struct mongo_collection *collections);

/* What is missing, for people: "orders, the index due_at:1 of payments"; "" */
enum err mongo_missing(struct ctx *cx, const char *uri,
                       const struct mongo_collection *collections,
                       const char **ret_missing);

#endif
