#include "io/library.h"

#include <dlfcn.h>
#include <string.h>

#include "base/stop.h"

void
library_load(const char *file, const char *package,
             const struct library_call *calls, size_t count)
{
    void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

    if (!library)
        die("%s can't be loaded (on Debian it is in the package %s): %s", file,
            package, dlerror());
    for (size_t i = 0; i < count; i++) {
        void *call = dlsym(library, calls[i].name);

        if (!call)
            die("%s has no %s: it is of another version", file, calls[i].name);
        memcpy(calls[i].place, &call, sizeof call);
    }
}
