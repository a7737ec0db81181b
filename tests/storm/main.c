/*
 * till-storm --shop URL --sandbox URL --seed N --seconds N --customers N
 *            --journals DIR
 *
 * STORM_ADMIN is an admin's token. Ends after so many seconds, when everybody
 * has their answers.
 */
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "storm.h"

enum { PEOPLE_MAX = 256, SECONDS_MAX = 4 * 3600 };

struct storm storm;

static struct person people[PEOPLE_MAX + 1];
static time_t end;

bool
storm_is_over(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec >= end;
}

struct options {
    long seconds, customers;
    const char *journals;
};

static bool
number_read(const char *text, long most, long *ret_number)
{
    char *rest;

    *ret_number = strtol(text, &rest, 10);
    return rest != text && !*rest && *ret_number >= 0 && *ret_number <= most;
}

static bool
options_read(int count, char **words, struct options *options)
{
    bool is_good = count % 2 == 1;
    long seed;
    int i;

    for (i = 1; i + 1 < count && is_good; i += 2) {
        if (!strcmp(words[i], "--shop"))
            storm.shop = words[i + 1];
        else if (!strcmp(words[i], "--sandbox"))
            storm.sandbox = words[i + 1];
        else if (!strcmp(words[i], "--journals"))
            options->journals = words[i + 1];
        else if (!strcmp(words[i], "--seconds"))
            is_good = number_read(words[i + 1], SECONDS_MAX, &options->seconds);
        else if (!strcmp(words[i], "--customers"))
            is_good =
                number_read(words[i + 1], PEOPLE_MAX, &options->customers);
        else if (!strcmp(words[i], "--seed") &&
                 (is_good = number_read(words[i + 1], 1L << 53, &seed)))
            storm.seed = (uint64_t)seed;
        else
            is_good = false;
    }
    return is_good && storm.shop && storm.sandbox && options->journals &&
           options->seconds && options->customers;
}

static void
person_born(struct person *me, int number, const char *journals)
{
    char path[4096];

    me->number = number;
    me->dice = dice_new(storm.seed, (uint64_t)number);
    me->multi = curl_multi_init();
    snprintf(path, sizeof(path), "%s/%03d.jsonl", journals, number);
    me->journal = fopen(path, "we");
    if (!me->journal || !me->multi) {
        perror(path);
        exit(1);
    }
}

static void *
person_live(void *arg)
{
    struct person *me = arg;

    if (me->number == 0)
        dashboard_live(me);
    else
        customer_live(me);
    curl_multi_cleanup(me->multi);
    if (fclose(me->journal))
        abort();
    return NULL;
}

int
main(int count, char **words)
{
    struct options options = { 0 };
    pthread_t threads[PEOPLE_MAX + 1];
    struct timespec now;
    int i;

    if (!options_read(count, words, &options) ||
        !(storm.admin_token = getenv("STORM_ADMIN"))) {
        fputs("usage: till-storm --shop URL --sandbox URL --seed N"
              " --seconds N --customers N --journals DIR\n",
              stderr);
        return 64;
    }
    curl_global_init(CURL_GLOBAL_DEFAULT);
    clock_gettime(CLOCK_MONOTONIC, &now);
    end = now.tv_sec + options.seconds;
    for (i = 0; i <= options.customers; i++)
        person_born(&people[i], i, options.journals);
    for (i = 0; i <= options.customers; i++)
        if (pthread_create(&threads[i], NULL, person_live, &people[i]))
            abort();
    for (i = 0; i <= options.customers; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
