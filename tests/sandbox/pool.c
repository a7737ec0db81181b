#include "pool.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Either a tree to delete or the memory that follows the header itself. */
struct item {
    struct item *next;
    cJSON *tree;
    max_align_t memory[];
};

struct pool {
    struct item *items;
};

static void *
must(void *memory)
{
    if (!memory) {
        fputs("till-sandbox: out of memory\n", stderr);
        abort();
    }
    return memory;
}

struct pool *
pool_new(void)
{
    return must(calloc(1, sizeof(struct pool)));
}

void
pool_free(struct pool *pool)
{
    struct item *item, *next;

    for (item = pool->items; item; item = next) {
        next = item->next;
        cJSON_Delete(item->tree);
        free(item);
    }
    free(pool);
}

static struct item *
item_add(struct pool *pool, size_t size)
{
    struct item *item = must(calloc(1, sizeof(*item) + size));

    item->next = pool->items;
    pool->items = item;
    return item;
}

void *
pool_alloc(struct pool *pool, size_t size)
{
    return item_add(pool, size)->memory;
}

char *
pool_copy(struct pool *pool, const char *text, size_t size)
{
    char *copy = pool_alloc(pool, size + 1);

    if (size)
        memcpy(copy, text, size);
    return copy;
}

char *
pool_printf(struct pool *pool, const char *format, ...)
{
    va_list list;
    char *text;
    int size;

    va_start(list, format);
    size = vsnprintf(NULL, 0, format, list);
    va_end(list);
    text = pool_alloc(pool, (size_t)size + 1);
    va_start(list, format);
    vsnprintf(text, (size_t)size + 1, format, list);
    va_end(list);
    return text;
}

cJSON *
pool_tree(struct pool *pool, cJSON *tree)
{
    item_add(pool, 0)->tree = must(tree);
    return tree;
}
