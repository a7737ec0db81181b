#include "base/clock.h"

#include <string.h>
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

/* The last digits of a number, up to `end`. */
static void
put_digits(char *end, int digits, int64_t number)
{
    for (; digits > 0; digits--, number /= 10)
        *--end = (char)('0' + number % 10);
}

/* By hand: each answer and each line of the log has some. */
void
clock_rfc3339(int64_t milliseconds, char *text)
{
    static const char form[] = "yyyy-mm-ddThh:mm:ss.mmmZ";
    time_t seconds = (time_t)(milliseconds / 1000);
    struct tm utc;

    _Static_assert(sizeof form == CLOCK_TEXT, "it is as long as it says");
    gmtime_r(&seconds, &utc);
    memcpy(text, form, sizeof form);
    put_digits(text + 4, 4, utc.tm_year + 1900);
    put_digits(text + 7, 2, utc.tm_mon + 1);
    put_digits(text + 10, 2, utc.tm_mday);
    put_digits(text + 13, 2, utc.tm_hour);
    put_digits(text + 16, 2, utc.tm_min);
    put_digits(text + 19, 2, utc.tm_sec);
    put_digits(text + 23, 3, milliseconds % 1000);
}
