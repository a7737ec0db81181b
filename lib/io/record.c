#include "io/record.h"

#include <stdlib.h>
#include <string.h>

#include "base/stop.h"
#include "base/text.h"
#include "io/mongo.h"
#include "io/secret.h"

size_t
record_width(const struct record_field *fields)
{
    size_t width = 0;

    while (fields[width].name)
        width++;
    return width;
}

const struct db_value *
record_value(const struct record_kind *kind, const struct record *record,
             const char *field)
{
    for (size_t i = 0; kind->fields[i].name; i++) {
        if (!strcmp(kind->fields[i].name, field))
            return &record->values[i];
        if (kind->fields[i].parts)
            break;
    }
    bug("%s has no field %s before its parts", kind->table, field);
}

const struct db_value *
record_parts(const struct record_kind *kind, const struct record *record,
             const char *field, size_t *ret_count)
{
    const struct db_value *at = record->values;

    for (size_t i = 0; kind->fields[i].name; i++) {
        const struct record_field *found = &kind->fields[i];
        size_t count = found->parts ? (size_t)at->number : 0;

        at++;
        if (found->parts && !strcmp(found->name, field)) {
            *ret_count = count;
            return at;
        }
        at += found->parts ? count * record_width(found->parts) : 0;
    }
    bug("%s has no parts %s", kind->table, field);
}

static bool
is_zero(const struct record *record)
{
    for (size_t i = 0; i < record->count; i++) {
        if (!record->values[i].is_text && record->values[i].number)
            return false;
    }
    return true;
}

bool
record_counts(const struct record_kind *kind, const struct record *record,
              int64_t now)
{
    if (kind->expires &&
        record_value(kind, record, kind->expires)->number <= now)
        return false;
    return !kind->is_zero_none || !is_zero(record);
}

/* NULL before texts; of one field all are numbers, or none is. */
static int
compare(const struct db_value *one, const struct db_value *other)
{
    if (!one->is_text || !other->is_text)
        return (one->number > other->number) - (one->number < other->number);
    if (!one->text || !other->text)
        return !!one->text - !!other->text;
    return strcmp(one->text, other->text);
}

static bool
is_before(const struct db_value *one, const struct db_value *other,
          size_t width)
{
    for (size_t i = 0; i < width; i++) {
        int way = compare(&one[i], &other[i]);

        if (way != 0)
            return way < 0;
    }
    return false;
}

void
record_sort_parts(struct db_value *values, size_t count, size_t width)
{
    /* a payment has a handful */
    for (size_t i = 1; i < count; i++) {
        struct db_value *at = values + i * width;

        for (; at > values && is_before(at, at - width, width); at -= width) {
            for (size_t k = 0; k < width; k++) {
                struct db_value value = at[k];

                at[k] = at[k - width];
                at[k - width] = value;
            }
        }
    }
}

bool
record_is_same(const struct record *one, const struct record *other)
{
    if (one->count != other->count)
        return false;
    for (size_t i = 0; i < one->count; i++) {
        if (one->values[i].is_text != other->values[i].is_text ||
            compare(&one->values[i], &other->values[i]) != 0)
            return false;
    }
    return true;
}

void
record_add(struct ctx *cx, const struct record *record, struct record_sum *sum)
{
    uint64_t hash[4];
    struct text text;

    text_init(&text, cx->arena, 16 * MIB);
    for (size_t i = 0; i < record->count; i++) {
        const struct db_value *value = &record->values[i];

        /* with its length, no text looks like two */
        if (!value->is_text)
            text_printf(&text, "i%lld;", (long long)value->number);
        else if (value->text)
            text_printf(&text, "t%zu:%s;", strlen(value->text), value->text);
        else
            text_add(&text, "n;");
    }
    if (text.has_overflowed)
        bug("a record of more than 16 MiB");
    secret_hash(text.bytes, text.size, (unsigned char *)hash);
    for (int i = 0; i < 4; i++)
        sum->sum[i] += hash[i];
    sum->count++;
}

void
record_close(struct record_home *home)
{
    db_close(home->db);
    mongo_close(home->mongo);
    *home = (struct record_home){ 0 };
}
