#include "io/record_sql.h"

#include <string.h>

#include "base/stop.h"
#include "base/text.h"

enum { TABLES = 32 };

static struct record_sql known[TABLES];

/* The format with @ columns, # table, $ key, ! question marks. */
static const char *
forever(struct ctx *cx, const char *format, const char *columns,
        const char *table, const char *key, const char *marks)
{
    struct text text;
    char *kept;

    text_init(&text, cx->arena, 4096);
    for (; *format; format++) {
        if (*format == '@')
            text_add(&text, columns);
        else if (*format == '#')
            text_add(&text, table);
        else if (*format == '$')
            text_add(&text, key);
        else if (*format == '!')
            text_add(&text, marks);
        else
            text_add_char(&text, *format);
    }
    if (text.has_overflowed)
        bug("the SQL of %s is too long", table);
    if (!(kept = strdup(text.bytes)))
        die("out of memory");
    return kept;
}

const struct record_sql *
record_sql_of(struct ctx *cx, const char *table, const char *key,
              const struct record_field *fields, bool is_part)
{
    struct text columns, marks;
    int i = 0;

    while (i < TABLES && known[i].fields && known[i].fields != fields)
        i++;
    if (i == TABLES)
        bug("more than %d tables", TABLES);
    if (known[i].fields)
        return &known[i];
    text_init(&columns, cx->arena, 2048);
    text_init(&marks, cx->arena, 256);
    text_add(&columns, is_part ? key : "");
    text_add(&marks, is_part ? "?" : "");
    for (const struct record_field *field = fields; field->name; field++) {
        if (field->parts)
            continue;
        text_printf(&columns, "%s%s", columns.size ? ", " : "", field->name);
        text_add(&marks, marks.size ? ", ?" : "?");
    }
#define SQL(format) forever(cx, format, columns.bytes, table, key, marks.bytes)
    known[i] = (struct record_sql){
        .fields = fields,
        .page = SQL("SELECT @ FROM # WHERE $ > ? ORDER BY $ LIMIT ?"),
        .count = SQL("SELECT count(*) FROM #"),
        .find = SQL("SELECT @ FROM # WHERE $ = ?"),
        .insert = SQL("INSERT INTO # (@) VALUES (!)"),
        .drop = SQL("DELETE FROM # WHERE $ = ?"),
    };
#undef SQL
    return &known[i];
}
