#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "storm.h"

enum { PATIENCE_MS = 45000, ANSWER_MAX = 1 << 20 };

/* What belongs to a call while it is under way. */
struct flight {
    struct call *call;
    CURL *easy;
    struct curl_slist *headers;
    char *sent, *got;
    size_t got_size;
    long long began, ended;
};

static long long
now_ms(void)
{
    struct timespec now;

    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

void
person_rest(struct person *me, int milliseconds_most)
{
    int rest = dice_roll(&me->dice, milliseconds_most + 1);
    struct timespec time = { rest / 1000, rest % 1000 * 1000000L };

    nanosleep(&time, NULL);
}

struct call
call_shop(struct person *me, const char *what, const char *method,
          const char *path)
{
    struct call call = {
        .what = what, .method = method, .base = storm.shop, .token = me->token
    };

    snprintf(call.path, sizeof(call.path), "%s", path);
    return call;
}

struct call
call_copy(const struct call *call)
{
    struct call copy = *call;

    copy.body = cJSON_Duplicate(call->body, 1);
    copy.answer = NULL;
    copy.status = 0;
    return copy;
}

static size_t
on_bytes(char *bytes, size_t one, size_t size, void *arg)
{
    struct flight *flight = arg;

    (void)one;
    if (flight->got_size + size > ANSWER_MAX)
        return 0;
    flight->got = realloc(flight->got, flight->got_size + size + 1);
    if (!flight->got)
        abort();
    memcpy(flight->got + flight->got_size, bytes, size);
    flight->got_size += size;
    flight->got[flight->got_size] = '\0';
    return size;
}

static void
add_header(struct flight *flight, const char *name, const char *value)
{
    char line[2200];

    snprintf(line, sizeof(line), "%s: %s", name, value);
    flight->headers = curl_slist_append(flight->headers, line);
    if (!flight->headers)
        abort();
}

static void
add_headers(struct flight *flight)
{
    const struct call *call = flight->call;
    char bearer[2100];

    add_header(flight, "Content-Type", "application/json");
    if (call->token) {
        snprintf(bearer, sizeof(bearer), "Bearer %s", call->token);
        add_header(flight, "Authorization", bearer);
    }
    if (call->key[0])
        add_header(flight, "Idempotency-Key", call->key);
    curl_easy_setopt(flight->easy, CURLOPT_HTTPHEADER, flight->headers);
}

static void
take_off(struct person *me, struct flight *flight, struct call *call)
{
    CURL *easy = curl_easy_init();
    char url[512];

    *flight = (struct flight){ .call = call, .easy = easy };
    snprintf(url, sizeof(url), "%s%s", call->base, call->path);
    curl_easy_setopt(easy, CURLOPT_URL, url);
    curl_easy_setopt(easy, CURLOPT_CUSTOMREQUEST, call->method);
    curl_easy_setopt(easy, CURLOPT_PROXY, "");
    curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, (long)PATIENCE_MS);
    curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_bytes);
    curl_easy_setopt(easy, CURLOPT_WRITEDATA, flight);
    curl_easy_setopt(easy, CURLOPT_PRIVATE, flight);
    /* on a kept connection that breaks libcurl sends it again by itself */
    if (!call->key[0])
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
    if (call->user)
        curl_easy_setopt(easy, CURLOPT_USERNAME, call->user);
    flight->sent = call->body ? cJSON_PrintUnformatted(call->body) : NULL;
    if (flight->sent || !strcmp(call->method, "POST"))
        curl_easy_setopt(easy, CURLOPT_POSTFIELDS,
                         flight->sent ? flight->sent : "");
    add_headers(flight);
    flight->began = now_ms();
    curl_multi_add_handle(me->multi, easy);
}

static void
land(struct person *me, struct flight *flight, CURLcode code)
{
    struct call *call = flight->call;

    flight->ended = now_ms();
    curl_easy_getinfo(flight->easy, CURLINFO_RESPONSE_CODE, &call->status);
    if (code) {
        call->status = 0;
        call->fault = curl_easy_strerror(code);
    }
    cJSON_Delete(call->answer);
    call->answer = flight->got ? cJSON_Parse(flight->got) : NULL;
    curl_multi_remove_handle(me->multi, flight->easy);
    curl_easy_cleanup(flight->easy);
    curl_slist_free_all(flight->headers);
    flight->easy = NULL;
}

/* One line of JSON a call. Tokens are left out: they say nothing. */
static void
write_down(struct person *me, struct flight *flight)
{
    const struct call *call = flight->call;
    cJSON *line = cJSON_CreateObject();
    char *text;

    cJSON_AddNumberToObject(line, "at", (double)flight->began);
    cJSON_AddNumberToObject(line, "ms",
                            (double)(flight->ended - flight->began));
    cJSON_AddNumberToObject(line, "who", me->number);
    cJSON_AddStringToObject(line, "what", call->what);
    if (call->order_id)
        cJSON_AddStringToObject(line, "order", call->order_id);
    if (call->key[0])
        cJSON_AddStringToObject(line, "key", call->key);
    if (call->body)
        cJSON_AddItemReferenceToObject(line, "sent", call->body);
    cJSON_AddNumberToObject(line, "status", (double)call->status);
    if (call->answer)
        cJSON_AddItemReferenceToObject(line, "got", call->answer);
    if (!call->status)
        cJSON_AddStringToObject(line, "fault", call->fault);
    text = cJSON_PrintUnformatted(line);
    fprintf(me->journal, "%s\n", text);
    free(text);
    cJSON_Delete(line);
}

static void
take_landings(struct person *me)
{
    struct flight *flight;
    CURLMsg *message;
    int left;

    while ((message = curl_multi_info_read(me->multi, &left)))
        if (message->msg == CURLMSG_DONE) {
            curl_easy_getinfo(message->easy_handle, CURLINFO_PRIVATE, &flight);
            land(me, flight, message->data.result);
        }
}

void
calls_send(struct person *me, struct call *calls, int count)
{
    struct flight flights[AT_ONCE];
    int running = count, i;

    for (i = 0; i < count; i++)
        take_off(me, &flights[i], &calls[i]);
    while (running) {
        curl_multi_perform(me->multi, &running);
        take_landings(me);
        if (running)
            curl_multi_poll(me->multi, NULL, 0, 1000, NULL);
    }
    for (i = 0; i < count; i++) {
        if (calls[i].what)
            write_down(me, &flights[i]);
        free(flights[i].sent);
        free(flights[i].got);
    }
    fflush(me->journal);
}

void
calls_free(struct call *calls, int count)
{
    int i;

    for (i = 0; i < count; i++) {
        cJSON_Delete(calls[i].body);
        cJSON_Delete(calls[i].answer);
    }
}

bool
call_is_doubtful(const struct call *call)
{
    return call->status == 0 || call->status == 409 || call->status == 429 ||
           call->status >= 500;
}

void
call_insist(struct person *me, struct call *call, int times)
{
    calls_send(me, call, 1);
    while (times-- > 0 && call_is_doubtful(call)) {
        person_rest(me, 1000);
        calls_send(me, call, 1);
    }
}

const char *
answer_text(const struct call *call, const char *name)
{
    const char *text =
        cJSON_GetStringValue(cJSON_GetObjectItem(call->answer, name));

    return text ? text : "";
}
