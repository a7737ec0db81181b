/* Parts of record_sqlite.c: the SQL of a table, made of its fields; the mark.
 */
#ifndef TILL_RECORD_SQL_H
#define TILL_RECORD_SQL_H

#include "io/record.h"

struct record_sql {
    const struct record_field *fields; /* whose it is */
    const char *page, *count, *find, *insert, *drop;
};

/*
 * That of the table with these fields; of parts, whose rows begin with the key
 * of what they are part of, with is_part. Made once, since statements are kept
 * by their address: it lives as long as the process, for one thread.
 */
const struct record_sql *record_sql_of(struct ctx *cx, const char *table,
                                       const char *key,
                                       const struct record_field *fields,
                                       bool is_part);

/* As record_home says of mark and marked. */
enum err record_sqlite_mark(struct ctx *cx, struct record_home *home,
                            const char *source);
enum err record_sqlite_marked(struct ctx *cx, struct record_home *home,
                              const char **ret_source);

#endif
