/* Records as MongoDB's documents, for record_mongo.c. */
#ifndef TILL_RECORD_DOC_H
#define TILL_RECORD_DOC_H

#include "io/mongo_doc.h"
#include "io/record.h"

const struct mongo_doc *record_doc(struct ctx *cx,
                                   const struct record_kind *kind,
                                   const struct record *record);

/* ERR_INTERNAL: it lacks its key. */
enum err record_of_doc(struct ctx *cx, const struct record_kind *kind,
                       const struct mongo_doc *doc, struct record *ret_record);

#endif
