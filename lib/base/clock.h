/* Time: milliseconds everywhere, RFC 3339 in UTC where people read it. */
#ifndef TILL_CLOCK_H
#define TILL_CLOCK_H

#include <stdint.h>

enum { CLOCK_TEXT = sizeof "2026-01-01T00:00:00.000Z" };

/* Milliseconds since 1970. May jump when the clock is set. */
int64_t clock_now(void);

/* Milliseconds since some moment; never jumps. For deadlines. */
int64_t clock_monotonic(void);

/* Microseconds of the same, for durations in the log. */
int64_t clock_micros(void);

/* Waits, in a thread that has nothing else to do. */
void clock_nap(int64_t milliseconds);

/* RFC 3339, 5.6, in UTC with milliseconds, into text of CLOCK_TEXT bytes. */
void clock_rfc3339(int64_t milliseconds, char *text);

#endif
