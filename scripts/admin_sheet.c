/* Rows of what there is, for people or as JSON. */
#include "admin.h"

#include <stdio.h>

#include "base/clock.h"

void
sheet_begin(struct ctx *cx, struct sheet *sheet, const struct words *words,
            bool is_list)
{
    *sheet = (struct sheet){ .is_json = words->is_json, .is_list = is_list };
    text_init(&sheet->text, cx->arena, 64 * MIB);
    writer_init(&sheet->writer, &sheet->text);
    if (is_list && sheet->is_json)
        writer_array(&sheet->writer, NULL);
}

void
sheet_row(struct sheet *sheet)
{
    sheet->column = 0;
    if (sheet->is_json)
        writer_object(&sheet->writer, NULL);
    else if (sheet->is_part)
        text_add(&sheet->text, "    ");
}

void
sheet_row_end(struct sheet *sheet)
{
    if (sheet->is_json)
        writer_object_end(&sheet->writer);
    else if (sheet->is_list || sheet->is_part)
        text_add_char(&sheet->text, '\n');
}

static void
tell(struct sheet *sheet, const char *name, const char *value)
{
    if (sheet->is_list || sheet->is_part)
        text_printf(&sheet->text, "%s%s", sheet->column++ ? "  " : "",
                    value ? value : "-");
    else if (value)
        text_printf(&sheet->text, "%s: %s\n", name, value);
}

void
sheet_text(struct sheet *sheet, const char *name, const char *value)
{
    if (sheet->is_json)
        writer_text(&sheet->writer, name, value);
    else
        tell(sheet, name, value);
}

void
sheet_int(struct sheet *sheet, const char *name, int64_t value)
{
    char digits[24];

    snprintf(digits, sizeof digits, "%lld", (long long)value);
    if (sheet->is_json)
        writer_int(&sheet->writer, name, value);
    else
        tell(sheet, name, digits);
}

void
sheet_money(struct sheet *sheet, const char *name, struct money money)
{
    char amount[MONEY_TEXT], text[MONEY_TEXT + 8];

    money_format(money, amount);
    snprintf(text, sizeof text, "%s %s", amount, money.currency);
    if (!sheet->is_json) {
        tell(sheet, name, text);
        return;
    }
    writer_money(&sheet->writer, name, money);
    writer_text(&sheet->writer, "currency", money.currency);
}

void
sheet_time(struct sheet *sheet, const char *name, int64_t value)
{
    char time[CLOCK_TEXT];

    clock_rfc3339(value, time);
    if (sheet->is_json)
        writer_time(&sheet->writer, name, value);
    else
        tell(sheet, name, value ? time : NULL);
}

void
sheet_parts(struct sheet *sheet, const char *name)
{
    sheet->is_part = true;
    if (sheet->is_json)
        writer_array(&sheet->writer, name);
    else
        text_printf(&sheet->text, "%s:\n", name);
}

void
sheet_parts_end(struct sheet *sheet)
{
    sheet->is_part = false;
    if (sheet->is_json)
        writer_array_end(&sheet->writer);
}

void
sheet_end(struct sheet *sheet)
{
    if (sheet->is_list && sheet->is_json)
        writer_array_end(&sheet->writer);
    if (sheet->is_json)
        text_add_char(&sheet->text, '\n');
    fputs(sheet->text.bytes, stdout);
}
