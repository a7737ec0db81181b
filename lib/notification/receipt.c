#include "notification/receipt.h"

#include <ctype.h>
#include <string.h>

#include "base/clock.h"
#include "base/text.h"

enum { PART_MAX = 32 * KIB };

/* One line of the receipt: "Total", "57.00 EUR". */
struct line {
    const char *name, *value;
};

enum { LINES = 6 };

static const char *
format_money(struct arena *arena, struct money money)
{
    char digits[MONEY_TEXT], currency[sizeof money.currency];

    money_format(money, digits);
    for (size_t i = 0; i < sizeof currency; i++)
        currency[i] = (char)toupper((unsigned char)money.currency[i]);
    return arena_printf(arena, "%s %s", digits, currency);
}

/* "2026-11-24 09:30 UTC", which no reader takes for another day */
static const char *
format_time(struct arena *arena, int64_t time)
{
    char text[CLOCK_TEXT];

    clock_rfc3339(time, text);
    return arena_printf(arena, "%.10s %.5s UTC", text, text + 11);
}

static void
fill_lines(struct ctx *cx, const struct receipt *receipt, struct line *lines)
{
    struct arena *arena = cx->arena;

    lines[0] = (struct line){ "Order", receipt->order_id };
    lines[1] = (struct line){ "Date",
                              format_time(arena, receipt->paid_at) };
    lines[2] = (struct line){ "Product", receipt->product_name };
    lines[3] = (struct line){ "Quantity",
                              arena_printf(arena, "%lld",
                                           (long long)receipt->quantity) };
    lines[4] = (struct line){ "Unit price",
                              format_money(arena, receipt->price) };
    lines[5] = (struct line){ "Total paid",
                              format_money(arena, receipt->total) };
}

static void
add_html(struct text *out, const char *text)
{
    static const struct {
        char byte;
        const char *entity;
    } entities[] = { { '&', "&amp;" }, { '<', "&lt;" }, { '>', "&gt;" },
                     { '"', "&quot;" }, { '\'', "&#39;" } };

    for (; *text; text++) {
        const char *entity = NULL;

        for (size_t i = 0; i < sizeof entities / sizeof *entities; i++) {
            if (entities[i].byte == *text)
                entity = entities[i].entity;
        }
        if (entity)
            text_add(out, entity);
        else
            text_add_char(out, *text);
    }
}

static const char *
write_text(struct ctx *cx, const struct receipt *receipt,
           const struct line *lines, const char *shop_name,
           const char *shop_url)
{
    struct text out;

    text_init(&out, cx->arena, PART_MAX);
    text_printf(&out, "Hello %s,\n\nthank you for your order. We have "
                      "received your payment.\n\n",
                receipt->username);
    for (int i = 0; i < LINES; i++)
        text_printf(&out, "%-11s %s\n", lines[i].name, lines[i].value);
    text_printf(&out, "\n%s\n", shop_name);
    if (shop_url)
        text_printf(&out, "%s\n", shop_url);
    return out.bytes;
}

static void
add_row(struct text *out, const struct line *line, bool is_last)
{
    const char *weight = is_last ? "bold" : "normal";

    text_printf(out,
                "<tr><td style=\"padding:6px 24px 6px 0;color:#555;"
                "border-top:1px solid #ddd\">%s</td>\n"
                "<td style=\"padding:6px 0;border-top:1px solid #ddd;"
                "font-weight:%s\">",
                line->name, weight);
    add_html(out, line->value);
    text_add(out, "</td></tr>\n");
}

static void
add_shop(struct text *out, const char *shop_name, const char *shop_url)
{
    text_add(out, "<p style=\"color:#555\">");
    if (shop_url) {
        text_add(out, "<a href=\"");
        add_html(out, shop_url);
        text_add(out, "\">");
    }
    add_html(out, shop_name);
    text_add(out, shop_url ? "</a></p>\n" : "</p>\n");
}

static const char *
write_html(struct ctx *cx, const struct receipt *receipt,
           const struct line *lines, const char *shop_name,
           const char *shop_url)
{
    struct text out;

    text_init(&out, cx->arena, PART_MAX);
    text_add(&out,
             "<!DOCTYPE html>\n<html lang=\"en\"><head>"
             "<meta charset=\"utf-8\"><title>Receipt</title></head>\n"
             "<body style=\"margin:0;padding:24px;color:#222;"
             "font-family:Helvetica,Arial,sans-serif;font-size:15px\">\n"
             "<p>Hello ");
    add_html(&out, receipt->username);
    text_add(&out, ",</p>\n<p>thank you for your order. We have received "
                   "your payment.</p>\n"
                   "<table style=\"border-collapse:collapse\">\n");
    for (int i = 0; i < LINES; i++)
        add_row(&out, &lines[i], i == LINES - 1);
    text_add(&out, "</table>\n");
    add_shop(&out, shop_name, shop_url);
    text_add(&out, "</body></html>\n");
    return out.bytes;
}

struct mail
receipt_mail(struct ctx *cx, const struct receipt *receipt,
             const char *shop_name, const char *shop_url)
{
    struct line lines[LINES];

    fill_lines(cx, receipt, lines);
    return (struct mail){
        .notification_id = receipt->notification_id,
        .order_id = receipt->order_id,
        .to = receipt->email,
        .subject = arena_printf(cx->arena, "Your receipt from %s: %s",
                                shop_name, receipt->product_name),
        .text = write_text(cx, receipt, lines, shop_name, shop_url),
        .html = write_html(cx, receipt, lines, shop_name, shop_url),
        .date = clock_now(),
    };
}
