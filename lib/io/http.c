#include "io/http.h"

#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "base/stop.h"
#include "base/text.h"

enum { ANSWER_MAX = MIB, CONNECT_TIMEOUT = 2000 };

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

/* The value of a header line, if it is the one of this name. */
static const char *
value_of(struct ctx *cx, const char *line, size_t size, const char *name)
{
    size_t length = strlen(name);

    if (size <= length || strncasecmp(line, name, length) ||
        line[length] != ':')
        return NULL;
    line += length + 1;
    size -= length + 1;
    while (size > 0 && (*line == ' ' || *line == '\t'))
        line++, size--;
    while (size > 0 && (line[size - 1] == '\r' || line[size - 1] == '\n'))
        size--;
    return arena_strndup(cx->arena, line, size);
}

static size_t
on_header(char *line, size_t one, size_t size, void *arg)
{
    struct receipt *receipt = arg;
    struct http_answer *answer = receipt->answer;
    const char *value;

    (void)one;
    if ((value = value_of(receipt->cx, line, size, "Request-Id")) ||
        (value = value_of(receipt->cx, line, size, "X-Request-Id")))
        answer->request_id = value;
    else if ((value = value_of(receipt->cx, line, size, "Stripe-Should-Retry")))
        answer->should_retry = value;
    else if ((value = value_of(receipt->cx, line, size, "Retry-After")) &&
             !text_to_int64(value, &answer->retry_after))
        answer->retry_after = 0;
    return size;
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
    const char *url = arena_printf(cx->arena, "%s%s",
                                   is_unix ? "http://till" : call->base,
                                   call->path);

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

enum err
http_send(struct ctx *cx, const struct http_call *call,
          struct http_answer *ret_answer)
{
    int64_t timeout = ctx_time_left(cx, call->timeout);
    struct http_answer answer = { 0 };
    struct receipt receipt = { .cx = cx, .answer = &answer };
    CURL *curl = get_handle();
    long status = 0;
    CURLcode code;

    if (timeout == 0)
        return fail(cx, ERR_UNAVAILABLE, "no time left to call %s", call->path);
    text_init(&receipt.body, cx->arena, ANSWER_MAX);
    set_destination(cx, curl, call);
    set_body(curl, call);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, header_list(cx, call));
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS,
                     (long)ctx_time_left(cx, CONNECT_TIMEOUT));
    curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)timeout);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, on_body);
    curl_easy_setopt(curl, CURLOPT_WRITEDATA, &receipt);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    curl_easy_setopt(curl, CURLOPT_HEADERDATA, &receipt);
    code = curl_easy_perform(curl);
    if (code)
        return fail(cx,
                    never_left(curl, code) ? ERR_UNAVAILABLE
                                           : ERR_UNKNOWN_OUTCOME,
                    "%s %s: %s", call->method, call->path,
                    curl_easy_strerror(code));
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    answer.status = (int)status;
    answer.body = receipt.body.bytes;
    answer.size = receipt.body.size;
    *ret_answer = answer;
    return OK;
}
