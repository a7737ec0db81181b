#include "io/mongo_schema.h"

#include <string.h>

#include "base/text.h"
#include "io/mongo.h"

/* The server's codes. */
enum { NAMESPACE_EXISTS = 48, NO_SUCH_COMMAND = 59 };

enum { MISSING_MAX = 4096 };

/* Milliseconds: an index of many documents is made slowly. */
enum { INDEX_WAIT = 30 * 60 * 1000 };

/* The next "name:value" of a list in words; false: it is over. */
static bool
next_pair(struct ctx *cx, const char **list, const char **ret_name,
          const char **ret_value)
{
    size_t name = strcspn(*list, ":"), pair = strcspn(*list, " ");

    if (!**list)
        return false;
    *ret_name = arena_strndup(cx->arena, *list, name);
    *ret_value = arena_strndup(cx->arena, *list + name + 1, pair - name - 1);
    *list += pair + strspn(*list + pair, " ");
    return true;
}

static const struct mongo_doc *
keys_of(struct ctx *cx, const struct mongo_index *index)
{
    const struct mongo_doc *keys = mongo_doc(cx, "");
    const char *list = index->keys, *name, *way;

    while (next_pair(cx, &list, &name, &way))
        keys = mongo_join(
            cx, keys,
            mongo_doc(cx, "i", name, (int64_t)(*way == '-' ? -1 : 1)));
    return keys;
}

static const struct mongo_doc *
index_doc(struct ctx *cx, const struct mongo_index *index)
{
    const struct mongo_doc *doc =
        mongo_doc(cx, "dt", "key", keys_of(cx, index), "name", index->keys);

    if (index->since) {
        const struct mongo_doc *above = mongo_doc(cx, "m", "$gt", (int64_t)0);

        doc = mongo_join(cx, doc,
                         mongo_doc(cx, "d", "partialFilterExpression",
                                   mongo_doc(cx, "d", index->since, above)));
    }
    if (index->expires)
        doc = mongo_join(cx, doc,
                         mongo_doc(cx, "i", "expireAfterSeconds", (int64_t)0));
    return doc;
}

static const struct mongo_doc *
validator_of(struct ctx *cx, const struct mongo_collection *collection)
{
    const struct mongo_doc *properties = mongo_doc(cx, "");
    const char *list = collection->members, *name, *type, *names[32];
    size_t count = 0;

    while (count < 32 && next_pair(cx, &list, &name, &type)) {
        names[count++] = name;
        properties = mongo_join(
            cx, properties,
            mongo_doc(cx, "d", name, mongo_doc(cx, "t", "bsonType", type)));
    }
    return mongo_doc(cx, "d", "$jsonSchema",
                     mongo_doc(cx, "tld", "bsonType", "object", "required",
                               mongo_text_list(cx, names, count), "properties",
                               properties));
}

/* A command of whose refusals only `allowed` is one that may be. */
static enum err
command(struct ctx *cx, struct mongo *mongo, const struct mongo_doc *doc,
        int64_t allowed, int64_t *ret_code)
{
    const struct mongo_doc *reply;
    enum err err;

    if ((err = mongo_command(cx, mongo, doc, true, ret_code, &reply)))
        return err;
    if (*ret_code && *ret_code != allowed)
        return fail(cx, ERR_UNAVAILABLE, "MongoDB answers with error %lld",
                    (long long)*ret_code);
    return OK;
}

/* The documents that a command such as listIndexes answers with. */
static enum err
list(struct ctx *cx, struct mongo *mongo, const struct mongo_doc *doc,
     const struct mongo_doc ***ret_docs, size_t *ret_count)
{
    const struct mongo_doc *reply, *cursor;
    int64_t code;
    enum err err;

    *ret_count = 0;
    if ((err = mongo_command(cx, mongo, doc, false, &code, &reply)))
        return err;
    if (code == 0 && (cursor = mongo_child(cx, reply, "cursor")))
        *ret_count = mongo_docs(cx, cursor, "firstBatch", ret_docs);
    return OK;
}

/* The document of this name, or NULL. */
static const struct mongo_doc *
named(struct ctx *cx, const struct mongo_doc **docs, size_t count,
      const char *name)
{
    for (size_t i = 0; i < count; i++) {
        const char *found = mongo_text(cx, docs[i], "name");

        if (found && !strcmp(found, name))
            return docs[i];
    }
    return NULL;
}

/* The collection of this name, as the server lists it; NULL: there is none. */
static enum err
find_collection(struct ctx *cx, struct mongo *mongo, const char *name,
                const struct mongo_doc **ret_found)
{
    const struct mongo_doc **docs;
    size_t count;
    enum err err;

    err = list(cx, mongo,
               mongo_doc(cx, "id", "listCollections", (int64_t)1, "filter",
                         mongo_doc(cx, "t", "name", name)),
               &docs, &count);
    *ret_found = err ? NULL : named(cx, docs, count, name);
    return err;
}

static bool
has_validator(struct ctx *cx, const struct mongo_doc *found,
              const struct mongo_doc *validator)
{
    const struct mongo_doc *options = mongo_child(cx, found, "options");
    const struct mongo_doc *kept =
        options ? mongo_child(cx, options, "validator") : NULL;

    return kept && mongo_doc_is_same(kept, validator);
}

static enum err
make_collection(struct ctx *cx, struct mongo *mongo,
                const struct mongo_collection *collection)
{
    const struct mongo_doc *validator = validator_of(cx, collection);
    const struct mongo_doc *checks = mongo_doc(cx, "d", "validator", validator);
    const struct mongo_doc *found;
    int64_t code = 0;
    enum err err;

    if ((err = find_collection(cx, mongo, collection->name, &found)))
        return err;
    if (found && has_validator(cx, found, validator))
        return OK; /* a change holds up everybody, and needs more rights */
    if (!found)
        err = command(cx, mongo,
                      mongo_join(cx,
                                 mongo_doc(cx, "t", "create", collection->name),
                                 checks),
                      NAMESPACE_EXISTS, &code);
    if (err || (!found && code == 0))
        return err;
    return command(
        cx, mongo,
        mongo_join(cx, mongo_doc(cx, "t", "collMod", collection->name), checks),
        NO_SUCH_COMMAND, &code);
}

static enum err
make_indexes(struct ctx *cx, struct mongo *mongo,
             const struct mongo_collection *collection)
{
    const struct mongo_doc *docs[4];
    size_t count = 0;
    int64_t code;

    while (count < 4 && collection->indexes[count].keys) {
        docs[count] = index_doc(cx, &collection->indexes[count]);
        count++;
    }
    if (count == 0)
        return OK;
    return command(cx, mongo,
                   mongo_doc(cx, "tl", "createIndexes", collection->name,
                             "indexes", mongo_doc_list(cx, docs, count)),
                   0, &code);
}

enum err
mongo_migrate(struct ctx *cx, const char *uri,
              const struct mongo_collection *collections)
{
    struct mongo *mongo;
    enum err err;

    if ((err = mongo_open_for(cx, uri, INDEX_WAIT, &mongo)))
        return err;
    for (; collections->name && !err; collections++) {
        if (!(err = make_collection(cx, mongo, collections)))
            err = make_indexes(cx, mongo, collections);
    }
    mongo_close(mongo);
    return err;
}

static void
add_missing(struct text *missing, const char *what, const char *name,
            const char *collection)
{
    text_printf(missing, "%s%s%s%s%s", missing->size > 0 ? ", " : "", what,
                name, *collection ? " of " : "", collection);
}

static enum err
look_for_indexes(struct ctx *cx, struct mongo *mongo,
                 const struct mongo_collection *collection,
                 struct text *missing)
{
    const struct mongo_doc **found;
    size_t count;
    enum err err;

    err = list(cx, mongo, mongo_doc(cx, "t", "listIndexes", collection->name),
               &found, &count);
    for (const struct mongo_index *at = collection->indexes; !err && at->keys;
         at++) {
        if (!named(cx, found, count, at->keys))
            add_missing(missing, "the index ", at->keys, collection->name);
    }
    return err;
}

/* Also whether it has its checks, where the server has any. */
static enum err
look_for_collection(struct ctx *cx, struct mongo *mongo,
                    const struct mongo_collection *collection, bool has_checks,
                    struct text *missing)
{
    const struct mongo_doc *found;
    enum err err;

    if ((err = find_collection(cx, mongo, collection->name, &found)))
        return err;
    if (!found) {
        add_missing(missing, "the collection ", collection->name, "");
        return OK;
    }
    if (has_checks && !has_validator(cx, found, validator_of(cx, collection)))
        add_missing(missing, "the validator", "", collection->name);
    return look_for_indexes(cx, mongo, collection, missing);
}

enum err
mongo_missing(struct ctx *cx, const char *uri,
              const struct mongo_collection *collections,
              const char **ret_missing)
{
    const struct mongo_doc *reply;
    struct text missing;
    struct mongo *mongo;
    int64_t code;
    enum err err;

    if ((err = mongo_open(cx, uri, &mongo)))
        return err;
    text_init(&missing, cx->arena, MISSING_MAX);
    /* of a collection that can't be: only whether the server has the command */
    err = mongo_command(cx, mongo, mongo_doc(cx, "t", "collMod", "till.none"),
                        true, &code, &reply);
    for (; collections->name && !err; collections++)
        err = look_for_collection(cx, mongo, collections,
                                  code != NO_SUCH_COMMAND, &missing);
    mongo_close(mongo);
    *ret_missing = missing.bytes;
    return err;
}
