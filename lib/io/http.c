#include "io/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

#include "base/clock.h"
#include "base/stop.h"
#include "base/text.h"
#include "io/fault.h"

enum { ANSWER_MAX = MIB, CONNECT_TIMEOUT = 2000 };

/* Seconds */
enum { RETRY_AFTER_MOST = 24 * 3600 };

/* One handle a thread, kept: libcurl keeps its connections in it. */
static pthread_key_t handle_key;

static void
cleanup(void *curl)
{
    curl_easy_cleanup(curl);
}

void
http_init(void)
{
    static bool is_done;

    if (is_done)
        return;
    is_done = true;
    if (curl_global_init(CURL_GLOBAL_DEFAULT))
        die("libcurl can't be started");
    if (pthread_key_create(&handle_key, cleanup))
        die("out of memory");
    signal(SIGPIPE, SIG_IGN);
}

static CURL *
get_handle(void)
{
    CURL *curl = pthread_getspecific(handle_key);

    if (curl) {
        curl_easy_reset(curl); /* keeps the connections */
        return curl;
    }
    if (!(curl = curl_easy_init()) || pthread_setspecific(handle_key, curl))
        die("out of memory");
    return curl;
}

static bool
is_loopback(const char *host)
{
    static const char *const names[] = { "127.0.0.1", "localhost", "[::1]" };

    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        size_t size = strlen(names[i]);

        if (!strncmp(host, names[i], size) &&
            (!host[size] || host[size] == ':' || host[size] == '/'))
            return true;
    }
    return false;
}

bool
http_is_base(const char *base)
{
    if (!strncmp(base, "unix:", 5))
        return base[5] != '\0';
    if (!strncmp(base, "http://", 7))
        return is_loopback(base + 7);
    return !strncmp(base, "https://", 8) && base[8];
}

/* What the callbacks fill. */
struct receipt {
    struct ctx *cx;
    struct text body;
    struct http_answer *answer;
};

static size_t
on_body(char *bytes, size_t one, size_t size, void *arg)
{
    struct receipt *receipt = arg;

    (void)one;
    text_add_bytes(&receipt->body, bytes, size);
    return receipt->body.has_overflowed ? 0 : size;
}

struct http_header {
    const struct http_header *next;
    const char *name, *value;
};

static bool
is_space(char byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\n';
}

/* One line of the head: "Name: value\r\n", or the status line. */
static size_t
on_header(char *line, size_t one, size_t size, void *arg)
{
    struct receipt *receipt = arg;
    const char *colon = memchr(line, ':', size), *end = line + size;
    struct http_header *header;

    (void)one;
    if (!colon)
        return size;
    header = arena_new(receipt->cx->arena, struct http_header);
    header->name =
        arena_strndup(receipt->cx->arena, line, (size_t)(colon - line));
    for (colon++; colon < end && is_space(*colon);)
        colon++;
    while (end > colon && is_space(end[-1]))
        end--;
    header->value =
        arena_strndup(receipt->cx->arena, colon, (size_t)(end - colon));
    header->next = receipt->answer->headers;
    receipt->answer->headers = header;
    return size;
}

const char *
http_header(const struct http_answer *answer, const char *name)
{
    for (const struct http_header *header = answer->headers; header;
         header = header->next) {
        if (!strcasecmp(header->name, name))
            return header->value;
    }
    return NULL;
}

/*
 * Retry-After, a number or a date (RFC 9110, 10.2.3), in seconds. It may be
 * any number, a negative one, too; nobody who asks means to be left alone for
 * years.
 */
static unsigned
retry_after_of(CURL *curl)
{
    curl_off_t seconds = 0;

    curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &seconds);
    if (seconds > RETRY_AFTER_MOST)
        seconds = RETRY_AFTER_MOST;
    return seconds > 0 ? (unsigned)seconds : 0;
}

static void
release_list(void *list)
{
    curl_slist_free_all(list);
}

/* The headers as libcurl wants them; they live as long as the arena. */
static struct curl_slist *
header_list(struct ctx *cx, const struct http_call *call)
{
    struct curl_slist *list = NULL, *longer;
    const char *more[HTTP_HEADERS + 3];
    int count = 0;

    for (int i = 0; i < HTTP_HEADERS && call->headers[i]; i++)
        more[count++] = call->headers[i];
    more[count++] = "Expect:"; /* no waiting for a 100 */
    more[count++] = arena_printf(cx->arena, "X-Request-Id: %s", cx->request_id);
    if (call->body)
        more[count++] =
            arena_printf(cx->arena, "Content-Type: %s", call->content_type);
    for (int i = 0; i < count; i++) {
        if (text_has_control(more[i]))
            bug("a control character in a header");
        if (!(longer = curl_slist_append(list, more[i])))
            die("out of memory");
        list = longer;
    }
    arena_defer(cx->arena, release_list, list);
    return list;
}

static void
set_destination(struct ctx *cx, CURL *curl, const struct http_call *call)
{
    bool is_unix = !strncmp(call->base, "unix:", 5);
    const char *url = arena_printf(
        cx->arena, "%s%s", is_unix ? "http://till" : call->base, call->path);

    curl_easy_setopt(curl, CURLOPT_URL, url);
    if (is_unix)
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, call->base + 5);
    curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
    curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
    curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
    curl_easy_setopt(curl, CURLOPT_USERAGENT, "Till/1");
}

static void
set_body(CURL *curl, const struct http_call *call)
{
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, call->method);
    /* it repeats only what a kept connection may not have taken */
    curl_easy_setopt(curl, CURLOPT_FRESH_CONNECT, call->is_once ? 1L : 0L);
    if (call->user) {
        curl_easy_setopt(curl, CURLOPT_HTTPAUTH, (long)CURLAUTH_BASIC);
        curl_easy_setopt(curl, CURLOPT_USERNAME, call->user);
        curl_easy_setopt(curl, CURLOPT_PASSWORD, "");
    }
    if (call->body) {
        curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE,
                         (curl_off_t)call->body_size);
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, call->body);
    }
}

/* Whether libcurl's failure means that not one byte was sent. */
static bool
never_left(CURL *curl, CURLcode code)
{
    curl_off_t connected = 0;

    if (code == CURLE_COULDNT_CONNECT || code == CURLE_COULDNT_RESOLVE_HOST ||
        code == CURLE_SSL_CONNECT_ERROR ||
        code == CURLE_PEER_FAILED_VERIFICATION)
        return true;
    curl_easy_getinfo(curl, CURLINFO_PRETRANSFER_TIME_T, &connected);
    return code == CURLE_OPERATION_TIMEDOUT && connected == 0;
}

/* What a fault point is called by. */
static const char *
name_of(const struct http_call *call)
{
    return *call->path ? call->path : call->base;
}

static void
set_limits(struct ctx *cx, CURL *curl, int64_t timeout)
{
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)ctx_time_left(cx, CONNECT_TIMEOUT));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout);
}

static void
set_receipt(CURL *curl, struct receipt *receipt)
{
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, receipt);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, receipt);
}

static enum err
perform(struct ctx *cx, CURL *curl, const struct http_call *call,
        struct http_answer *answer)
{
    CURLcode code = curl_easy_perform(curl);
    long status = 0;

    if (code)
        return fail(
            cx, never_left(curl, code) ? ERR_UNAVAILABLE : ERR_UNKNOWN_OUTCOME,
            "%s %s: %s", call->method, call->path, curl_easy_strerror(code));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    answer->status = (int)status;
    answer->retry_after = retry_after_of(curl);
    return OK;
}

static void
count(const struct http_call *call, enum err err, int status, int64_t since)
{
    enum metric_outcome outcome = err == ERR_UNAVAILABLE ? METRIC_UNREACHABLE
                                  : err                  ? METRIC_UNANSWERED
                                        : metric_outcome_of(status);

    metric_call(call->peer, outcome, clock_micros() - since);
}

enum err
http_send(struct ctx *cx, const struct http_call *call,
          struct http_answer *ret_answer)
{
    int64_t timeout = ctx_time_left(cx, call->timeout), since = clock_micros();
    struct http_answer answer = { 0 };
    struct receipt receipt = { .cx = cx, .answer = &answer };
    CURL *curl = get_handle();
    enum err err;

    if (timeout == 0)
        return fail(cx, ERR_UNAVAILABLE, "no time left to call %s", call->path);
    if (fault_at("before", call->method, name_of(call)) == FAULT_LOST)
        return fail(cx, ERR_UNAVAILABLE, "no connection, for a test");
    text_init(&receipt.body, cx->arena, ANSWER_MAX);
    set_destination(cx, curl, call);
    set_body(curl, call);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, header_list(cx, call));
    set_limits(cx, curl, timeout);
    set_receipt(curl, &receipt);
    err = perform(cx, curl, call, &answer);
    count(call, err, answer.status, since);
    if (err)
        return err;
    answer.body = receipt.body.bytes;
    answer.size = receipt.body.size;
    switch (fault_at("after", call->method, name_of(call))) {
    case FAULT_LOST:
        return fail(cx, ERR_UNKNOWN_OUTCOME, "the answer is lost, for a test");
    case FAULT_CUT:
        answer.size /= 2;
        receipt.body.bytes[answer.size] = '\0';
        break;
    default:
        break;
    }
    *ret_answer = answer;
    return OK;
}
