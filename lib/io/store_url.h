/*
 * Where a service keeps its data: what its setting says, sqlite:PATH or
 * mongodb://, or what follows without one.
 */
#ifndef TILL_STORE_URL_H
#define TILL_STORE_URL_H

#include "base/arena.h"
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

/*
 * A URL of either kind that isn't a setting's; false: it is of neither. Points
 * into the text.
 */
bool store_url_parse(const char *text, struct store_url *ret_url);

/* Its name for people: without credentials and options, in the arena. */
const char *store_url_name(struct arena *arena, const struct store_url *url);

#endif
