/* Small words for JSON trees: member names are case-sensitive throughout. */
#ifndef SANDBOX_TREE_H
#define SANDBOX_TREE_H

#include "pool.h"

/* NULL when the member is absent or of another type. */
const char *tree_text(const cJSON *object, const char *name);
cJSON *tree_get(const cJSON *object, const char *name);

/* 0 when the member is absent or of another type. */
long long tree_number(const cJSON *object, const char *name);

/* Set a member whether it is there or not; a NULL text becomes null. */
void tree_set(cJSON *object, const char *name, cJSON *value);
void tree_set_text(cJSON *object, const char *name, const char *value);
void tree_set_number(cJSON *object, const char *name, long long value);
void tree_set_bool(cJSON *object, const char *name, int value);
void tree_set_null(cJSON *object, const char *name);

/* A tree of its own in the pool; NULL when the text is not one JSON value. */
cJSON *tree_parse(struct pool *pool, const char *text);
char *tree_print(struct pool *pool, const cJSON *tree);

#endif
