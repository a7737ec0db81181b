/*
 * Two of the three ways to stop (the third is an err that the caller can act
 * on). Both write one line to standard error and end the process; whatever
 * supervises it starts it anew.
 */
#ifndef TILL_STOP_H
#define TILL_STOP_H

/* At start-up, or out of memory: says which setting is wrong, and how. */
_Noreturn void die(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

/* A broken invariant: the program itself is wrong. Aborts. */
_Noreturn void bug(const char *format, ...)
    __attribute__((format(printf, 1, 2)));

#endif
