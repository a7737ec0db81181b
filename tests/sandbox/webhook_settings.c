#include "webhook_settings.h"

#include <arpa/inet.h>
#include <stdbool.h>
#include <string.h>

#include <curl/curl.h>

#include "tree.h"

static const struct number {
    const char *name;
    long long low, high, standard;
} numbers[] = {
    { "copies", 1, 100, 1 },       { "delay_ms", 0, 600000, 0 },
    { "jitter_ms", 0, 600000, 0 }, { "drop_percent", 0, 100, 0 },
    { "parallel", 1, 64, 4 },      { "seed", 0, 1LL << 53, 0 },
    { "speed", 1, 1000000, 600 },
};

enum { NUMBERS = sizeof(numbers) / sizeof(*numbers) };

static void
behaviour_reset(cJSON *settings)
{
    size_t i;

    for (i = 0; i < NUMBERS; i++)
        tree_set_number(settings, numbers[i].name, numbers[i].standard);
    tree_set_bool(settings, "hold", 0);
    tree_set(settings, "forge", cJSON_CreateArray());
}

cJSON *
webhook_standard(struct pool *pool)
{
    cJSON *settings = pool_tree(pool, cJSON_CreateObject());

    tree_set_null(settings, "url");
    tree_set(settings, "secrets", cJSON_CreateArray());
    behaviour_reset(settings);
    return settings;
}

static bool
is_loopback(const char *host)
{
    struct in_addr address;

    if (!strcmp(host, "localhost") || !strcmp(host, "[::1]"))
        return true;
    return inet_pton(AF_INET, host, &address) == 1 &&
           ntohl(address.s_addr) >> 24 == 127;
}

const char *
webhook_url_fault(const char *url)
{
    CURLU *parts = curl_url();
    char *scheme = NULL, *host = NULL;
    const char *fault = NULL;

    if (curl_url_set(parts, CURLUPART_URL, url, 0) ||
        curl_url_get(parts, CURLUPART_SCHEME, &scheme, 0) ||
        curl_url_get(parts, CURLUPART_HOST, &host, 0) ||
        strcmp(scheme, "http") || !is_loopback(host))
        fault = "the webhook must be http:// on this machine";
    curl_free(scheme);
    curl_free(host);
    curl_url_cleanup(parts);
    return fault;
}

static const char *
number_fault(struct pool *pool, const struct number *number, const cJSON *item)
{
    double value = item->valuedouble;

    if (cJSON_IsNumber(item) && value >= (double)number->low &&
        value <= (double)number->high && value == (double)(long long)value)
        return NULL;
    return pool_printf(pool, "`%s` must be %lld to %lld", number->name,
                       number->low, number->high);
}

static const char *
texts_fault(struct pool *pool, const cJSON *list, const char *choices)
{
    const cJSON *item;

    cJSON_ArrayForEach(item, list)
    {
        if (!cJSON_IsString(item) || !*item->valuestring ||
            (choices && !strstr(choices, item->valuestring)))
            return pool_printf(pool, "`%s` must hold texts%s%s", list->string,
                               choices ? " of these: " : "",
                               choices ? choices : "");
    }
    return cJSON_IsArray(list)
               ? NULL
               : pool_printf(pool, "`%s` must be an array", list->string);
}

static const char *
wish_fault(struct pool *pool, const cJSON *wish)
{
    const char *name = wish->string;
    size_t i;

    for (i = 0; i < NUMBERS; i++)
        if (!strcmp(numbers[i].name, name))
            return number_fault(pool, &numbers[i], wish);
    if (!strcmp(name, "hold"))
        return cJSON_IsBool(wish) ? NULL : "`hold` must be true or false";
    if (!strcmp(name, "forge"))
        return texts_fault(pool, wish, "secret timestamp body unsigned");
    if (!strcmp(name, "secrets"))
        return texts_fault(pool, wish, NULL);
    if (strcmp(name, "url"))
        return pool_printf(pool, "`%s` is not known", name);
    if (cJSON_IsNull(wish))
        return NULL;
    return cJSON_IsString(wish) ? webhook_url_fault(wish->valuestring)
                                : "`url` must be a text or null";
}

const char *
webhook_change(struct pool *pool, cJSON *settings, const cJSON *wishes)
{
    const cJSON *wish;
    const char *fault;

    if (!cJSON_IsObject(wishes))
        return "an object is wanted";
    cJSON_ArrayForEach(wish, wishes)
    {
        if ((fault = wish_fault(pool, wish)))
            return fault;
    }
    behaviour_reset(settings);
    cJSON_ArrayForEach(wish, wishes)
    {
        tree_set(settings, wish->string, cJSON_Duplicate(wish, 1));
    }
    if (tree_text(settings, "url") &&
        !cJSON_GetArraySize(tree_get(settings, "secrets")))
        return "`secrets`: one is needed to sign with";
    return NULL;
}
