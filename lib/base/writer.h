/*
 * Writes JSON (RFC 8259) into a text, front to back. Our own because cJSON
 * can only print numbers by way of double: amounts of money must leave as the
 * digits that they are (facts: 9007199254740993 prints as 9.00719925474099e15).
 *
 * A name of NULL writes a value without a name: an array's element, or the
 * outermost value.
 */
#ifndef TILL_WRITER_H
#define TILL_WRITER_H

#include "base/money.h"
#include "base/text.h"

struct writer {
    struct text *text;
    bool needs_comma;
};

void writer_init(struct writer *writer, struct text *text);

void writer_object(struct writer *writer, const char *name);
void writer_object_end(struct writer *writer);
void writer_array(struct writer *writer, const char *name);
void writer_array_end(struct writer *writer);

/* A string, escaped; NULL writes null. The value must be UTF-8. */
void writer_text(struct writer *writer, const char *name, const char *value);
void writer_int(struct writer *writer, const char *name, int64_t value);
void writer_bool(struct writer *writer, const char *name, bool value);

/* An amount in major units as a number, with all its decimals: 1000.00 */
void writer_money(struct writer *writer, const char *name, struct money money);

/* A time in milliseconds, as RFC 3339; 0 writes null. */
void writer_time(struct writer *writer, const char *name, int64_t value);

#endif
