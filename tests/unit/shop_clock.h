/*
 * base/clock.h for a test that makes its own time: it stands still at shop.now,
 * but for naps. Included where the test has its `shop`, in place of clock.c.
 */
#ifndef TILL_TESTS_SHOP_CLOCK_H
#define TILL_TESTS_SHOP_CLOCK_H

int64_t
clock_now(void)
{
    return shop.now;
}

int64_t
clock_monotonic(void)
{
    return shop.now;
}

int64_t
clock_micros(void)
{
    return shop.now * 1000;
}

void
clock_nap(int64_t milliseconds)
{
    shop.now += milliseconds;
}

void
clock_rfc3339(int64_t milliseconds, char *text)
{
    snprintf(text, CLOCK_TEXT, "%lld", (long long)milliseconds);
}

#endif
