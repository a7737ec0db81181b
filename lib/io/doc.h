/*
 * A JSON document that came from outside (RFC 8259), strictly read. What
 * cJSON lets pass is refused before it sees it: invalid UTF-8, \u0000, control
 * characters in strings, a byte order mark, trailing bytes, numbers that the
 * grammar doesn't know, nesting deeper than DOC_DEPTH.
 *
 * Every part lives as long as the arena of the ctx that read it. A NULL part
 * is allowed everywhere, and is nothing: so doc_text(doc_at(doc, "a.b")) needs
 * no checks in between.
 */
#ifndef TILL_DOC_H
#define TILL_DOC_H

#include "base/ctx.h"

enum { DOC_DEPTH = 32 };

struct doc; /* one value of a document */

enum doc_type {
    DOC_NOTHING,
    DOC_NULL,
    DOC_BOOL,
    DOC_NUMBER,
    DOC_TEXT,
    DOC_ARRAY,
    DOC_OBJECT,
};

/* ERR_MALFORMED, with a text that says what and where. */
enum err doc_parse(struct ctx *cx, const char *bytes, size_t size,
                   const struct doc **ret_doc);

enum doc_type doc_type(const struct doc *doc);

/* The name of an object's member, else NULL. */
const char *doc_name(const struct doc *doc);

/* The first element or member; the one after this; NULL at the end. */
const struct doc *doc_first(const struct doc *doc);
const struct doc *doc_next(const struct doc *doc);

/* The member at a path of names, "error.payment_intent.id"; or NULL. */
const struct doc *doc_at(const struct doc *doc, const char *path);

/* A text; NULL where it isn't one. */
const char *doc_text(const struct doc *doc);

/* A whole number that a double holds exactly; false where it isn't one. */
bool doc_int(const struct doc *doc, int64_t *ret_number);

/* Whether it is the value true. */
bool doc_is_true(const struct doc *doc);

/*
 * The number in decimal digits, as short as it reads back the same. NULL
 * where it isn't a number, has more than 15 significant digits (a double
 * wouldn't keep them), or needs an exponent.
 */
const char *doc_decimal(struct ctx *cx, const struct doc *doc);

#endif
