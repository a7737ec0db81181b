/*
 * payers: many customers who pay at once. wrk can't: each of them waits for
 * its own answer, and no order is paid twice.
 *
 *     payers CUSTOMERS SPREAD URL <LIST
 *
 * LIST: a line an order, its owner's token and its id. CUSTOMERS of them are
 * always under way, until the list ends. They begin one after another, over
 * SPREAD milliseconds: so as many are at each step of a payment as take it in
 * that time. Prints {payments, paid, seconds, p50, p99, max}, the last three
 * in milliseconds.
 */
#include <curl/curl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { CUSTOMERS_MAX = 4096, PAYMENTS_MAX = 100000 };

struct customer {
    CURL *curl;
    struct curl_slist *headers;
    char body[128];
    double begins; /* milliseconds; not before */
    bool is_under_way;
};

static struct customer customers[CUSTOMERS_MAX];
static double times[PAYMENTS_MAX];
static long payments, paid;
static CURLM *multi;

static double
now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e3 + (double)t.tv_nsec / 1e6;
}

static size_t
swallow(char *bytes, size_t one, size_t size, void *arg)
{
    (void)bytes, (void)one, (void)arg;
    return size;
}

/* Pays the list's next order; false: there is none. */
static bool
begin(struct customer *customer, const char *url)
{
    char token[1024], order[64], header[1100];

    if (scanf("%1023s %63s", token, order) != 2)
        return false;
    snprintf(header, sizeof header, "Authorization: Bearer %s", token);
    snprintf(customer->body, sizeof customer->body, "{\"order_id\":\"%s\"}",
             order);
    curl_slist_free_all(customer->headers);
    customer->headers = curl_slist_append(NULL, header);
    customer->headers =
        curl_slist_append(customer->headers, "Content-Type: application/json");
    curl_easy_setopt(customer->curl, CURLOPT_URL, url);
    curl_easy_setopt(customer->curl, CURLOPT_HTTPHEADER, customer->headers);
    curl_easy_setopt(customer->curl, CURLOPT_POSTFIELDS, customer->body);
    curl_easy_setopt(customer->curl, CURLOPT_WRITEFUNCTION, swallow);
    curl_easy_setopt(customer->curl, CURLOPT_PRIVATE, (void *)customer);
    curl_easy_setopt(customer->curl, CURLOPT_PROXY, "");
    curl_easy_setopt(customer->curl, CURLOPT_TIMEOUT, 60L);
    curl_multi_add_handle(multi, customer->curl);
    customer->is_under_way = true;
    return true;
}

static void
end(const CURLMsg *message)
{
    struct customer *customer;
    CURL *curl = message->easy_handle;
    curl_off_t micros = 0;
    long status = 0;

    curl_easy_getinfo(curl, CURLINFO_PRIVATE, &customer);
    curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
    curl_easy_getinfo(curl, CURLINFO_TOTAL_TIME_T, &micros);
    paid += message->data.result == CURLE_OK && status == 200;
    if (payments < PAYMENTS_MAX)
        times[payments++] = (double)micros / 1e3;
    curl_multi_remove_handle(multi, curl);
    customer->is_under_way = false;
}

/* One round: who can begin does, who is done is counted. False: all are. */
static bool
turn(long count, const char *url)
{
    int running, left;
    bool is_over = true;
    CURLMsg *message;

    for (long i = 0; i < count; i++) {
        struct customer *customer = &customers[i];

        if (!customer->is_under_way && customer->begins <= now())
            begin(customer, url);
        is_over =
            is_over && !customer->is_under_way && customer->begins <= now();
    }
    curl_multi_perform(multi, &running);
    while ((message = curl_multi_info_read(multi, &left))) {
        if (message->msg == CURLMSG_DONE)
            end(message);
    }
    curl_multi_poll(multi, NULL, 0, 1, NULL);
    return !is_over;
}

static int
compare(const void *one, const void *other)
{
    double a = *(const double *)one, b = *(const double *)other;

    return (a > b) - (a < b);
}

static double
percentile(double part)
{
    return payments ? times[(long)(part * (double)(payments - 1))] : 0;
}

int
main(int argc, char **argv)
{
    long count = argc == 4 ? strtol(argv[1], NULL, 10) : 0;
    double since = now();

    if (count < 1 || count > CUSTOMERS_MAX)
        return 64;
    curl_global_init(CURL_GLOBAL_DEFAULT);
    multi = curl_multi_init();
    curl_multi_setopt(multi, CURLMOPT_MAXCONNECTS, (long)CUSTOMERS_MAX);
    for (long i = 0; i < count; i++) {
        customers[i].curl = curl_easy_init();
        customers[i].begins =
            since + strtod(argv[2], NULL) * (double)i / (double)count;
    }
    while (turn(count, argv[3]))
        continue;
    qsort(times, (size_t)payments, sizeof *times, compare);
    printf("{\"payments\":%ld,\"paid\":%ld,\"seconds\":%.3f,\"p50\":%.2f,"
           "\"p99\":%.2f,\"max\":%.2f}\n",
           payments, paid, (now() - since) / 1e3, percentile(0.5),
           percentile(0.99), percentile(1));
    return 0;
}
