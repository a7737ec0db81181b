/*
 * A service's data piece by piece, exactly as it is kept: versions, times and
 * all. For `till copy` and its like, which know no service: what there is each
 * service tells in a table (order_records, ...), and one home in SQLite
 * (record_sqlite.c) and one in MongoDB (record_mongo.c) do the rest.
 *
 * Every call may return ERR_UNAVAILABLE, or ERR_UNKNOWN_OUTCOME where it
 * writes; all of them may be made again.
 */
#ifndef TILL_RECORD_H
#define TILL_RECORD_H

#include "io/db.h"

struct mongo;
struct mongo_doc;
struct record;

struct record_field {
    const char *name; /* of the column and the member; the first is the key */
    /*
     * t text or NULL, i a number, m a time; p parts: rows of a table of this
     * name, which have the key of what they are part of, and a list of
     * documents; o the same, but an object: rows of a name and a text.
     */
    char type;
    const struct record_field *parts; /* p, o: what sorts them comes first */
    const char *const *names;         /* o: the object's members */
    const char *none;                 /* o: a member that has no row */
};

#define RECORD_TEXT(field)                                                     \
    {                                                                          \
        .name = (field), .type = 't'                                           \
    }
#define RECORD_INT(field)                                                      \
    {                                                                          \
        .name = (field), .type = 'i'                                           \
    }
#define RECORD_TIME(field)                                                     \
    {                                                                          \
        .name = (field), .type = 'm'                                           \
    }
#define RECORD_PARTS(table, fields)                                            \
    {                                                                          \
        .name = (table), .type = 'p', .parts = (fields)                        \
    }

/* Where MongoDB says that an object exists: a reservation that is settled. */
struct record_claim {
    const char *collection; /* _id is what was reserved */
    const char *field;      /* the field that has it */
    const char *names;      /* the claim's member with the object's key */
};

struct record_kind {
    const char *table;      /* SQLite's; for people, too */
    const char *collection; /* MongoDB's; its _id is the first field */
    const struct record_field *fields;
    const char *expires; /* the time from which on it doesn't count; or NULL */
    bool is_zero_none;   /* all numbers 0: as if it weren't there */
    const struct record_claim *claim; /* or NULL */
    /* What MongoDB has besides the fields; or NULL. */
    const struct mongo_doc *(*extra)(struct ctx *cx,
                                     const struct record *record);
};

/* The values of the fields; for p and o: how many parts, then theirs. */
struct record {
    const char *key;
    const struct db_value *values;
    size_t count;
};

enum { RECORDS = 200 };

struct records {
    struct record records[RECORDS];
    size_t count;
    const char *last; /* the key to go on after; NULL: that was all */
};

struct record_keys {
    const char *keys[RECORDS];
    size_t count;
};

struct record_home {
    /* Those after this key (NULL: from the first) that count at this time. */
    enum err (*page)(struct ctx *cx, struct record_home *home,
                     const struct record_kind *kind, const char *after,
                     int64_t now, struct records *ret_records);

    /* About how many there are. */
    enum err (*count)(struct ctx *cx, struct record_home *home,
                      const struct record_kind *kind, int64_t *ret_count);

    /* Those of these keys that there are. */
    enum err (*find)(struct ctx *cx, struct record_home *home,
                     const struct record_kind *kind,
                     const struct record_keys *keys,
                     struct records *ret_records);

    /*
     * Keeps them exactly so, in place of what has their keys. ERR_CONFLICT:
     * what must be unique besides belongs to another one.
     */
    enum err (*put)(struct ctx *cx, struct record_home *home,
                    const struct record_kind *kind,
                    const struct records *records);

    enum err (*drop)(struct ctx *cx, struct record_home *home,
                     const struct record_kind *kind,
                     const struct record_keys *keys);

    /* Notes for the next who looks that a copy is being made into it, and of
     * what; NULL: it is whole. */
    enum err (*mark)(struct ctx *cx, struct record_home *home,
                     const char *source);
    enum err (*marked)(struct ctx *cx, struct record_home *home,
                       const char **ret_source);

    const char *service;
    struct db *db;       /* SQLite's; NULL elsewhere */
    struct mongo *mongo; /* MongoDB's; NULL elsewhere */
};

/* As db_open of a service, and mongo_open. */
enum err record_sqlite_open(struct ctx *cx, const char *service,
                            const char *path, struct record_home *ret_home);
enum err record_mongo_open(struct ctx *cx, const char *service, const char *uri,
                           struct record_home *ret_home);
void record_close(struct record_home *home);

/* The fields that one has, without the end. */
size_t record_width(const struct record_field *fields);

/* The value of a field that has no parts before it. */
const struct db_value *record_value(const struct record_kind *kind,
                                    const struct record *record,
                                    const char *field);

/* The parts of a p or o, one after the other; ret_count: how many. */
const struct db_value *record_parts(const struct record_kind *kind,
                                    const struct record *record,
                                    const char *field, size_t *ret_count);

/* Whether it counts at this time. */
bool record_counts(const struct record_kind *kind, const struct record *record,
                   int64_t now);

bool record_is_same(const struct record *one, const struct record *other);

/* Sorts parts by their values, the first first. */
void record_sort_parts(struct db_value *values, size_t count, size_t width);

/*
 * How many records, and a sum of their contents that no order of theirs
 * changes: of the BLAKE2b (32 bytes) of each, as four numbers.
 */
struct record_sum {
    int64_t count;
    uint64_t sum[4];
};

void record_add(struct ctx *cx, const struct record *record,
                struct record_sum *sum);

#endif
