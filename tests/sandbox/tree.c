#include "tree.h"

#include <stdlib.h>
#include <string.h>

cJSON *
tree_get(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(object, name);
}

const char *
tree_text(const cJSON *object, const char *name)
{
    return cJSON_GetStringValue(tree_get(object, name));
}

long long
tree_number(const cJSON *object, const char *name)
{
    const cJSON *item = tree_get(object, name);

    return cJSON_IsNumber(item) ? (long long)item->valuedouble : 0;
}

void
tree_set(cJSON *object, const char *name, cJSON *value)
{
    if (tree_get(object, name))
        cJSON_ReplaceItemInObjectCaseSensitive(object, name, value);
    else
        cJSON_AddItemToObject(object, name, value);
}

void
tree_set_text(cJSON *object, const char *name, const char *value)
{
    tree_set(object, name,
             value ? cJSON_CreateString(value) : cJSON_CreateNull());
}

void
tree_set_number(cJSON *object, const char *name, long long value)
{
    tree_set(object, name, cJSON_CreateNumber((double)value));
}

void
tree_set_bool(cJSON *object, const char *name, int value)
{
    tree_set(object, name, cJSON_CreateBool(value));
}

void
tree_set_null(cJSON *object, const char *name)
{
    tree_set(object, name, cJSON_CreateNull());
}

cJSON *
tree_parse(struct pool *pool, const char *text)
{
    cJSON *tree = cJSON_ParseWithOpts(text, NULL, 1);

    return tree ? pool_tree(pool, tree) : NULL;
}

char *
tree_print(struct pool *pool, const cJSON *tree)
{
    char *text = cJSON_PrintUnformatted(tree), *copy;

    if (!text)
        abort();
    copy = pool_copy(pool, text, strlen(text));
    free(text);
    return copy;
}
