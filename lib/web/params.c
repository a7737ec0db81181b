#include "web/params.h"

#include <string.h>

static const struct {
    const char *name;
    size_t size;
} names[PARAMS] = {
#define X(name) { #name, sizeof #name - 1 },
    PARAM_TABLE(X)
#undef X
};

/* PARAMS: none of those. */
static enum param
param_named(const char *name, size_t size)
{
    int i = 0;

    while (i < PARAMS &&
           (names[i].size != size || memcmp(names[i].name, name, size) != 0))
        i++;
    return (enum param)i;
}

void
params_find(char *const *pairs, struct params *ret_params)
{
    *ret_params = (struct params){ 0 };
    for (; *pairs; pairs++) {
        const char *value = strchr(*pairs, '=');
        enum param param =
            value ? param_named(*pairs, (size_t)(value - *pairs)) : PARAMS;

        if (param == PARAMS)
            continue;
        if (ret_params->values[param])
            ret_params->is_repeated[param] = true;
        else
            ret_params->values[param] = value + 1;
    }
}

const char *
params_get(const struct params *params, enum param param, const char *otherwise)
{
    return params->values[param] ? params->values[param] : otherwise;
}
