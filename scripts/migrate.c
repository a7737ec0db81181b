/*
 * till-migrate: brings every service's database to this build's version,
 * making what doesn't exist yet. Safe to repeat.
 */
#include <stdio.h>
#include <sysexits.h>

#include "io/migration.h"
#include "io/store_url.h"

static const struct {
    enum setting setting;
    const char *service;
} services[] = {
    { SETTING_USER_DB, "user" },
    { SETTING_ORDER_DB, "order" },
    { SETTING_PAYMENT_DB, "payment" },
};

static bool
bring_up(struct ctx *cx, enum setting setting, const char *service)
{
    struct store_url url = store_url_of(setting, service);
    int64_t applied = 0;

    if (migrate(cx, service, url.sqlite, &applied)) {
        fprintf(stderr, "till: %s: %s\n", service,
                cx->cause ? cx->cause : cx->fault);
        return false;
    }
    if (applied > 0)
        printf("%s: %lld migration%s applied\n", service, (long long)applied,
               applied == 1 ? "" : "s");
    return true;
}

int
main(void)
{
    struct arena *arena = arena_create();
    bool is_good = true;

    config_load();
    for (size_t i = 0; i < sizeof services / sizeof *services; i++) {
        struct ctx cx;

        ctx_init(&cx, arena, "migrate");
        is_good &= bring_up(&cx, services[i].setting, services[i].service);
    }
    arena_free(arena);
    return is_good ? EX_OK : EX_UNAVAILABLE;
}
