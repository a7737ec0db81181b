#include "io/store_url.h"

#include <stdio.h>
#include <string.h>

#include "base/stop.h"

bool
store_url_parse(const char *text, struct store_url *ret_url)
{
    if (!strncmp(text, "sqlite:", 7) && text[7])
        *ret_url = (struct store_url){ .sqlite = text + 7 };
    else if (!strncmp(text, "mongodb://", 10) ||
             !strncmp(text, "mongodb+srv://", 14))
        *ret_url = (struct store_url){ .mongo = text };
    else
        return false;
    return true;
}

const char *
store_url_name(struct arena *arena, const struct store_url *url)
{
    const char *hosts, *end, *at;

    if (url->sqlite)
        return arena_printf(arena, "sqlite:%s", url->sqlite);
    hosts = strstr(url->mongo, "://") + 3;
    end = hosts + strcspn(hosts, "?");
    /* the last one: a password that isn't encoded may have one, too */
    for (at = end; at > hosts && at[-1] != '@';)
        at--;
    return arena_printf(arena, "mongodb://%.*s", (int)(end - at), at);
}

struct store_url
store_url_of(enum setting setting, const char *service)
{
    static char path[64];
    const char *value = config_text(setting);
    struct store_url url;

    /* MONGO_URI alone moves the users, and only them */
    if (!value && setting == SETTING_USER_DB)
        value = config_text(SETTING_MONGO_URI);
    if (!value) {
        snprintf(path, sizeof path, "data/%s.db", service);
        return (struct store_url){ .sqlite = path };
    }
    if (store_url_parse(value, &url))
        return url;
    die("%s must be sqlite:PATH or mongodb://...", config_name(setting));
}
