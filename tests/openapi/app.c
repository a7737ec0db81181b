/*
 * In place of lib/web/app.c: what a program is linked with to say, as one line
 * of JSON, what it takes, by the same tables that it works by.
 */
#include <stdio.h>
#include <sysexits.h>

#include "web/app.h"

static const char *const kinds[] = {
    [FIELD_KIND_TEXT] = "text",       [FIELD_KIND_PASSWORD] = "password",
    [FIELD_KIND_INT] = "int",         [FIELD_KIND_BOOL] = "bool",
    [FIELD_KIND_DECIMAL] = "decimal", [FIELD_KIND_CURRENCY] = "currency",
    [FIELD_KIND_ID] = "id",
};

static void
write_callers(struct writer *writer, unsigned callers)
{
    writer_array(writer, "callers");
    if (callers & CUSTOMER)
        writer_text(writer, NULL, "customer");
    if (callers & ADMIN)
        writer_text(writer, NULL, "admin");
    if (callers & SERVICE)
        writer_text(writer, NULL, "service");
    writer_array_end(writer);
}

static void
write_fields(struct writer *writer, const struct field *field)
{
    writer_array(writer, "fields");
    for (; field && field->name; field++) {
        writer_object(writer, NULL);
        writer_text(writer, "name", field->name);
        writer_text(writer, "kind", kinds[field->kind]);
        writer_bool(writer, "required", field->presence == REQUIRED);
        writer_int(writer, "least", field->least);
        writer_int(writer, "most", field->most);
        writer_object_end(writer);
    }
    writer_array_end(writer);
}

int
app_run(const struct app *app)
{
    struct arena *arena = arena_create();
    struct writer writer;
    struct text text;

    text_init(&text, arena, 16 * KIB);
    writer_init(&writer, &text);
    writer_object(&writer, NULL);
    writer_text(&writer, "name", app->name);
    writer_text(&writer, "method", app->method);
    writer_text(&writer, "path", app->path);
    write_callers(&writer, app->callers);
    writer_int(&writer, "body_max", (int64_t)app->body_max);
    writer_bool(&writer, "is_idempotent", app->is_idempotent);
    writer_bool(&writer, "has_table", app->fields);
    write_fields(&writer, app->fields);
    writer_object_end(&writer);
    puts(text.bytes);
    arena_free(arena);
    return EX_OK;
}
