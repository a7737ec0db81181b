#include "webhook.h"

#include <string.h>

#include "store.h"
#include "tree.h"
#include "webhook_settings.h"

cJSON *
webhook_settings(struct pool *pool)
{
    const char *kept = store_recall(pool, "webhook");
    cJSON *settings = kept ? tree_parse(pool, kept) : NULL;

    return settings ? settings : webhook_standard(pool);
}

bool
webhook_is_set(struct pool *pool)
{
    return tree_text(webhook_settings(pool), "url");
}

const char *
webhook_register(struct pool *pool, const char *url, const char *secrets)
{
    cJSON *settings = webhook_settings(pool), *list = cJSON_CreateArray();
    const char *fault = webhook_url_fault(url);
    size_t size;

    for (; *secrets; secrets += size + (secrets[size] == ',')) {
        size = strcspn(secrets, ",");
        if (size)
            cJSON_AddItemToArray(
                list, cJSON_CreateString(pool_copy(pool, secrets, size)));
    }
    tree_set_text(settings, "url", url);
    tree_set(settings, "secrets", list);
    if (!fault && !cJSON_GetArraySize(list))
        fault = "the webhook needs a secret to sign with";
    if (!fault)
        store_remember("webhook", tree_print(pool, settings));
    return fault;
}

/* SplitMix64, by Vigna; public domain. */
unsigned long long
webhook_mix(unsigned long long seed, unsigned long long n)
{
    unsigned long long z = seed + (n + 1) * 0x9e3779b97f4a7c15ULL;

    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
}

static unsigned long long
next_number(void)
{
    sqlite3_stmt *query =
        store_query("SELECT coalesce(max(seq), 0) FROM delivery", "");
    unsigned long long n;

    store_next(query);
    n = (unsigned long long)sqlite3_column_int64(query, 0);
    store_end(query);
    return n;
}

/* Adds one delivery; one to be dropped is over before it began. */
static void
delivery_add(const cJSON *settings, const char *event_id, const char *forge,
             unsigned long long n)
{
    long long jitter = tree_number(settings, "jitter_ms"),
              due = store_now_ms() + tree_number(settings, "delay_ms");
    unsigned long long dice =
        webhook_mix((unsigned long long)tree_number(settings, "seed"), n);
    bool is_dropped =
        (long long)(dice % 100) < tree_number(settings, "drop_percent");

    if (jitter)
        due += (long long)(dice / 100 % (unsigned long long)jitter);
    store_run("INSERT INTO delivery(event, forge, created, due, state)"
              " VALUES(?, ?, ?, iif(?, NULL, ?), ?)",
              "ssiiii", event_id, forge, store_now(),
              (long long)cJSON_IsTrue(tree_get(settings, "hold")), due,
              is_dropped ? 2LL : 0LL);
}

void
webhook_plan(struct pool *pool, const char *event_id)
{
    const cJSON *settings = webhook_settings(pool), *kind;
    long long copies = tree_number(settings, "copies");
    unsigned long long n = next_number();

    webhook_wake();
    if (!tree_text(settings, "url"))
        return;
    for (; copies > 0; copies--)
        delivery_add(settings, event_id, NULL, n++);
    cJSON_ArrayForEach(kind, tree_get(settings, "forge"))
    {
        delivery_add(settings, event_id, kind->valuestring, n++);
    }
}
