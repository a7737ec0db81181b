/*
 * BSON documents, MongoDB's. They live as long as the arena of the ctx that
 * made or read them.
 */
#ifndef TILL_MONGO_DOC_H
#define TILL_MONGO_DOC_H

#include "base/ctx.h"

struct mongo_doc;

/* Once, before anything else here; mongo_open does it. */
void mongo_doc_init(void);

/*
 * A document of the members that follow types, each a name and a value.
 * `types` has a letter for each: t text (NULL: null), i int64_t, b int as
 * true or false, m int64_t milliseconds as a date, d a document, l a document
 * as a list (its names "0", "1", ...). Names are literals of ours, and values
 * keep their type: nothing that a client sends becomes an operator.
 */
const struct mongo_doc *mongo_doc(struct ctx *cx, const char *types, ...);

/* The members of both. */
const struct mongo_doc *mongo_join(struct ctx *cx, const struct mongo_doc *one,
                                   const struct mongo_doc *other);

/* A list of documents, or of texts, for mongo_doc's letter l. */
const struct mongo_doc *mongo_doc_list(struct ctx *cx,
                                       const struct mongo_doc *const *docs,
                                       size_t count);
const struct mongo_doc *mongo_text_list(struct ctx *cx,
                                        const char *const *texts, size_t count);

/* A copy of one that is somebody else's. */
const struct mongo_doc *mongo_doc_copy(struct ctx *cx,
                                       const struct mongo_doc *doc);

/* A member: NULL, 0 or false where there is none of this type. */
const char *mongo_text(struct ctx *cx, const struct mongo_doc *doc,
                       const char *name);
int64_t mongo_int(const struct mongo_doc *doc, const char *name);
bool mongo_is_true(const struct mongo_doc *doc, const char *name);
const struct mongo_doc *mongo_child(struct ctx *cx, const struct mongo_doc *doc,
                                    const char *name);

/* The documents in a list; returns how many. */
size_t mongo_docs(struct ctx *cx, const struct mongo_doc *doc, const char *name,
                  const struct mongo_doc ***ret_docs);

/* Whether there is a member of this name. */
bool mongo_has(const struct mongo_doc *doc, const char *name);

/* Whether both have the same members in the same order. */
bool mongo_doc_is_same(const struct mongo_doc *one,
                       const struct mongo_doc *other);

#endif
