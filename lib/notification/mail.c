#include "notification/mail.h"

#include <ctype.h>
#include <string.h>

#include "base/text.h"
#include "io/secret.h"

enum {
    MESSAGE_MAX = 256 * KIB,
    ADDRESS_MAX = 254,
    LOCAL_MAX = 64,
    LABEL_MAX = 63,
    LINE = 76
};

/*
 * The bytes in one encoded-word: 39 are 52 of base64, which leaves room for
 * the header's name in a line of 76 (RFC 2047, 2).
 */
enum { WORD = 39 };

/* Past a run of atext (RFC 5322, 3.2.3). */
static size_t
atom_size(const char *at)
{
    size_t size = 0;

    while (isalnum((unsigned char)at[size]) ||
           (at[size] && strchr("!#$%&'*+-/=?^_`{|}~", at[size])))
        size++;
    return size;
}

/* Past a label of a domain; 0: it isn't one. */
static size_t
label_size(const char *at)
{
    size_t size = 0;

    while (isalnum((unsigned char)at[size]) || at[size] == '-')
        size++;
    if (size > LABEL_MAX || *at == '-' || (size && at[size - 1] == '-'))
        return 0;
    return size;
}

/* Past words with dots between them; 0: something else stands there. */
static size_t
dotted_size(const char *at, size_t (*word_size)(const char *))
{
    size_t size = 0, word;

    for (;;) {
        if ((word = word_size(at + size)) == 0)
            return 0;
        size += word;
        if (at[size] != '.')
            return size;
        size++;
    }
}

bool
mail_is_address(const char *address)
{
    size_t local, domain;

    if (strnlen(address, ADDRESS_MAX + 1) > ADDRESS_MAX)
        return false;
    local = dotted_size(address, atom_size);
    if (local == 0 || local > LOCAL_MAX || address[local] != '@')
        return false;
    domain = dotted_size(address + local + 1, label_size);
    return domain > 0 && address[local + 1 + domain] == '\0';
}

static enum err
check(struct ctx *cx, const char *name, const char *value)
{
    if (!text_is_utf8(value, strlen(value)))
        return fail(cx, ERR_INVALID, "%s is not UTF-8", name);
    if (text_has_control(value))
        return fail(cx, ERR_INVALID, "%s holds a control character", name);
    return OK;
}

static enum err
check_address(struct ctx *cx, const char *name, const char *value)
{
    if (!mail_is_address(value))
        return fail(cx, ERR_INVALID, "%s is not an address to mail to", name);
    return OK;
}

static enum err
check_mail(struct ctx *cx, const struct sender *sender, const struct mail *mail)
{
    enum err err;

    if ((err = check_address(cx, "From", sender->address)) ||
        (err = check_address(cx, "To", mail->to)) ||
        (err = check(cx, "the shop's name", sender->name)) ||
        (err = check(cx, "Subject", mail->subject)) ||
        (err = check(cx, "the order's id", mail->order_id)) ||
        (err = check(cx, "the id", mail->notification_id)))
        return err;
    /* it becomes the left side of the Message-ID, and the boundary */
    if (atom_size(mail->notification_id) != strlen(mail->notification_id))
        return fail(cx, ERR_INVALID, "the id can't stand in a Message-ID");
    return OK;
}

/* The next bytes of UTF-8 that fill a word without cutting a character. */
static size_t
next_word(const char *at)
{
    size_t size = strnlen(at, WORD + 1);

    if (size <= WORD)
        return size;
    for (size = WORD; ((unsigned char)at[size] & 0xc0) == 0x80;)
        size--;
    return size;
}

/* RFC 2047: a line for each word, the lines folded together. */
static void
add_encoded(struct text *out, const char *value)
{
    const char *between = "";

    while (*value) {
        size_t size = next_word(value);

        text_add(out, between);
        text_add(out, "=?UTF-8?B?");
        text_add(out, base64_encode(out->arena, value, size));
        text_add(out, "?=");
        between = "\r\n ";
        value += size;
    }
}

/* Whether it can stand as it is, in a line that it shares with a name. */
static bool
is_plain(const char *value, size_t room)
{
    for (const char *at = value; *at; at++) {
        if ((unsigned char)*at >= 0x80)
            return false;
    }
    /* what looks like an encoded-word would be decoded as one */
    return strlen(value) <= room && !strstr(value, "=?");
}

static void
add_subject(struct text *out, const char *subject)
{
    text_add(out, "Subject: ");
    if (is_plain(subject, LINE - sizeof "Subject: "))
        text_add(out, subject);
    else
        add_encoded(out, subject);
    text_add(out, "\r\n");
}

/* RFC 5322, 3.4: a quoted name, or encoded words, and the address. */
static void
add_from(struct text *out, const struct sender *sender)
{
    text_add(out, "From: ");
    if (is_plain(sender->name, LINE / 2)) {
        text_add_char(out, '"');
        for (const char *at = sender->name; *at; at++) {
            if (*at == '"' || *at == '\\')
                text_add_char(out, '\\');
            text_add_char(out, *at);
        }
        text_add_char(out, '"');
    } else {
        add_encoded(out, sender->name);
        text_add(out, "\r\n");
    }
    text_printf(out, " <%s>\r\n", sender->address);
}

/* RFC 5322, 3.3. strftime's names would follow a locale. */
static void
add_date(struct text *out, int64_t date)
{
    static const char days[] = "SunMonTueWedThuFriSat";
    static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
    time_t seconds = (time_t)(date / 1000);
    struct tm utc;

    gmtime_r(&seconds, &utc);
    text_printf(out, "Date: %.3s, %02d %.3s %d %02d:%02d:%02d +0000\r\n",
                days + 3 * utc.tm_wday, utc.tm_mday, months + 3 * utc.tm_mon,
                utc.tm_year + 1900, utc.tm_hour, utc.tm_min, utc.tm_sec);
}

static void
add_headers(struct text *out, const struct sender *sender,
            const struct mail *mail)
{
    add_date(out, mail->date);
    add_from(out, sender);
    text_printf(out, "To: %s\r\n", mail->to);
    add_subject(out, mail->subject);
    text_printf(out, "Message-ID: <%s%s>\r\n", mail->notification_id,
                strrchr(sender->address, '@'));
    text_add(out, "MIME-Version: 1.0\r\n"
                  "Auto-Submitted: auto-generated\r\n");
    text_printf(out, "X-Till-Notification: %s\r\n", mail->notification_id);
    text_printf(out, "X-Till-Order: %s\r\n", mail->order_id);
}

/* Canonical lines (RFC 2049, 4) before base64. */
static const char *
canonical(struct arena *arena, const char *lines)
{
    struct text out;

    text_init(&out, arena, 2 * strlen(lines));
    for (; *lines; lines++) {
        if (*lines == '\n')
            text_add_char(&out, '\r');
        text_add_char(&out, *lines);
    }
    return out.bytes;
}

static void
add_part(struct text *out, const char *boundary, const char *type,
         const char *body)
{
    const char *lines = canonical(out->arena, body);

    text_printf(out,
                "--%s\r\n"
                "Content-Type: %s; charset=UTF-8\r\n"
                "Content-Transfer-Encoding: base64\r\n"
                "\r\n",
                boundary, type);
    text_add(out, base64_mime(out->arena, lines, strlen(lines)));
}

enum err
mail_compose(struct ctx *cx, const struct sender *sender,
             const struct mail *mail, const char **ret_bytes, size_t *ret_size)
{
    struct text out;
    const char *boundary;
    enum err err;

    if ((err = check_mail(cx, sender, mail)))
        return err;
    text_init(&out, cx->arena, MESSAGE_MAX);
    /* "=_" stands nowhere in base64 (RFC 2045, 6.7) */
    boundary = arena_printf(cx->arena, "=_%s", mail->notification_id);
    add_headers(&out, sender, mail);
    text_printf(&out,
                "Content-Type: multipart/alternative;\r\n boundary=\"%s\"\r\n"
                "\r\n",
                boundary);
    add_part(&out, boundary, "text/plain", mail->text);
    add_part(&out, boundary, "text/html", mail->html);
    text_printf(&out, "--%s--\r\n", boundary);
    if (out.has_overflowed)
        return fail(cx, ERR_INVALID, "the mail is too large");
    *ret_bytes = out.bytes;
    *ret_size = out.size;
    return OK;
}
