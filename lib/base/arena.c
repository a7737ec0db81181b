#include "base/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/stop.h"

enum { BLOCK = 8192 };

struct block {
    struct block *older;
    size_t size, used;
    alignas(max_align_t) char bytes[];
};

struct deferred {
    struct deferred *older;
    void (*release)(void *);
    void *thing;
};

struct arena {
    struct block *newest;
    struct deferred *deferred;
};

static struct block *
block_create(struct block *older, size_t size)
{
    struct block *block;

    if (size < BLOCK)
        size = BLOCK;
    if (size > SIZE_MAX - sizeof *block)
        bug("an allocation of %zu bytes", size);
    /* zeroed, and zeroed again by arena_reset: arena_alloc promises zeroes */
    block = calloc(1, sizeof *block + size);
    if (!block)
        die("out of memory");
    block->older = older;
    block->size = size;
    return block;
}

struct arena *
arena_create(void)
{
    struct arena *arena = calloc(1, sizeof *arena);

    if (!arena)
        die("out of memory");
    arena->newest = block_create(NULL, BLOCK);
    return arena;
}

void
arena_reset(struct arena *arena)
{
    struct block *block;

    /* the list itself lives in the blocks: run it before they go */
    while (arena->deferred) {
        struct deferred *deferred = arena->deferred;

        arena->deferred = deferred->older;
        deferred->release(deferred->thing);
    }
    while ((block = arena->newest)->older) {
        arena->newest = block->older;
        explicit_bzero(block->bytes, block->used);
        free(block);
    }
    /* passwords and tokens pass through here */
    explicit_bzero(block->bytes, block->used);
    block->used = 0;
}

void
arena_free(struct arena *arena)
{
    if (!arena)
        return;
    arena_reset(arena);
    free(arena->newest);
    free(arena);
}

void *
arena_alloc(struct arena *arena, size_t size)
{
    const size_t align = alignof(max_align_t);
    struct block *block = arena->newest;
    void *ret;

    if (size > SIZE_MAX - align)
        bug("an allocation of %zu bytes", size);
    size = (size + align - 1) / align * align;
    if (size > block->size - block->used)
        block = arena->newest = block_create(block, size);
    ret = block->bytes + block->used;
    block->used += size;
    return ret;
}

size_t
arena_product(size_t count, size_t size)
{
    size_t product;

    if (__builtin_mul_overflow(count, size, &product))
        bug("an allocation of %zu times %zu bytes", count, size);
    return product;
}

char *
arena_strndup(struct arena *arena, const char *bytes, size_t size)
{
    char *copy = arena_alloc(arena, size + 1);

    memcpy(copy, bytes, size);
    return copy;
}

char *
arena_strdup(struct arena *arena, const char *text)
{
    return text ? arena_strndup(arena, text, strlen(text)) : NULL;
}

char *
arena_vprintf(struct arena *arena, const char *format, va_list list)
{
    va_list again;
    char *text;
    int size;

    va_copy(again, list);
    size = vsnprintf(NULL, 0, format, again);
    va_end(again);
    if (size < 0)
        bug("the format \"%s\" can't be printed", format);
    text = arena_alloc(arena, (size_t)size + 1);
    vsnprintf(text, (size_t)size + 1, format, list);
    return text;
}

char *
arena_printf(struct arena *arena, const char *format, ...)
{
    va_list list;
    char *text;

    va_start(list, format);
    text = arena_vprintf(arena, format, list);
    va_end(list);
    return text;
}

void
arena_defer(struct arena *arena, void (*release)(void *), void *thing)
{
    struct deferred *deferred = arena_new(arena, struct deferred);

    deferred->older = arena->deferred;
    deferred->release = release;
    deferred->thing = thing;
    arena->deferred = deferred;
}
