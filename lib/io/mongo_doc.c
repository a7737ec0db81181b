#include "io/mongo_doc.h"

#include <bson/bson.h>
#include <stdarg.h>

#include "base/stop.h"
#include "io/library.h"

/* What we call of libbson, each of the type that its header says. */
#define CALLS(X)                                                               \
    X(bson_append_array)                                                       \
    X(bson_append_bool)                                                        \
    X(bson_append_date_time)                                                   \
    X(bson_append_document)                                                    \
    X(bson_append_int64)                                                       \
    X(bson_append_null)                                                        \
    X(bson_append_utf8)                                                        \
    X(bson_compare)                                                            \
    X(bson_concat)                                                             \
    X(bson_copy)                                                               \
    X(bson_destroy)                                                            \
    X(bson_has_field)                                                          \
    X(bson_iter_array)                                                         \
    X(bson_iter_as_int64)                                                      \
    X(bson_iter_bool)                                                          \
    X(bson_iter_date_time)                                                     \
    X(bson_iter_document)                                                      \
    X(bson_iter_init_find)                                                     \
    X(bson_iter_init_from_data)                                                \
    X(bson_iter_next)                                                          \
    X(bson_iter_type)                                                          \
    X(bson_iter_utf8)                                                          \
    X(bson_new)                                                                \
    X(bson_new_from_data)

static struct {
#define X(name) __typeof__(name) *name;
    CALLS(X)
#undef X
} lib;

void
mongo_doc_init(void)
{
    static const struct library_call calls[] = {
#define X(name) { #name, &lib.name },
        CALLS(X)
#undef X
    };

    library_load("libbson-1.0.so.0", "libbson-1.0-0", calls,
                 sizeof calls / sizeof *calls);
}

/* A document is a bson_t under another name. */
static const bson_t *
bson(const struct mongo_doc *doc)
{
    return (const bson_t *)doc;
}

static void
release(void *document)
{
    lib.bson_destroy(document);
}

static const struct mongo_doc *
keep(struct ctx *cx, bson_t *document)
{
    arena_defer(cx->arena, release, document);
    return (const struct mongo_doc *)document;
}

const struct mongo_doc *
mongo_doc_copy(struct ctx *cx, const struct mongo_doc *doc)
{
    return keep(cx, lib.bson_copy(bson(doc)));
}

static bool
append_text(bson_t *to, const char *name, const char *value)
{
    return value ? lib.bson_append_utf8(to, name, -1, value, -1)
                 : lib.bson_append_null(to, name, -1);
}

const struct mongo_doc *
mongo_doc(struct ctx *cx, const char *types, ...)
{
    bson_t *to = lib.bson_new();
    bool is_good = true;
    va_list list;

    va_start(list, types);
    for (; *types && is_good; types++) {
        const char *name = va_arg(list, const char *);

        if (*types == 't')
            is_good = append_text(to, name, va_arg(list, const char *));
        else if (*types == 'i')
            is_good =
                lib.bson_append_int64(to, name, -1, va_arg(list, int64_t));
        else if (*types == 'b')
            is_good = lib.bson_append_bool(to, name, -1, va_arg(list, int));
        else if (*types == 'm')
            is_good =
                lib.bson_append_date_time(to, name, -1, va_arg(list, int64_t));
        else if (*types == 'd')
            is_good = lib.bson_append_document(
                to, name, -1, bson(va_arg(list, const struct mongo_doc *)));
        else if (*types == 'l')
            is_good = lib.bson_append_array(
                to, name, -1, bson(va_arg(list, const struct mongo_doc *)));
        else
            bug("mongo_doc: there is no type %c", *types);
    }
    va_end(list);
    if (!is_good) /* 2 GiB: what clients send is capped long before */
        bug("mongo_doc: the document is too large");
    return keep(cx, to);
}

const struct mongo_doc *
mongo_join(struct ctx *cx, const struct mongo_doc *one,
           const struct mongo_doc *other)
{
    bson_t *both = lib.bson_copy(bson(one));

    if (!lib.bson_concat(both, bson(other)))
        bug("mongo_join: the document is too large");
    return keep(cx, both);
}

/* A list's names are its numbers. */
static const char *
number(struct ctx *cx, size_t i)
{
    return arena_printf(cx->arena, "%zu", i);
}

const struct mongo_doc *
mongo_doc_list(struct ctx *cx, const struct mongo_doc *const *docs,
               size_t count)
{
    bson_t *list = lib.bson_new();

    for (size_t i = 0; i < count; i++) {
        if (!lib.bson_append_document(list, number(cx, i), -1, bson(docs[i])))
            bug("mongo_doc_list: the list is too large");
    }
    return keep(cx, list);
}

const struct mongo_doc *
mongo_text_list(struct ctx *cx, const char *const *texts, size_t count)
{
    bson_t *list = lib.bson_new();

    for (size_t i = 0; i < count; i++) {
        if (!lib.bson_append_utf8(list, number(cx, i), -1, texts[i], -1))
            bug("mongo_text_list: the list is too large");
    }
    return keep(cx, list);
}

/* Finds a member of this type. */
static bool
find(const struct mongo_doc *doc, const char *name, bson_type_t type,
     bson_iter_t *ret_at)
{
    return lib.bson_iter_init_find(ret_at, bson(doc), name) &&
           lib.bson_iter_type(ret_at) == type;
}

const char *
mongo_text(struct ctx *cx, const struct mongo_doc *doc, const char *name)
{
    bson_iter_t at;

    if (!find(doc, name, BSON_TYPE_UTF8, &at))
        return NULL;
    return arena_strdup(cx->arena, lib.bson_iter_utf8(&at, NULL));
}

int64_t
mongo_int(const struct mongo_doc *doc, const char *name)
{
    bson_iter_t at;

    if (find(doc, name, BSON_TYPE_DATE_TIME, &at))
        return lib.bson_iter_date_time(&at);
    if (find(doc, name, BSON_TYPE_INT64, &at) ||
        find(doc, name, BSON_TYPE_INT32, &at))
        return lib.bson_iter_as_int64(&at);
    return 0;
}

bool
mongo_is_true(const struct mongo_doc *doc, const char *name)
{
    bson_iter_t at;

    return find(doc, name, BSON_TYPE_BOOL, &at) && lib.bson_iter_bool(&at);
}

/* The document that an iterator stands on. */
static const struct mongo_doc *
child_at(struct ctx *cx, const bson_iter_t *at)
{
    const uint8_t *bytes;
    uint32_t size;

    lib.bson_iter_document(at, &size, &bytes);
    return keep(cx, lib.bson_new_from_data(bytes, size));
}

const struct mongo_doc *
mongo_child(struct ctx *cx, const struct mongo_doc *doc, const char *name)
{
    bson_iter_t at;

    return find(doc, name, BSON_TYPE_DOCUMENT, &at) ? child_at(cx, &at) : NULL;
}

/* Stands before the first element of a list. */
static bool
enter_list(const struct mongo_doc *doc, const char *name, bson_iter_t *ret_at)
{
    const uint8_t *bytes;
    bson_iter_t list;
    uint32_t size;

    if (!find(doc, name, BSON_TYPE_ARRAY, &list))
        return false;
    lib.bson_iter_array(&list, &size, &bytes);
    return lib.bson_iter_init_from_data(ret_at, bytes, size);
}

size_t
mongo_docs(struct ctx *cx, const struct mongo_doc *doc, const char *name,
           const struct mongo_doc ***ret_docs)
{
    bson_iter_t start, at;
    size_t count = 0;

    if (!enter_list(doc, name, &start))
        return 0;
    for (at = start; lib.bson_iter_next(&at);)
        count++;
    *ret_docs = arena_array(cx->arena, const struct mongo_doc *, count);
    count = 0;
    for (at = start; lib.bson_iter_next(&at);) {
        if (lib.bson_iter_type(&at) == BSON_TYPE_DOCUMENT)
            (*ret_docs)[count++] = child_at(cx, &at);
    }
    return count;
}

bool
mongo_has(const struct mongo_doc *doc, const char *name)
{
    return lib.bson_has_field(bson(doc), name);
}

bool
mongo_doc_is_same(const struct mongo_doc *one, const struct mongo_doc *other)
{
    return lib.bson_compare(bson(one), bson(other)) == 0;
}
