#include "stripe_params.h"

#include <stdlib.h>
#include <string.h>

#include "tree.h"

enum {
    TEXT_MAX = 5000,
    METADATA_KEYS = 50,
    METADATA_KEY_SIZE = 40,
    METADATA_VALUE_SIZE = 500
};

const char *
param_text(const struct stripe_call *call, const char *name)
{
    const char *value = form_get(&call->form, name);

    return value && *value ? value : NULL;
}

bool
param_is_true(const struct stripe_call *call, const char *name)
{
    const char *value = form_get(&call->form, name);

    return value && !strcmp(value, "true");
}

long long
param_integer(const struct stripe_call *call, const char *name,
              long long missing)
{
    const char *value = param_text(call, name);

    return value ? strtoll(value, NULL, 10) : missing;
}

const char *
param_member(struct pool *pool, const struct form_pair *pair, const char *name)
{
    size_t size = strlen(name), length = strlen(pair->name);

    if (length < size + 2 || strncmp(pair->name, name, size) ||
        pair->name[size] != '[' || pair->name[length - 1] != ']')
        return NULL;
    return pool_copy(pool, pair->name + size + 1, length - size - 2);
}

cJSON *
param_metadata(const struct stripe_call *call)
{
    cJSON *metadata = cJSON_CreateObject();
    const char *key;
    size_t i;

    for (i = 0; i < call->form.count; i++) {
        key = param_member(call->pool, &call->form.pairs[i], "metadata");
        if (key && *call->form.pairs[i].value)
            tree_set_text(metadata, key, call->form.pairs[i].value);
    }
    return metadata;
}

static bool
is_list_index(const char *text)
{
    return strspn(text, "0123456789") == strlen(text);
}

static const struct param *
param_find(struct stripe_call *call, const struct param *table,
           const struct form_pair *pair)
{
    const struct param *param;
    const char *member;

    for (param = table; param->name; param++) {
        if (!strcmp(pair->name, param->name))
            return param;
        member = param_member(call->pool, pair, param->name);
        if (!member)
            continue;
        if (param->kind == PARAM_ABSENT || param->kind == PARAM_MAP ||
            (param->kind == PARAM_LIST && is_list_index(member)))
            return param;
    }
    return NULL;
}

static bool
is_choice(const char *choices, const char *value)
{
    size_t size = strlen(value), step;

    for (; *choices; choices += step + (choices[step] == '|')) {
        step = strcspn(choices, "|");
        if (step == size && !strncmp(choices, value, size))
            return true;
    }
    return false;
}

static bool
integer_check(struct stripe_call *call, const struct form_pair *pair)
{
    const char *digits = pair->value + (*pair->value == '-');

    if (!*digits || strspn(digits, "0123456789") != strlen(digits) ||
        strlen(digits) > 18)
        return stripe_refuse(call, 400, "parameter_invalid_integer", pair->name,
                             "Invalid integer: %.100s", pair->value);
    return true;
}

static bool
choice_check(struct stripe_call *call, const struct param *param,
             const struct form_pair *pair)
{
    if (!param->choices || is_choice(param->choices, pair->value))
        return true;
    return stripe_refuse(call, 400, NULL, pair->name,
                         "Invalid %s: must be one of %s", pair->name,
                         param->choices);
}

static bool
map_check(struct stripe_call *call, const struct param *param,
          const struct form_pair *pair)
{
    const char *key = param_member(call->pool, pair, param->name);

    if (!key)
        return !*pair->value ||
               stripe_refuse(call, 400, NULL, param->name, "Invalid object");
    if (!*key || strpbrk(key, "[]"))
        return stripe_refuse(call, 400, NULL, pair->name,
                             "Metadata values must be strings, and keys "
                             "must not hold square brackets.");
    if (strlen(key) > METADATA_KEY_SIZE)
        return stripe_refuse(call, 400, NULL, param->name,
                             "Metadata keys can have up to %d characters.",
                             METADATA_KEY_SIZE);
    if (strlen(pair->value) > METADATA_VALUE_SIZE)
        return stripe_refuse(call, 400, NULL, pair->name,
                             "Metadata values can have up to %d characters.",
                             METADATA_VALUE_SIZE);
    return true;
}

static bool
value_check(struct stripe_call *call, const struct param *param,
            const struct form_pair *pair)
{
    if (param->kind == PARAM_MAP)
        return map_check(call, param, pair);
    if (!*pair->value && param->kind != PARAM_ABSENT)
        return param->flags & PARAM_MAY_BE_EMPTY ||
               stripe_refuse(
                   call, 400, "parameter_invalid_empty", pair->name,
                   "You passed an empty string for '%s'. We assume empty "
                   "values are an attempt to unset a field; however '%s' "
                   "cannot be unset. You should remove '%s' from your "
                   "request or supply a non-empty value.",
                   pair->name, pair->name, pair->name);
    switch (param->kind) {
    case PARAM_INTEGER:
        return integer_check(call, pair);
    case PARAM_BOOLEAN:
        return is_choice("true|false", pair->value) ||
               stripe_refuse(call, 400, NULL, pair->name,
                             "Invalid boolean: %.100s", pair->value);
    case PARAM_CHOICE:
    case PARAM_LIST:
        if (param->kind == PARAM_LIST && !strcmp(pair->name, param->name))
            return stripe_refuse(call, 400, NULL, pair->name, "Invalid array");
        return choice_check(call, param, pair);
    case PARAM_GROUP:
        return stripe_refuse(call, 400, NULL, pair->name, "Invalid object");
    case PARAM_ABSENT:
        return stripe_refuse(call, 400, NULL, pair->name,
                             "Stripe knows the parameter %s, this sandbox "
                             "doesn't carry it out.",
                             pair->name);
    default:
        return strlen(pair->value) <= TEXT_MAX ||
               stripe_refuse(call, 400, NULL, pair->name,
                             "Invalid string: must be at most %d characters",
                             TEXT_MAX);
    }
}

static bool
pairs_check(struct stripe_call *call, const struct param *table)
{
    const struct form_pair *pair;
    const struct param *param;
    size_t i, metadata = 0;

    for (i = 0; i < call->form.count; i++) {
        pair = &call->form.pairs[i];
        param = param_find(call, table, pair);
        if (!param)
            return stripe_refuse(call, 400, "parameter_unknown", pair->name,
                                 "Received unknown parameter: %.200s",
                                 pair->name);
        if (!value_check(call, param, pair))
            return false;
        if (param->kind == PARAM_MAP && ++metadata > METADATA_KEYS)
            return stripe_refuse(call, 400, NULL, param->name,
                                 "Metadata can have up to %d keys.",
                                 METADATA_KEYS);
    }
    return true;
}

bool
params_check(struct stripe_call *call, const struct param *table)
{
    bool is_confirmed = param_is_true(call, "confirm");
    const struct param *param;

    if (!pairs_check(call, table))
        return false;
    for (param = table; param->name; param++) {
        if (param->flags & PARAM_REQUIRED && !param_text(call, param->name))
            return stripe_refuse(call, 400, "parameter_missing", param->name,
                                 "Missing required param: %s.", param->name);
        if (param->flags & PARAM_WITH_CONFIRM && !is_confirmed &&
            form_get(&call->form, param->name))
            return stripe_refuse(call, 400, NULL, param->name,
                                 "The parameter `%s` cannot be passed when "
                                 "creating a PaymentIntent unless `confirm` "
                                 "is set to true.",
                                 param->name);
    }
    return true;
}
