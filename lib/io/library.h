/*
 * Foreign libraries that only some setups need: loaded when they are, so that
 * the others neither have to install them nor pay for their memory.
 */
#ifndef TILL_LIBRARY_H
#define TILL_LIBRARY_H

#include <stddef.h>

struct library_call {
    const char *name;
    void *place; /* of the pointer to the function */
};

/*
 * Loads the library and fills the places. Dies where that can't be done,
 * naming Debian's package.
 */
void library_load(const char *file, const char *package,
                  const struct library_call *calls, size_t count);

#endif
