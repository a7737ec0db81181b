/*
 * Ids of objects: UUIDv7 (RFC 9562, 5.7) in lower-case text. They sort by the
 * millisecond they were made in, and carry 74 random bits. Clients never
 * choose them.
 */
#ifndef TILL_ID_H
#define TILL_ID_H

#include <stdbool.h>

#include "base/arena.h"

enum { ID_SIZE = 36 };

/* A new id, in the arena. */
const char *id_new(struct arena *arena);

/* The least id of a moment (milliseconds): all made before it sort below. */
const char *id_at(struct arena *arena, int64_t time);

/* The moment that an id was made in (milliseconds); 0: it isn't one. */
int64_t id_time(const char *id);

/* Whether text is a UUID as we write them: 36 characters, lower case. */
bool id_is_valid(const char *text);

#endif
