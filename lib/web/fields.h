/*
 * Tables of what a body or a query may hold. One row is one member of the
 * input and one member of the struct that it fills; names are the same. What
 * isn't in the table, is there twice, or has the wrong type or size is refused
 * and named by its JSON pointer (RFC 6901). request_fields and request_query
 * (web/request.h) read by it.
 */
#ifndef TILL_FIELDS_H
#define TILL_FIELDS_H

#include <stddef.h>
#include <stdint.h>

enum { OPTIONAL, REQUIRED };

enum field_kind {
    FIELD_KIND_TEXT,     /* const char *: UTF-8 without control characters */
    FIELD_KIND_PASSWORD, /* const char *: the same, kept out of messages */
    FIELD_KIND_INT,      /* int64_t */
    FIELD_KIND_BOOL,     /* int: 0 false, 1 true; untouched where absent */
    FIELD_KIND_DECIMAL,  /* const char *: the digits of a number or string */
    FIELD_KIND_CURRENCY, /* const char *: three lower-case letters */
    FIELD_KIND_ID,       /* const char *: an id of ours */
};

struct field {
    const char *name; /* NULL ends the table */
    enum field_kind kind;
    int presence;
    size_t offset;
    int64_t least, most; /* characters of a text; value of a number */
};

#define FIELD_ROW(type, member, kind, presence, least, most)                   \
    {                                                                          \
#member, kind, presence, offsetof(type, member), least, most           \
    }
#define FIELD_TEXT(type, member, presence, least, most)                        \
    FIELD_ROW(type, member, FIELD_KIND_TEXT, presence, least, most)
#define FIELD_PASSWORD(type, member, presence, least, most)                    \
    FIELD_ROW(type, member, FIELD_KIND_PASSWORD, presence, least, most)
#define FIELD_INT(type, member, presence, least, most)                         \
    FIELD_ROW(type, member, FIELD_KIND_INT, presence, least, most)
#define FIELD_BOOL(type, member, presence)                                     \
    FIELD_ROW(type, member, FIELD_KIND_BOOL, presence, 0, 0)
#define FIELD_DECIMAL(type, member, presence)                                  \
    FIELD_ROW(type, member, FIELD_KIND_DECIMAL, presence, 1, 32)
#define FIELD_CURRENCY(type, member, presence)                                 \
    FIELD_ROW(type, member, FIELD_KIND_CURRENCY, presence, 3, 3)
#define FIELD_ID(type, member, presence)                                       \
    FIELD_ROW(type, member, FIELD_KIND_ID, presence, 36, 36)
#define FIELD_END                                                              \
    {                                                                          \
        .name = NULL                                                           \
    }

#endif
