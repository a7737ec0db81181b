/*
 * till-migrate: brings every service's database to this build's version,
 * making what doesn't exist yet. Safe to repeat.
 */
#include <stdio.h>
#include <sysexits.h>

#include "io/migration.h"
#include "io/store_url.h"
#include "services.h"

static bool
bring_up(struct ctx *cx, const struct service *service)
{
    struct store_url url = store_url_of(service->setting, service->name);
    int64_t applied = 0;
    enum err err;

    err = url.mongo ? mongo_migrate(cx, url.mongo, service->collections)
                    : migrate(cx, service->name, url.sqlite, &applied);
    if (err)
        fprintf(stderr, "till: %s: %s\n", service->name,
                cx->cause ? cx->cause : cx->fault);
    if (applied > 0)
        printf("%s: %lld migration%s applied\n", service->name,
               (long long)applied, applied == 1 ? "" : "s");
    return !err;
}

int
main(void)
{
    struct arena *arena = arena_create();
    bool is_good = true;

    config_load();
    for (int i = 0; i < SERVICES; i++) {
        struct ctx cx;

        ctx_init(&cx, arena, "migrate");
        is_good &= bring_up(&cx, &services[i]);
    }
    arena_free(arena);
    return is_good ? EX_OK : EX_UNAVAILABLE;
}
