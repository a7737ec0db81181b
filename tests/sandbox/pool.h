/*
 * Memory that lives as long as one request: everything a request allocates
 * comes from its pool, and nothing is freed alone. Running out of memory ends
 * the sandbox; a test is over then anyway.
 */
#ifndef SANDBOX_POOL_H
#define SANDBOX_POOL_H

#include <stddef.h>

#include <cjson/cJSON.h>

struct pool;

struct pool *pool_new(void);
void pool_free(struct pool *pool);

/* Zeroed memory. */
void *pool_alloc(struct pool *pool, size_t size);

/* A copy with a NUL behind it; text may hold any bytes. */
char *pool_copy(struct pool *pool, const char *text, size_t size);

char *pool_printf(struct pool *pool, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Hands a root of a tree over to the pool, and returns it. */
cJSON *pool_tree(struct pool *pool, cJSON *tree);

#endif
