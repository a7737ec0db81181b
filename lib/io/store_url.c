#include "io/store_url.h"

#include <stdio.h>
#include <string.h>

#include "base/stop.h"

struct store_url
store_url_of(enum setting setting, const char *service)
{
    static char path[64];
    const char *value = config_text(setting);

    /* MONGO_URI alone moves the users, and only them */
    if (!value && setting == SETTING_USER_DB)
        value = config_text(SETTING_MONGO_URI);
    if (!value) {
        snprintf(path, sizeof path, "data/%s.db", service);
        return (struct store_url){ .sqlite = path };
    }
    if (!strncmp(value, "sqlite:", 7) && value[7])
        return (struct store_url){ .sqlite = value + 7 };
    if (!strncmp(value, "mongodb://", 10) ||
        !strncmp(value, "mongodb+srv://", 14))
        return (struct store_url){ .mongo = value };
    die("%s must be sqlite:PATH or mongodb://...", config_name(setting));
}
