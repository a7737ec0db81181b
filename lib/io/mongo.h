/*
 * MongoDB as Till uses it: single documents, found by their _id, changed by
 * conditional updates, so that everything also holds on a sharded cluster.
 *
 * A process has one pool of connections; calls may come from any thread. The
 * driver (libmongoc) is loaded by the first mongo_open: a program that keeps
 * its data in SQLite neither needs it installed nor pays for its memory.
 *
 * What follows may return, besides what is said at each: ERR_UNAVAILABLE, the
 * server can't be reached, and nothing was sent; writes also
 * ERR_UNKNOWN_OUTCOME: it was sent, and what became of it is not known. A
 * server that can't be reached is found out after 2 s, unless the URI says
 * otherwise; when it is back, the next call finds it.
 */
#ifndef TILL_MONGO_H
#define TILL_MONGO_H

#include "io/mongo_doc.h"

struct mongo;

/*
 * Makes the pool; connects when first used. The URI's database, else "till".
 * What the URI leaves open: short time-outs, as many connections as THREADS,
 * w=majority with journal. ERR_UNAVAILABLE with the cause: no driver, a URI
 * that it doesn't take, or one that gives up acknowledged writes (w=0).
 */
enum err mongo_open(struct ctx *cx, const char *uri, struct mongo **ret_mongo);
void mongo_close(struct mongo *mongo);

/* ERR_NOT_FOUND: no document is so. Reads what was written last. */
enum err mongo_get(struct ctx *cx, struct mongo *mongo, const char *collection,
                   const struct mongo_doc *filter,
                   const struct mongo_doc **ret_doc);

/*
 * ERR_CONFLICT: there is a document with this _id. It may be the caller's own:
 * where the answer is lost, as on a connection from before a restart of the
 * server, it is sent once more. So is a deletion.
 */
enum err mongo_insert(struct ctx *cx, struct mongo *mongo,
                      const char *collection, const struct mongo_doc *doc);

/* Changes one document; ret_matched: 0 or 1, as many as the filter found. */
enum err mongo_update(struct ctx *cx, struct mongo *mongo,
                      const char *collection, const struct mongo_doc *filter,
                      const struct mongo_doc *change, int64_t *ret_matched);

/*
 * The same, but where the filter finds none, makes the document of the
 * filter's _id. ERR_CONFLICT: it exists, but isn't as the filter says.
 */
enum err mongo_upsert(struct ctx *cx, struct mongo *mongo,
                      const char *collection, const struct mongo_doc *filter,
                      const struct mongo_doc *change);

/* Deletes one document, if the filter finds one. */
enum err mongo_delete(struct ctx *cx, struct mongo *mongo,
                      const char *collection, const struct mongo_doc *filter);

/* Runs a command on the database, such as createIndexes. */
enum err mongo_command(struct ctx *cx, struct mongo *mongo,
                       const struct mongo_doc *command);

#endif
