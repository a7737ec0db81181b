#include "io/mailer.h"

#include <curl/curl.h>
#include <string.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "io/fault.h"
#include "io/metric.h"

/* Milliseconds; seconds. */
enum { CONNECT_TIMEOUT = 5000, QUOTA_PAUSE = 3600 };

static bool
is_loopback(const char *url)
{
    static const char *const hosts[] = { "smtp://127.0.0.1", "smtp://localhost",
                                         "smtp://[::1]" };

    for (size_t i = 0; i < sizeof hosts / sizeof *hosts; i++) {
        size_t size = strlen(hosts[i]);

        if (!strncmp(url, hosts[i], size) &&
            (!url[size] || url[size] == ':' || url[size] == '/'))
            return true;
    }
    return false;
}

bool
mailer_is_url(const char *url)
{
    /* credentials have settings of their own */
    if (strchr(url, '@') || text_has_control(url))
        return false;
    return (!strncmp(url, "smtps://", 8) && url[8]) ||
           (!strncmp(url, "smtp://", 7) && url[7]);
}

/* The message on its way out, and what was said on the way. */
struct upload {
    const char *rest;
    size_t left;
    bool has_begun;  /* some of the message has left */
    bool has_named;  /* the recipient has been named */
    char status[16]; /* the last reply's: "550 5.1.1", without its text */
};

static size_t
on_read(char *buffer, size_t one, size_t room, void *arg)
{
    struct upload *upload = arg;
    size_t size = one * room < upload->left ? one * room : upload->left;

    upload->has_begun = true;
    memcpy(buffer, upload->rest, size);
    upload->rest += size;
    upload->left -= size;
    return size;
}

/* libcurl tells what was said only here; texts may hold addresses. */
static int
on_talk(CURL *curl, curl_infotype kind, char *bytes, size_t size, void *arg)
{
    struct upload *upload = arg;
    size_t status = 0;

    (void)curl;
    if (kind == CURLINFO_HEADER_OUT && size > 4 && !memcmp(bytes, "RCPT", 4))
        upload->has_named = true;
    if (kind != CURLINFO_HEADER_IN)
        return 0;
    while (status < size && status < sizeof upload->status - 1 &&
           bytes[status] && strchr("0123456789. ", bytes[status]))
        status++;
    memcpy(upload->status, bytes, status);
    while (status > 0 && upload->status[status - 1] == ' ')
        status--;
    upload->status[status] = '\0';
    return 0;
}

static void
set_account(struct ctx *cx, CURL *curl, const struct mailer_call *call)
{
    bool is_plain = is_loopback(call->url);

    curl_easy_setopt(curl, CURLOPT_URL, call->url);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "smtp,smtps");
    curl_easy_setopt(curl, CURLOPT_USE_SSL,
                     (long)(is_plain ? CURLUSESSL_TRY : CURLUSESSL_ALL));
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, is_plain ? 0L : 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, is_plain ? 0L : 2L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_USERNAME, call->user);
    curl_easy_setopt(curl, CURLOPT_PASSWORD, call->password);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)ctx_time_left(cx, CONNECT_TIMEOUT));
}

static struct curl_slist *
set_envelope(struct ctx *cx, CURL *curl, const struct mailer_call *call)
{
    struct curl_slist *to;

    /* libcurl sends them as they are: a line more would be a command more */
    if (text_has_control(call->from) || text_has_control(call->to))
        bug("a control character in an address");
    to = curl_slist_append(NULL, arena_printf(cx->arena, "<%s>", call->to));
    if (!to)
        die("out of memory");
    curl_easy_setopt(curl, CURLOPT_MAIL_FROM,
                     arena_printf(cx->arena, "<%s>", call->from));
    curl_easy_setopt(curl, CURLOPT_MAIL_RCPT, to);
    return to;
}

/* Whether a reply is about us, not about this mail or its recipient. */
static bool
is_about_us(const struct upload *upload, long reply)
{
    return !upload->has_named || reply == 530 || reply == 534 || reply == 535;
}

/* What the end of the conversation means; reply: the server's last code. */
static enum err
judge(struct ctx *cx, const struct upload *upload, CURLcode code, long reply)
{
    const char *text = curl_easy_strerror(code);

    /* Gmail's quota of a day is a 550 (support.google.com/a/answer/3726730) */
    if (!strcmp(upload->status, "550 5.4.5")) {
        cx->retry_after = QUOTA_PAUSE;
        return fail(cx, ERR_TOO_MANY, "the SMTP server's quota is used up");
    }
    if (reply >= 500 && is_about_us(upload, reply))
        return fail(cx, ERR_UNAUTHENTICATED,
                    "the SMTP server refuses the account (%s)", upload->status);
    if (reply >= 500)
        return fail(cx, ERR_INVALID, "the SMTP server refuses the mail (%s)",
                    upload->status);
    if (reply >= 400 || !upload->has_begun)
        return fail(cx, ERR_UNAVAILABLE, "SMTP: %s (%s)", text, upload->status);
    return fail(cx, ERR_UNKNOWN_OUTCOME, "SMTP: %s (%s)", text, upload->status);
}

static void
count(enum err err, int64_t since)
{
    enum metric_outcome outcome = METRIC_REFUSED;

    if (!err)
        outcome = METRIC_OK;
    else if (err == ERR_TOO_MANY)
        outcome = METRIC_THROTTLED;
    else if (err == ERR_UNAVAILABLE)
        outcome = METRIC_UNREACHABLE;
    else if (err == ERR_UNKNOWN_OUTCOME)
        outcome = METRIC_UNANSWERED;
    metric_call(METRIC_SMTP, outcome, clock_micros() - since);
}

enum err
mailer_send(struct ctx *cx, const struct mailer_call *call)
{
    struct upload upload = { .rest = call->message, .left = call->size };
    int64_t timeout = ctx_time_left(cx, call->timeout), since = clock_micros();
    struct curl_slist *to;
    CURLcode code;
    long reply = 0;
    enum err err;
    CURL *curl;

    if (timeout == 0)
        return fail(cx, ERR_UNAVAILABLE, "no time left for SMTP");
    if (fault_at("before", "SMTP", "mail") == FAULT_LOST)
        return fail(cx, ERR_UNAVAILABLE, "no connection, for a test");
    if (!(curl = curl_easy_init()))
        die("out of memory");
    set_account(cx, curl, call);
    to = set_envelope(cx, curl, call);
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout);
    curl_easy_setopt(curl, CURLOPT_UPLOAD, 1L);
    curl_easy_setopt(curl, CURLOPT_READFUNCTION, on_read);
    curl_easy_setopt(curl, CURLOPT_READDATA, &upload);
    curl_easy_setopt(curl, CURLOPT_VERBOSE, 1L); /* for on_talk alone */
    curl_easy_setopt(curl, CURLOPT_DEBUGFUNCTION, on_talk);
    curl_easy_setopt(curl, CURLOPT_DEBUGDATA, &upload);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &reply);
    curl_easy_cleanup(curl);
    curl_slist_free_all(to);
    err = code ? judge(cx, &upload, code, reply) : OK;
    count(err, since);
    if (err)
        return err;
    if (fault_at("after", "SMTP", "mail") != FAULT_NONE)
        return fail(cx, ERR_UNKNOWN_OUTCOME, "the answer is lost, for a test");
    return OK;
}
