/*
 * How far long work is, for people, on standard error: a bar on a terminal,
 * elsewhere a line for each step.
 */
#ifndef TILL_PROGRESS_H
#define TILL_PROGRESS_H

#include <stdint.h>

/* `what` is being worked on, `step` is what is done with it at the moment. */
void progress_tell(const char *what, const char *step, int64_t done,
                   int64_t all);

/* Takes the bar away. */
void progress_end(void);

#endif
