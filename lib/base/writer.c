#include "base/writer.h"

#include "base/clock.h"

void
writer_init(struct writer *writer, struct text *text)
{
    *writer = (struct writer){ .text = text };
}

static void
begin(struct writer *writer, const char *name)
{
    if (writer->needs_comma)
        text_add_char(writer->text, ',');
    writer->needs_comma = true;
    if (!name)
        return;
    text_add_char(writer->text, '"');
    text_add(writer->text, name); /* ours: needs no escape */
    text_add_bytes(writer->text, "\":", 2);
}

static void
open(struct writer *writer, const char *name, char bracket)
{
    begin(writer, name);
    text_add_char(writer->text, bracket);
    writer->needs_comma = false;
}

static void
close(struct writer *writer, char bracket)
{
    text_add_char(writer->text, bracket);
    writer->needs_comma = true;
}

void
writer_object(struct writer *writer, const char *name)
{
    open(writer, name, '{');
}

void
writer_object_end(struct writer *writer)
{
    close(writer, '}');
}

void
writer_array(struct writer *writer, const char *name)
{
    open(writer, name, '[');
}

void
writer_array_end(struct writer *writer)
{
    close(writer, ']');
}

void
writer_text(struct writer *writer, const char *name, const char *value)
{
    begin(writer, name);
    if (!value) {
        text_add(writer->text, "null");
        return;
    }
    text_add_char(writer->text, '"');
    text_add_escaped(writer->text, value);
    text_add_char(writer->text, '"');
}

void
writer_int(struct writer *writer, const char *name, int64_t value)
{
    begin(writer, name);
    text_add_int(writer->text, value);
}

void
writer_bool(struct writer *writer, const char *name, bool value)
{
    begin(writer, name);
    text_add(writer->text, value ? "true" : "false");
}

void
writer_money(struct writer *writer, const char *name, struct money money)
{
    char digits[MONEY_TEXT];

    begin(writer, name);
    money_format(money, digits);
    text_add(writer->text, digits);
}

void
writer_time(struct writer *writer, const char *name, int64_t value)
{
    char text[CLOCK_TEXT];

    if (value)
        clock_rfc3339(value, text);
    writer_text(writer, name, value ? text : NULL);
}
