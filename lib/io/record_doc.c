#include "io/record_doc.h"

#include <string.h>

/* One member; the key is MongoDB's _id. */
static const struct mongo_doc *
member(struct ctx *cx, const char *name, char type,
       const struct db_value *value)
{
    const char types[] = { type, '\0' };

    return type == 't' ? mongo_doc(cx, types, name, value->text)
                       : mongo_doc(cx, types, name, value->number);
}

static const struct mongo_doc *
list_of(struct ctx *cx, const struct record_field *field,
        const struct db_value *values, size_t count)
{
    const struct mongo_doc **docs =
        arena_array(cx->arena, const struct mongo_doc *, count);
    size_t width = record_width(field->parts);

    for (size_t i = 0; i < count; i++) {
        docs[i] = mongo_doc(cx, "");
        for (size_t k = 0; k < width; k++)
            docs[i] = mongo_join(cx, docs[i],
                                 member(cx, field->parts[k].name,
                                        field->parts[k].type,
                                        &values[i * width + k]));
    }
    return mongo_doc(cx, "l", field->name, mongo_doc_list(cx, docs, count));
}

/* Rows of a name and a text; a name without a row is there, too. */
static const struct mongo_doc *
object_of(struct ctx *cx, const struct record_field *field,
          const struct db_value *values, size_t count)
{
    const struct mongo_doc *object = mongo_doc(cx, "");

    for (const char *const *name = field->names; *name; name++) {
        const char *text = field->none;

        for (size_t i = 0; i < count; i++) {
            if (!strcmp(values[2 * i].text, *name))
                text = values[2 * i + 1].text;
        }
        object = mongo_join(cx, object, mongo_doc(cx, "t", *name, text));
    }
    return mongo_doc(cx, "d", field->name, object);
}

const struct mongo_doc *
record_doc(struct ctx *cx, const struct record_kind *kind,
           const struct record *record)
{
    const struct mongo_doc *doc = mongo_doc(cx, "t", "_id", record->key);
    const struct db_value *at = record->values + 1;

    for (size_t i = 1; kind->fields[i].name; i++) {
        const struct record_field *field = &kind->fields[i];
        size_t count;

        if (!field->parts) {
            doc =
                mongo_join(cx, doc, member(cx, field->name, field->type, at++));
            continue;
        }
        count = (size_t)(at++)->number;
        doc = mongo_join(cx, doc,
                         field->type == 'p' ? list_of(cx, field, at, count)
                                            : object_of(cx, field, at, count));
        at += count * record_width(field->parts);
    }
    return kind->extra ? mongo_join(cx, doc, kind->extra(cx, record)) : doc;
}

static struct db_value
value_of(struct ctx *cx, const struct mongo_doc *doc, const char *name,
         char type)
{
    struct db_value value = { .is_text = type == 't' };

    if (value.is_text)
        value.text = mongo_text(cx, doc, name);
    else
        value.number = mongo_int(doc, name);
    return value;
}

/* The parts of a field, sorted, one after the other; returns how many. */
static size_t
parts_of(struct ctx *cx, const struct record_field *field,
         const struct mongo_doc *doc, struct db_value **ret_values)
{
    size_t width = record_width(field->parts), count = 0;
    const struct mongo_doc **docs, *object;

    if (field->type == 'p') {
        count = mongo_docs(cx, doc, field->name, &docs);
        *ret_values = arena_array(cx->arena, struct db_value, count * width);
        for (size_t i = 0; i < count; i++) {
            for (size_t k = 0; k < width; k++)
                (*ret_values)[i * width + k] = value_of(
                    cx, docs[i], field->parts[k].name, field->parts[k].type);
        }
        return count;
    }
    while (field->names[count])
        count++;
    *ret_values = arena_array(cx->arena, struct db_value, count * width);
    count = 0;
    if (!(object = mongo_child(cx, doc, field->name)))
        return 0;
    for (const char *const *name = field->names; *name; name++) {
        struct db_value text = value_of(cx, object, *name, 't');

        if (!text.text || !strcmp(text.text, field->none))
            continue;
        (*ret_values)[2 * count] = (struct db_value){ *name, 0, true };
        (*ret_values)[2 * count++ + 1] = text;
    }
    return count;
}

enum err
record_of_doc(struct ctx *cx, const struct record_kind *kind,
              const struct mongo_doc *doc, struct record *ret_record)
{
    size_t width = record_width(kind->fields), size = width, at = 1;
    struct db_value *values, **parts;
    size_t *counts;

    parts = arena_array(cx->arena, struct db_value *, width);
    counts = arena_array(cx->arena, size_t, width);
    for (size_t i = 1; i < width; i++) {
        const struct record_field *field = &kind->fields[i];

        if (!field->parts)
            continue;
        counts[i] = parts_of(cx, field, doc, &parts[i]);
        record_sort_parts(parts[i], counts[i], record_width(field->parts));
        size += counts[i] * record_width(field->parts);
    }
    values = arena_array(cx->arena, struct db_value, size);
    values[0] = value_of(cx, doc, "_id", 't');
    for (size_t i = 1; i < width; i++) {
        const struct record_field *field = &kind->fields[i];
        size_t many = field->parts ? counts[i] * record_width(field->parts) : 0;

        values[at++] =
            field->parts ? (struct db_value){ NULL, (int64_t)counts[i], false }
                         : value_of(cx, doc, field->name, field->type);
        if (many > 0)
            memcpy(&values[at], parts[i], many * sizeof *values);
        at += many;
    }
    if (!values[0].text)
        return fail(cx, ERR_INTERNAL, "one of %s is broken", kind->table);
    *ret_record = (struct record){ values[0].text, values, size };
    return OK;
}
