#include "base/stop.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sysexits.h>

void
die(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    fputs("till: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    /* not exit(): other threads may still be running */
    _Exit(EX_CONFIG);
}

void
bug(const char *format, ...)
{
    va_list list;

    va_start(list, format);
    fputs("till: bug: ", stderr);
    vfprintf(stderr, format, list);
    fputc('\n', stderr);
    va_end(list);
    abort();
}
