#include "notification/receipt.h"

#include <string.h>
#include <time.h>

#include "base/clock.h"
#include "base/text.h"

enum { PART_MAX = 32 * KIB, TEXT_WIDTH = 48 };

/* What tells the two mails apart. */
struct wording {
    const char *title, *subject, *intro;
    const char *sum; /* what the amount in the end is */
};

static const struct wording receipt_wording = {
    "Receipt",
    "Your receipt from",
    "thank you for your order. We have received your payment.",
    "Total paid",
};
static const struct wording refund_wording = {
    "Refund",
    "Your refund from",
    "we have returned money to you. Your bank may take some days to show it.",
    "Refunded",
};

/* All that goes into a mail, whatever its format. */
struct letter {
    const struct wording *wording;
    const char *username, *product_name, *order_id;
    const char *each;        /* "3 \xc3\x97 \xe2\x82\xac19.50" */
    const char *total, *sum; /* of the order; that the mail is about */
    const char *date;
    const char *shop_name, *shop_url;
    const char *order_url; /* or NULL, as shop_url */
};

/* "24 November 2026, 09:30 UTC", which no reader takes for another day */
static const char *
format_time(struct arena *arena, int64_t time)
{
    static const char *const months[] = {
        "January", "February", "March",     "April",   "May",      "June",
        "July",    "August",   "September", "October", "November", "December",
    };
    time_t seconds = (time_t)(time / 1000);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    return arena_printf(arena, "%d %s %d, %02d:%02d UTC", utc.tm_mday,
                        months[utc.tm_mon], utc.tm_year + 1900, utc.tm_hour,
                        utc.tm_min);
}

/* Where the shop page shows an order. */
static const char *
order_url_of(struct arena *arena, const char *shop_url, const char *order_id)
{
    size_t size = shop_url ? strlen(shop_url) : 0;

    while (size > 0 && shop_url[size - 1] == '/')
        size--;
    return size == 0 ? NULL
                     : arena_printf(arena, "%.*s/#/order/%s", (int)size,
                                    shop_url, order_id);
}

static void
fill(struct ctx *cx, const struct receipt *receipt, struct letter *letter)
{
    struct arena *arena = cx->arena;
    bool is_refund = receipt->refunded.minor > 0;

    letter->wording = is_refund ? &refund_wording : &receipt_wording;
    letter->username = receipt->username;
    letter->product_name = receipt->product_name;
    letter->order_id = receipt->order_id;
    letter->each =
        arena_printf(arena, "%lld \xc3\x97 %s", (long long)receipt->quantity,
                     money_show(arena, receipt->price));
    letter->total = money_show(arena, receipt->total);
    letter->sum =
        is_refund ? money_show(arena, receipt->refunded) : letter->total;
    letter->date = format_time(arena, receipt->paid_at);
    letter->order_url =
        order_url_of(arena, letter->shop_url, receipt->order_id);
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

/* A name on the left, an amount on the right. */
static void
add_text_row(struct text *out, const char *name, const char *amount)
{
    size_t size = text_length(name) + text_length(amount);

    text_printf(out, "%s%*s%s\n", name,
                size < TEXT_WIDTH ? (int)(TEXT_WIDTH - size) : 1, "", amount);
}

static const char *
write_text(struct ctx *cx, const struct letter *letter)
{
    struct text out;

    text_init(&out, cx->arena, PART_MAX);
    text_printf(&out, "Hello %s,\n\n%s\n\n%s\n", letter->username,
                letter->wording->intro, letter->product_name);
    add_text_row(&out, letter->each, letter->total);
    for (int i = 0; i < TEXT_WIDTH; i++)
        text_add_char(&out, '-');
    text_add_char(&out, '\n');
    add_text_row(&out, letter->wording->sum, letter->sum);
    text_printf(&out, "\nOrder  %s\nDate   %s\n", letter->order_id,
                letter->date);
    if (letter->order_url)
        text_printf(&out, "\nYour order: %s\n", letter->order_url);
    /* "-- " is where a signature begins */
    text_printf(&out, "\n-- \n%s\n", letter->shop_name);
    if (letter->shop_url)
        text_printf(&out, "%s\n", letter->shop_url);
    return out.bytes;
}

/* A name on the left, an amount on the right; style: of both. */
static void
add_html_row(struct text *out, const char *style, const char *name,
             const char *amount)
{
    text_printf(out, "<tr><td style=\"%s\">", style);
    add_html(out, name);
    text_printf(out,
                "</td>\n<td align=\"right\" style=\"%s;padding-left:16px;"
                "white-space:nowrap\">",
                style);
    add_html(out, amount);
    text_add(out, "</td></tr>\n");
}

/* A row over the whole width. */
static void
add_html_line(struct text *out, const char *style, const char *value)
{
    text_printf(out, "<tr><td colspan=\"2\" style=\"%s\">", style);
    add_html(out, value);
    text_add(out, "</td></tr>\n");
}

static void
add_link(struct text *out, const char *style, const char *url, const char *text)
{
    text_add(out, "<a href=\"");
    add_html(out, url);
    text_printf(out, "\" style=\"%s\">", style);
    add_html(out, text);
    text_add(out, "</a>");
}

static void
add_button(struct text *out, const struct letter *letter)
{
    if (!letter->order_url)
        return;
    text_add(out, "<tr><td colspan=\"2\" style=\"padding-top:24px\">");
    add_link(out,
             "display:inline-block;padding:12px 22px;border-radius:10px;"
             "background:#0a7355;color:#ffffff;font-weight:bold;"
             "text-decoration:none",
             letter->order_url, "See your order");
    text_add(out, "</td></tr>\n");
}

/* Under the paper. */
static void
add_shop(struct text *out, const struct letter *letter)
{
    text_add(out, "<p style=\"margin:20px 0 0;font-size:13px\">");
    if (letter->shop_url)
        add_link(out, "color:#4a5f56", letter->shop_url, letter->shop_name);
    else
        add_html(out, letter->shop_name);
    text_add(out, "</p>\n");
}

/* What stands before the paper; a list of mails shows its first words. */
static void
begin_html(struct text *out, const struct letter *letter)
{
    text_printf(out,
                "<!DOCTYPE html>\n<html lang=\"en\"><head>"
                "<meta charset=\"utf-8\">"
                "<meta name=\"viewport\" content=\"width=device-width\">"
                "<meta name=\"color-scheme\" content=\"light\">"
                "<title>%s</title></head>\n"
                "<body style=\"margin:0;padding:0;background:#e6eeea\">\n"
                "<div style=\"display:none;max-height:0;overflow:hidden\">",
                letter->wording->title);
    add_html(out, letter->sum);
    text_add(out, " \xc2\xb7 ");
    add_html(out, letter->product_name);
    text_add(out,
             "</div>\n"
             "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" "
             "cellspacing=\"0\" style=\"background:#e6eeea\"><tr>"
             "<td align=\"center\" style=\"padding:24px 12px;color:#4a5f56;"
             "font-family:Helvetica,Arial,sans-serif;font-size:16px;"
             "line-height:1.5\">\n"
             "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" "
             "cellspacing=\"0\" style=\"max-width:520px;background:#ffffff;"
             "border-radius:16px\"><tr><td style=\"padding:28px;"
             "color:#12211b;text-align:left\">\n"
             "<table role=\"presentation\" width=\"100%\" cellpadding=\"0\" "
             "cellspacing=\"0\">\n");
}

static const char *
write_html(struct ctx *cx, const struct letter *letter)
{
    const char *greeting =
        arena_printf(cx->arena, "Hello %s,", letter->username);
    struct text out;

    text_init(&out, cx->arena, PART_MAX);
    begin_html(&out, letter);
    add_html_line(&out,
                  "padding-bottom:20px;color:#0a7355;font-weight:bold;"
                  "letter-spacing:1px",
                  letter->shop_name);
    add_html_line(&out,
                  "font-size:22px;font-weight:bold;line-height:1.3;"
                  "overflow-wrap:anywhere;word-break:break-word",
                  greeting);
    add_html_line(&out, "padding:6px 0 20px", letter->wording->intro);
    add_html_line(
        &out,
        "padding-top:16px;border-top:1px solid #c5d3cc;"
        "font-weight:bold;overflow-wrap:anywhere;word-break:break-word",
        letter->product_name);
    add_html_row(&out, "padding-bottom:16px;color:#4a5f56", letter->each,
                 letter->total);
    add_html_row(&out,
                 "padding:14px 0;border-top:1px solid #c5d3cc;"
                 "border-bottom:1px solid #c5d3cc;font-size:20px;"
                 "font-weight:bold",
                 letter->wording->sum, letter->sum);
    add_html_line(&out, "padding-top:16px;color:#4a5f56;font-size:13px",
                  arena_printf(cx->arena, "Order %s", letter->order_id));
    add_html_line(&out, "color:#4a5f56;font-size:13px", letter->date);
    add_button(&out, letter);
    text_add(&out, "</table>\n</td></tr></table>\n");
    add_shop(&out, letter);
    text_add(&out, "</td></tr></table>\n</body></html>\n");
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
