/*
 * Where a service keeps its data: what its setting says, sqlite:PATH or
 * mongodb://, or what follows without one.
 */
#ifndef TILL_STORE_URL_H
#define TILL_STORE_URL_H

#include "base/config.h"

struct store_url {
    const char *sqlite; /* the file's path, or NULL */
    const char *mongo;  /* the URI, or NULL */
};

/*
 * The store that USER_DB, ORDER_DB, ... names; `service` names the default
 * file, data/<service>.db. Dies on a value that is neither kind.
 */
struct store_url store_url_of(enum setting setting, const char *service);

#endif
