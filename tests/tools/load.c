/*
 * load: asks the same of a server again and again, and writes down each answer.
 * For tests that need to know of every single one.
 *
 *     load [-t THREADS] [-s SECONDS] [-w SECONDS] [-m METHOD] [-H HEADER]
 *         [-d BODY] [-u SOCKET] URL
 *
 * One line an answer, written at once: its status (000 where there was none),
 * the last part of its Location (or -), and what libcurl says of a failure.
 * Waits -w seconds (40) for an answer. Ends after -s seconds (10), or on
 * SIGTERM, when the requests that are under way are answered. Each thread asks
 * at least once.
 */
#include <curl/curl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <time.h>
#include <unistd.h>

enum { THREADS_MAX = 64 };

static const char *url, *method = "GET", *body, *unix_socket;
static struct curl_slist *headers;
static double end;
static long patience = 40;
static volatile sig_atomic_t is_over;

/* Seconds, that a short run may be as long as it says. */
static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void
on_term(int signo)
{
    (void)signo;
    is_over = 1;
}

static size_t
swallow(char *bytes, size_t one, size_t size, void *arg)
{
    (void)bytes, (void)one, (void)arg;
    return size;
}

/* The last part of Location's path. */
static size_t
on_header(char *line, size_t one, size_t size, void *arg)
{
    char *location = arg;

    (void)one;
    if (size > 9 && !strncasecmp(line, "Location:", 9)) {
        size_t end_at = size, at;

        while (end_at > 0 && (unsigned char)line[end_at - 1] <= ' ')
            end_at--;
        for (at = end_at; at > 0 && !strchr("/ :", line[at - 1]); at--)
            continue;
        snprintf(location, 64, "%.*s", (int)(end_at - at), line + at);
    }
    return size;
}

static void
ask(CURL *curl)
{
    char location[64] = "-";
    long status = 0;
    CURLcode code;

    curl_easy_setopt(curl, CURLOPT_HEADERDATA, (void *)location);
    code = curl_easy_perform(curl);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    printf("%03ld %s %s\n", code ? 0 : status, location,
           code ? curl_easy_strerror(code) : "");
}

static void *
ask_again(void *arg)
{
    CURL *curl = curl_easy_init();

    curl_easy_setopt(curl, CURLOPT_URL, url);
    curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, method);
    curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers);
    curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl, CURLOPT_PROXY, "");
    curl_easy_setopt(curl, CURLOPT_TIMEOUT, patience);
    curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, swallow);
    curl_easy_setopt(curl, CURLOPT_HEADERFUNCTION, on_header);
    if (unix_socket)
        curl_easy_setopt(curl, CURLOPT_UNIX_SOCKET_PATH, unix_socket);
    if (body)
        curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
    do
        ask(curl);
    while (!is_over && now() < end);
    curl_easy_cleanup(curl);
    return arg;
}

int
main(int count, char **words)
{
    pthread_t threads[THREADS_MAX];
    struct sigaction term = { .sa_handler = on_term };
    long wanted = 8, seconds = 10;
    int option;

    while ((option = getopt(count, words, "t:s:w:m:H:d:u:")) != -1) {
        if (option == 't')
            wanted = strtol(optarg, NULL, 10);
        else if (option == 's')
            seconds = strtol(optarg, NULL, 10);
        else if (option == 'w')
            patience = strtol(optarg, NULL, 10);
        else if (option == 'm')
            method = optarg;
        else if (option == 'H')
            headers = curl_slist_append(headers, optarg);
        else if (option == 'd')
            body = optarg;
        else if (option == 'u')
            unix_socket = optarg;
        else
            return 64;
    }
    if (optind != count - 1 || wanted < 1 || wanted > THREADS_MAX)
        return 64;
    url = words[optind];
    end = now() + (double)seconds;
    sigaction(SIGTERM, &term, NULL);
    setvbuf(stdout, NULL, _IOLBF, 0);
    curl_global_init(CURL_GLOBAL_DEFAULT);
    for (long i = 0; i < wanted; i++) {
        if (pthread_create(&threads[i], NULL, ask_again, NULL))
            return 71;
    }
    for (long i = 0; i < wanted; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
