#include <string.h>

#include "io/mongo.h"
#include "io/record.h"
#include "io/record_doc.h"

/* Where a database says that a copy is being made into it. */
#define MARKS "copying"

/* Milliseconds that an answer may take. */
enum { PATIENCE = 60 * 1000 };

static const struct mongo_doc *
any_of(struct ctx *cx, const char *const *keys, size_t count)
{
    return mongo_doc(
        cx, "d", "_id",
        mongo_doc(cx, "l", "$in", mongo_text_list(cx, keys, count)));
}

/* Marks which of the documents are claimed by a reservation that is settled. */
static enum err
look_for_claims(struct ctx *cx, struct record_home *home,
                const struct record_kind *kind,
                const struct mongo_doc *const *docs, size_t count,
                bool *is_claimed)
{
    const struct record_claim *claim = kind->claim;
    const char *reserved[RECORDS];
    const struct mongo_doc **found;
    struct mongo_query query;
    size_t claims;
    enum err err;

    for (size_t i = 0; i < count; i++) {
        reserved[i] = mongo_text(cx, docs[i], claim->field);
        if (!reserved[i])
            return fail(cx, ERR_INTERNAL, "one of %s is broken", kind->table);
    }
    query = (struct mongo_query){ claim->collection,
                                  any_of(cx, reserved, count), NULL, RECORDS };
    if ((err = mongo_find(cx, home->mongo, &query, &found, &claims)))
        return err;
    for (size_t i = 0; i < claims; i++) {
        const char *names = mongo_text(cx, found[i], claim->names);

        for (size_t k = 0; names && k < count; k++) {
            const char *key = mongo_text(cx, docs[k], "_id");

            if (mongo_is_true(found[i], "settled") && !strcmp(names, key))
                is_claimed[k] = true;
        }
    }
    return OK;
}

static enum err
read_some(struct ctx *cx, struct record_home *home,
          const struct record_kind *kind, const struct mongo_doc *filter,
          int64_t now, struct records *ret_records)
{
    struct mongo_query query = { kind->collection, filter,
                                 mongo_doc(cx, "i", "_id", (int64_t)1),
                                 RECORDS };
    bool is_claimed[RECORDS] = { 0 };
    const struct mongo_doc **docs;
    size_t count;
    enum err err;

    *ret_records = (struct records){ 0 };
    if ((err = mongo_find(cx, home->mongo, &query, &docs, &count)))
        return err;
    if (kind->claim && count > 0 &&
        (err = look_for_claims(cx, home, kind, docs, count, is_claimed)))
        return err;
    for (size_t i = 0; i < count; i++) {
        struct record record;

        if ((err = record_of_doc(cx, kind, docs[i], &record)))
            return err;
        ret_records->last = record.key;
        if ((!kind->claim || is_claimed[i]) &&
            record_counts(kind, &record, now))
            ret_records->records[ret_records->count++] = record;
    }
    return OK;
}

static enum err
page(struct ctx *cx, struct record_home *home, const struct record_kind *kind,
     const char *after, int64_t now, struct records *ret_records)
{
    const struct mongo_doc *rest =
        mongo_doc(cx, "t", "$gt", after ? after : "");

    return read_some(cx, home, kind, mongo_doc(cx, "d", "_id", rest), now,
                     ret_records);
}

static enum err
count(struct ctx *cx, struct record_home *home, const struct record_kind *kind,
      int64_t *ret_count)
{
    const struct mongo_doc *reply = NULL;
    int64_t code;
    enum err err;

    err = mongo_command(cx, home->mongo,
                        mongo_doc(cx, "t", "count", kind->collection), false,
                        &code, &reply);
    if (!err)
        *ret_count = reply ? mongo_int(reply, "n") : 0;
    return err;
}

static enum err
find(struct ctx *cx, struct record_home *home, const struct record_kind *kind,
     const struct record_keys *keys, struct records *ret_records)
{
    return read_some(cx, home, kind, any_of(cx, keys->keys, keys->count), 0,
                     ret_records);
}

/* What was reserved must be theirs, or nobody's. */
static enum err
put_claims(struct ctx *cx, struct record_home *home,
           const struct record_kind *kind, const struct records *records)
{
    const struct record_claim *claim = kind->claim;
    const struct mongo_doc *docs[RECORDS], **found;
    const char *reserved[RECORDS];
    struct mongo_query query;
    size_t count;
    enum err err;

    for (size_t i = 0; i < records->count; i++) {
        const struct record *record = &records->records[i];

        reserved[i] = record_value(kind, record, claim->field)->text;
        docs[i] = mongo_doc(cx, "ttb", "_id", reserved[i], claim->names,
                            record->key, "settled", true);
    }
    query = (struct mongo_query){ claim->collection,
                                  any_of(cx, reserved, records->count), NULL,
                                  RECORDS };
    if ((err = mongo_find(cx, home->mongo, &query, &found, &count)))
        return err;
    for (size_t i = 0; i < count; i++) {
        const char *key = mongo_text(cx, found[i], "_id");
        const char *names = mongo_text(cx, found[i], claim->names);

        for (size_t k = 0; names && k < records->count; k++) {
            if (mongo_is_true(found[i], "settled") &&
                !strcmp(reserved[k], key) &&
                strcmp(records->records[k].key, names) != 0)
                return fail(cx, ERR_CONFLICT, "%s is another's", claim->field);
        }
    }
    return mongo_put(cx, home->mongo, claim->collection, docs, records->count);
}

static enum err
put(struct ctx *cx, struct record_home *home, const struct record_kind *kind,
    const struct records *records)
{
    const struct mongo_doc *docs[RECORDS];
    enum err err;

    for (size_t i = 0; i < records->count; i++)
        docs[i] = record_doc(cx, kind, &records->records[i]);
    err = mongo_put(cx, home->mongo, kind->collection, docs, records->count);
    /* what isn't claimed yet doesn't exist: put again, it will be */
    return err || !kind->claim ? err : put_claims(cx, home, kind, records);
}

static enum err
drop(struct ctx *cx, struct record_home *home, const struct record_kind *kind,
     const struct record_keys *keys)
{
    const struct mongo_doc *these = any_of(cx, keys->keys, keys->count);
    struct records records;
    enum err err;

    if (kind->claim) {
        const char *reserved[RECORDS];

        if ((err = find(cx, home, kind, keys, &records)))
            return err;
        for (size_t i = 0; i < records.count; i++)
            reserved[i] =
                record_value(kind, &records.records[i], kind->claim->field)
                    ->text;
        err = mongo_delete_all(cx, home->mongo, kind->claim->collection,
                               any_of(cx, reserved, records.count));
        if (err)
            return err;
    }
    return mongo_delete_all(cx, home->mongo, kind->collection, these);
}

static enum err
mark(struct ctx *cx, struct record_home *home, const char *source)
{
    const struct mongo_doc *doc =
        mongo_doc(cx, "tt", "_id", home->service, "source", source);

    if (source)
        return mongo_put(cx, home->mongo, MARKS, &doc, 1);
    return mongo_delete(cx, home->mongo, MARKS,
                        mongo_doc(cx, "t", "_id", home->service));
}

static enum err
marked(struct ctx *cx, struct record_home *home, const char **ret_source)
{
    const struct mongo_doc *doc;
    enum err err = mongo_get(cx, home->mongo, MARKS, home->service, &doc);

    *ret_source = err ? NULL : mongo_text(cx, doc, "source");
    if (err != ERR_NOT_FOUND)
        return err;
    ctx_forgive(cx);
    return OK;
}

enum err
record_mongo_open(struct ctx *cx, const char *service, const char *uri,
                  struct record_home *ret_home)
{
    *ret_home = (struct record_home){
        .page = page,
        .count = count,
        .find = find,
        .put = put,
        .drop = drop,
        .mark = mark,
        .marked = marked,
        .service = service,
    };
    return mongo_open_for(cx, uri, PATIENCE, &ret_home->mongo);
}
