#include "notification/receipt.h"

#include <ctype.h>

#include "base/clock.h"
#include "base/text.h"

enum { PART_MAX = 32 * KIB };

/* One line of the receipt: "Total", "57.00 EUR". */
struct line {
    const char *name, *value;
};

enum { LINES_MAX = 7 };

/* What tells the two mails apart. */
struct wording {
    const char *title, *subject, *intro;
};

static const struct wording receipt_wording = {
    "Receipt",
    "Your receipt from",
    "thank you for your order. We have received your payment.",
};
static const struct wording refund_wording = {
    "Refund",
    "Your refund from",
    "we have returned money to you. Your bank may take some days to show it.",
};

/* All that goes into a mail, whatever its format. */
struct letter {
    const struct wording *wording;
    const char *username, *shop_name, *shop_url;
    struct line lines[LINES_MAX];
    int line_count;
};

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
add_line(struct letter *letter, const char *name, const char *value)
{
    letter->lines[letter->line_count++] = (struct line){ name, value };
}

static void
fill(struct ctx *cx, const struct receipt *receipt, struct letter *letter)
{
    struct arena *arena = cx->arena;
    bool is_refund = receipt->refunded.minor > 0;

    letter->wording = is_refund ? &refund_wording : &receipt_wording;
    letter->username = receipt->username;
    add_line(letter, "Order", receipt->order_id);
    add_line(letter, "Date", format_time(arena, receipt->paid_at));
    add_line(letter, "Product", receipt->product_name);
    add_line(letter, "Quantity",
             arena_printf(arena, "%lld", (long long)receipt->quantity));
    add_line(letter, "Unit price", format_money(arena, receipt->price));
    add_line(letter, is_refund ? "Order total" : "Total paid",
             format_money(arena, receipt->total));
    if (is_refund)
        add_line(letter, "Refunded", format_money(arena, receipt->refunded));
}

static void
add_html(struct text *out, const char *text)
{
    static const struct {
        char byte;
        const char *entity;
    } entities[] = { { '&', "&amp;" },
                     { '<', "&lt;" },
                     { '>', "&gt;" },
                     { '"', "&quot;" },
                     { '\'', "&#39;" } };

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
write_text(struct ctx *cx, const struct letter *letter)
{
    struct text out;

    text_init(&out, cx->arena, PART_MAX);
    text_printf(&out, "Hello %s,\n\n%s\n\n", letter->username,
                letter->wording->intro);
    for (int i = 0; i < letter->line_count; i++)
        text_printf(&out, "%-11s %s\n", letter->lines[i].name,
                    letter->lines[i].value);
    text_printf(&out, "\n%s\n", letter->shop_name);
    if (letter->shop_url)
        text_printf(&out, "%s\n", letter->shop_url);
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
add_shop(struct text *out, const struct letter *letter)
{
    text_add(out, "<p style=\"color:#555\">");
    if (letter->shop_url) {
        text_add(out, "<a href=\"");
        add_html(out, letter->shop_url);
        text_add(out, "\">");
    }
    add_html(out, letter->shop_name);
    text_add(out, letter->shop_url ? "</a></p>\n" : "</p>\n");
}

static const char *
write_html(struct ctx *cx, const struct letter *letter)
{
    struct text out;

    text_init(&out, cx->arena, PART_MAX);
    text_printf(&out,
                "<!DOCTYPE html>\n<html lang=\"en\"><head>"
                "<meta charset=\"utf-8\"><title>%s</title></head>\n"
                "<body style=\"margin:0;padding:24px;color:#222;"
                "font-family:Helvetica,Arial,sans-serif;font-size:15px\">\n"
                "<p>Hello ",
                letter->wording->title);
    add_html(&out, letter->username);
    text_printf(&out,
                ",</p>\n<p>%s</p>\n"
                "<table style=\"border-collapse:collapse\">\n",
                letter->wording->intro);
    for (int i = 0; i < letter->line_count; i++)
        add_row(&out, &letter->lines[i], i == letter->line_count - 1);
    text_add(&out, "</table>\n");
    add_shop(&out, letter);
    text_add(&out, "</body></html>\n");
    return out.bytes;
}

struct mail
receipt_mail(struct ctx *cx, const struct receipt *receipt,
             const char *shop_name, const char *shop_url)
{
    struct letter letter = { .shop_name = shop_name, .shop_url = shop_url };

    fill(cx, receipt, &letter);
    return (struct mail){
        .notification_id = receipt->notification_id,
        .order_id = receipt->order_id,
        .to = receipt->email,
        .subject = arena_printf(cx->arena, "%s %s: %s", letter.wording->subject,
                                shop_name, receipt->product_name),
        .text = write_text(cx, &letter),
        .html = write_html(cx, &letter),
        .date = clock_now(),
    };
}
