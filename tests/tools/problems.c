/* Prints every problem of lib/base/err.h, as nginx and docs/ must have it. */
#include <stdio.h>

#include "base/err.h"

int
main(void)
{
#define X(err, status, type, title)                                            \
    if (err != OK)                                                             \
        printf("%s|%d|%s\n", type, status, title);
    ERR_TABLE(X)
#undef X
    return 0;
}
