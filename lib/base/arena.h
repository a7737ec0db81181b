/*
 * Memory that lives as long as one request: taken piece by piece, given back
 * all at once. What a foreign library allocated is tied to it with
 * arena_defer, so that no handler holds a free() or a goto.
 *
 * An arena belongs to one thread at a time. No call returns NULL: a process
 * without memory stops (die), its supervisor starts it anew, and nothing that
 * was acknowledged depends on memory. Sizes that a client controls are capped
 * by whoever asks for them, before.
 */
#ifndef TILL_ARENA_H
#define TILL_ARENA_H

#include <stdarg.h>
#include <stddef.h>

struct arena;

/* A new, empty arena; ends with arena_free. */
struct arena *arena_create(void);

/* Runs what was deferred, newest first, and gives all memory back. */
void arena_free(struct arena *arena);

/* The same, but keeps one block, wiped, for the next request. */
void arena_reset(struct arena *arena);

/* size bytes of zeroes, aligned for any type. */
void *arena_alloc(struct arena *arena, size_t size);

#define arena_new(arena, type) ((type *)arena_alloc((arena), sizeof(type)))
#define arena_array(arena, type, count)                                        \
    ((type *)arena_alloc((arena), arena_product((count), sizeof(type))))

/* count * size; stops the process where that overflows. */
size_t arena_product(size_t count, size_t size);

/* A copy; NULL stays NULL. */
char *arena_strdup(struct arena *arena, const char *text);

/* A copy of size bytes, with a terminating NUL. */
char *arena_strndup(struct arena *arena, const char *bytes, size_t size);

char *arena_printf(struct arena *arena, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

char *arena_vprintf(struct arena *arena, const char *format, va_list list)
    __attribute__((format(printf, 2, 0)));

/* Calls release(thing) when the arena is reset or freed. */
void arena_defer(struct arena *arena, void (*release)(void *), void *thing);

#endif
