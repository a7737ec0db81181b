#include "base/clock.h"

#include <stdio.h>
#include <time.h>

static int64_t
micros(clockid_t clock)
{
    struct timespec now;

    clock_gettime(clock, &now);
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

int64_t
clock_now(void)
{
    return micros(CLOCK_REALTIME) / 1000;
}

int64_t
clock_monotonic(void)
{
    return micros(CLOCK_MONOTONIC) / 1000;
}

int64_t
clock_micros(void)
{
    return micros(CLOCK_MONOTONIC);
}

void
clock_nap(int64_t milliseconds)
{
    struct timespec time = {
        .tv_sec = (time_t)(milliseconds / 1000),
        .tv_nsec = (long)(milliseconds % 1000) * 1000000,
    };

    nanosleep(&time, NULL);
}

void
clock_rfc3339(int64_t milliseconds, char *text)
{
    time_t seconds = (time_t)(milliseconds / 1000);
    char upto_seconds[sizeof "2026-01-01T00:00:00"];
    struct tm utc;

    gmtime_r(&seconds, &utc);
    strftime(upto_seconds, sizeof upto_seconds, "%Y-%m-%dT%H:%M:%S", &utc);
    snprintf(text, CLOCK_TEXT, "%s.%03uZ", upto_seconds,
             (unsigned)(milliseconds % 1000));
}
