/*
 * MongoDB as Till uses it: single documents, found by their _id, changed by
 * conditional updates, so that everything also holds on a sharded cluster.
 *
 * A process has one pool of connections; calls may come from any thread.
 *
 * Each document has a `writer`: an id that every insert and save makes anew. So
 * where the answer to one was lost, reading the document back tells whether
 * it was carried out.
 *
 * What follows may return, besides what is said at each: ERR_UNAVAILABLE, the
 * server can't be reached, and nothing was sent; writes also
 * ERR_UNKNOWN_OUTCOME: it was sent, and what became of it could not be found
 * out. A server that is away is found out after 1 s, unless the URI says
 * otherwise; while it is, one call at a time looks whether it is back, and the
 * others fail at once. No call begins when cx->patience is over.
 */
#ifndef TILL_MONGO_H
#define TILL_MONGO_H

#include "io/mongo_doc.h"

struct mongo;

/*
 * Makes the pool; connects when first used (see mongo_driver_open). With
 * mongo_open_for an answer may take so many milliseconds: indexes are made in
 * minutes.
 */
enum err mongo_open(struct ctx *cx, const char *uri, struct mongo **ret_mongo);
enum err mongo_open_for(struct ctx *cx, const char *uri, int wait,
                        struct mongo **ret_mongo);
void mongo_close(struct mongo *mongo);

/* The document of an id. ERR_NOT_FOUND: there is none. */
enum err mongo_get(struct ctx *cx, struct mongo *mongo, const char *collection,
                   const char *id, const struct mongo_doc **ret_doc);

/* The documents that are so, in this order; most: 1 to 1000. */
struct mongo_query {
    const char *collection;
    const struct mongo_doc *filter, *sort;
    int64_t most;
};

enum err mongo_find(struct ctx *cx, struct mongo *mongo,
                    const struct mongo_query *query,
                    const struct mongo_doc ***ret_docs, size_t *ret_count);

/* ERR_CONFLICT: there is another document with this _id. */
enum err mongo_insert(struct ctx *cx, struct mongo *mongo,
                      const char *collection, const struct mongo_doc *doc);

/*
 * Keeps `set` in the document of an id if its `version` still is this one,
 * and raises that by one. ERR_CONFLICT: it isn't, or there is no document.
 */
enum err mongo_save(struct ctx *cx, struct mongo *mongo, const char *collection,
                    const char *id, int64_t version,
                    const struct mongo_doc *set);

/*
 * Changes one document, whose _id the filter names; ret_matched: 0 or 1, as
 * many as it found. Without an answer it isn't sent again: whoever knows that
 * it may be, does.
 */
enum err mongo_update(struct ctx *cx, struct mongo *mongo,
                      const char *collection, const struct mongo_doc *filter,
                      const struct mongo_doc *change, int64_t *ret_matched);

/* Sets members so; as that may be done twice, it is sent again. */
enum err mongo_set(struct ctx *cx, struct mongo *mongo, const char *collection,
                   const struct mongo_doc *filter, const struct mongo_doc *set);

/*
 * As mongo_update, but where the filter finds none, makes the document of the
 * filter's _id. ERR_CONFLICT: it exists, but isn't as the filter says.
 */
enum err mongo_upsert(struct ctx *cx, struct mongo *mongo,
                      const char *collection, const struct mongo_doc *filter,
                      const struct mongo_doc *change);

/*
 * Puts documents in place of those with their _id, or beside the others. As
 * that may be done twice, it is sent again. Not for what others change: no
 * version is looked at.
 */
enum err mongo_put(struct ctx *cx, struct mongo *mongo, const char *collection,
                   const struct mongo_doc *const *docs, size_t count);

/* Deletes what the filter finds: one document, or all. */
enum err mongo_delete(struct ctx *cx, struct mongo *mongo,
                      const char *collection, const struct mongo_doc *filter);
enum err mongo_delete_all(struct ctx *cx, struct mongo *mongo,
                          const char *collection,
                          const struct mongo_doc *filter);

/*
 * A command on the database, such as createIndexes (which writes) or
 * listIndexes. A refusal is OK, too: ret_code is the server's, else 0.
 */
enum err mongo_command(struct ctx *cx, struct mongo *mongo,
                       const struct mongo_doc *command, bool is_write,
                       int64_t *ret_code, const struct mongo_doc **ret_reply);

#endif
