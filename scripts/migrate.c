/*
 * till-migrate: brings every service's database to this build's version,
 * making what doesn't exist yet. Safe to repeat. With --pending it says which
 * would change, and changes nothing.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "io/migration.h"
#include "io/store_url.h"
#include "services.h"

/* What a copy has not finished yet must not be used: half of it is missing. */
static enum err
refuse_half_copies(struct ctx *cx, const struct service *service,
                   const struct store_url *url)
{
    struct record_home home;
    const char *source;
    enum err err;

    err = url->mongo
              ? record_mongo_open(cx, service->name, url->mongo, &home)
              : record_sqlite_open(cx, service->name, url->sqlite, &home);
    if (!err && !(err = home.marked(cx, &home, &source)) && source)
        err = fail(cx, ERR_UNAVAILABLE,
                   "a copy of %s into it isn't finished: run `scripts/till "
                   "copy` again",
                   source);
    record_close(&home);
    return err;
}

static bool
bring_up(struct ctx *cx, const struct service *service)
{
    struct store_url url = store_url_of(service->setting, service->name);
    int64_t applied = 0;
    enum err err;

    err = url.mongo ? mongo_migrate(cx, url.mongo, service->collections)
                    : migrate(cx, service->name, url.sqlite, &applied);
    if (!err)
        err = refuse_half_copies(cx, service, &url);
    if (err)
        fprintf(stderr, "till: %s: %s\n", service->name,
                cx->cause ? cx->cause : cx->fault);
    if (applied > 0)
        printf("%s: %lld migration%s applied\n", service->name,
               (long long)applied, applied == 1 ? "" : "s");
    return !err;
}

/* Nothing is said of MongoDB's collections: they aren't rebuilt. */
static bool
say_pending(struct ctx *cx, const struct service *service)
{
    struct store_url url = store_url_of(service->setting, service->name);
    int64_t pending = 0;
    enum err err =
        url.sqlite ? migration_pending(cx, service->name, url.sqlite, &pending)
                   : OK;

    if (err)
        fprintf(stderr, "till: %s: %s\n", service->name,
                cx->cause ? cx->cause : cx->fault);
    if (pending > 0)
        printf("%s: %lld migration%s\n", service->name, (long long)pending,
               pending == 1 ? "" : "s");
    return !err;
}

int
main(int argc, char **argv)
{
    bool only_says = argc == 2 && !strcmp(argv[1], "--pending"), is_good = true;
    struct arena *arena = arena_create();

    if (argc > 1 && !only_says) {
        fprintf(stderr, "usage: till migrate [--pending]\n");
        return EX_USAGE;
    }
    config_load();
    for (int i = 0; i < SERVICES; i++) {
        struct ctx cx;

        ctx_init(&cx, arena, "migrate");
        is_good &= only_says ? say_pending(&cx, &services[i])
                             : bring_up(&cx, &services[i]);
    }
    arena_free(arena);
    return is_good ? EX_OK : EX_UNAVAILABLE;
}
