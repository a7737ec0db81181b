#include "io/copy.h"

#include <string.h>

#include "base/clock.h"

/*
 * Milliseconds: what stops to count so soon may be gone from the one side
 * before it is summed up, and not yet from the other.
 */
enum { HORIZON = 60 * 1000 };

/* A piece of work on one page of a home's records. */
struct walk {
    const struct copy *copy;
    const struct record_kind *kind;
    enum copy_step step;
    struct copy_result *result;
    struct record_sum *sum;
};

typedef enum err page_function(struct ctx *cx, const struct walk *walk,
                               const struct records *records);

/* A ctx of its own for each page, so that memory stays flat. */
static enum err
walk_page(struct ctx *cx, struct record_home *home, const struct walk *walk,
          page_function *on_page, int64_t now, const char **after)
{
    struct arena *arena = arena_create();
    struct records *records = arena_new(arena, struct records);
    struct ctx page;
    enum err err;

    ctx_init(&page, arena, cx->request_id);
    err = home->page(&page, home, walk->kind, *after, now, records);
    if (!err && records->count > 0)
        err = on_page(&page, walk, records);
    if (!err)
        walk->copy->tell(walk->copy, walk->step, walk->kind,
                         (int64_t)records->count);
    if (err)
        (void)fail(cx, err, "%s: %s", walk->kind->table,
                   page.cause   ? page.cause
                   : page.fault ? page.fault
                                : err_title(err));
    *after = arena_strdup(cx->arena, records->last);
    arena_free(arena);
    return err;
}

static enum err
walk_all(struct ctx *cx, struct record_home *home, const struct walk *walk,
         page_function *on_page, int64_t now)
{
    const char *after = NULL;
    enum err err;

    do
        err = walk_page(cx, home, walk, on_page, now, &after);
    while (!err && after);
    return err;
}

static void
keys_of(const struct records *records, struct record_keys *keys)
{
    keys->count = records->count;
    for (size_t i = 0; i < records->count; i++)
        keys->keys[i] = records->records[i].key;
}

static const struct record *
find_key(const struct records *records, const char *key)
{
    for (size_t i = 0; i < records->count; i++) {
        if (!strcmp(records->records[i].key, key))
            return &records->records[i];
    }
    return NULL;
}

/* The source's page: puts what the target lacks, or has otherwise. */
static enum err
put_page(struct ctx *cx, const struct walk *walk, const struct records *records)
{
    struct records *there = arena_new(cx->arena, struct records);
    struct records *missing = arena_new(cx->arena, struct records);
    struct record_home *to = walk->copy->to;
    struct record_keys keys;
    enum err err;

    keys_of(records, &keys);
    if ((err = to->find(cx, to, walk->kind, &keys, there)))
        return err;
    for (size_t i = 0; i < records->count; i++) {
        const struct record *record = &records->records[i];
        const struct record *found = find_key(there, record->key);

        if (!found || !record_is_same(record, found))
            missing->records[missing->count++] = *record;
    }
    if (missing->count == 0)
        return OK;
    walk->result->put += (int64_t)missing->count;
    return to->put(cx, to, walk->kind, missing);
}

/* The target's page: drops what the source has no more. */
static enum err
drop_page(struct ctx *cx, const struct walk *walk,
          const struct records *records)
{
    struct records *there = arena_new(cx->arena, struct records);
    struct record_home *from = walk->copy->from, *to = walk->copy->to;
    struct record_keys keys, gone = { .count = 0 };
    enum err err;

    keys_of(records, &keys);
    if ((err = from->find(cx, from, walk->kind, &keys, there)))
        return err;
    for (size_t i = 0; i < keys.count; i++) {
        if (!find_key(there, keys.keys[i]))
            gone.keys[gone.count++] = keys.keys[i];
    }
    if (gone.count == 0)
        return OK;
    walk->result->dropped += (int64_t)gone.count;
    return to->drop(cx, to, walk->kind, &gone);
}

static enum err
sum_page(struct ctx *cx, const struct walk *walk, const struct records *records)
{
    for (size_t i = 0; i < records->count; i++)
        record_add(cx, &records->records[i], walk->sum);
    return OK;
}

bool
copy_is_same(const struct record_sum *one, const struct record_sum *other)
{
    return one->count == other->count &&
           !memcmp(one->sum, other->sum, sizeof one->sum);
}

/* Sums up both sides, of every kind. */
static enum err
compare(struct ctx *cx, const struct copy *copy, struct copy_result *result,
        bool *ret_is_same)
{
    int64_t horizon = clock_now() + HORIZON;
    enum err err = OK;

    *ret_is_same = true;
    for (int i = 0; copy->kinds[i].table && !err; i++) {
        struct walk walk = { copy, &copy->kinds[i], COPY_SUM_FROM, result,
                             &result->from[i] };

        result->from[i] = result->to[i] = (struct record_sum){ 0 };
        err = walk_all(cx, copy->from, &walk, sum_page, horizon);
        walk.step = COPY_SUM_TO;
        walk.sum = &result->to[i];
        if (!err)
            err = walk_all(cx, copy->to, &walk, sum_page, horizon);
        *ret_is_same &= copy_is_same(&result->from[i], &result->to[i]);
    }
    return err;
}

static enum err
is_empty(struct ctx *cx, struct record_home *home,
         const struct record_kind *kinds, bool *ret_is_empty)
{
    struct records *records = arena_new(cx->arena, struct records);
    enum err err = OK;

    *ret_is_empty = true;
    for (; kinds->table && *ret_is_empty && !err; kinds++) {
        err = home->page(cx, home, kinds, NULL, clock_now(), records);
        *ret_is_empty = err || records->count == 0;
    }
    return err;
}

static enum err
fill(struct ctx *cx, const struct copy *copy, struct copy_result *result)
{
    enum err err = OK;
    bool is_same;

    for (int i = 0; copy->kinds[i].table && !err; i++) {
        struct walk walk = { copy, &copy->kinds[i], COPY_DROP, result, NULL };

        /* first what is gone: its address may be another account's by now */
        err = walk_all(cx, copy->to, &walk, drop_page, clock_now());
        walk.step = COPY_PUT;
        if (!err)
            err = walk_all(cx, copy->from, &walk, put_page, clock_now());
    }
    result->outcome = COPY_BEGUN;
    if (err || copy->is_first)
        return err;
    if ((err = compare(cx, copy, result, &is_same)))
        return err;
    result->outcome = is_same ? COPY_DONE : COPY_CHANGED;
    return is_same ? copy->to->mark(cx, copy->to, NULL) : OK;
}

enum err
copy_run(struct ctx *cx, const struct copy *copy,
         struct copy_result *ret_result)
{
    struct copy_result *result = ret_result;
    bool is_fresh;
    enum err err;

    *result = (struct copy_result){ 0 };
    if ((err = copy->to->marked(cx, copy->to, &result->source)))
        return err;
    if (result->source) {
        if (!strcmp(result->source, copy->source))
            return fill(cx, copy, result);
        result->outcome = COPY_OTHER_SOURCE;
        return OK;
    }
    if ((err = is_empty(cx, copy->to, copy->kinds, &is_fresh)))
        return err;
    if (!is_fresh) {
        err = compare(cx, copy, result, &is_fresh);
        result->outcome = is_fresh ? COPY_WAS_DONE : COPY_OTHER_DATA;
        return err;
    }
    err = copy->to->mark(cx, copy->to, copy->source);
    return err ? err : fill(cx, copy, result);
}
