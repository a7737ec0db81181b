#include <string.h>

#include "io/record_sql.h"

static const struct record_sql *
sql_of(struct ctx *cx, const struct record_kind *kind)
{
    return record_sql_of(cx, kind->table, kind->fields->name, kind->fields,
                         false);
}

static const struct record_sql *
sql_of_parts(struct ctx *cx, const struct record_kind *kind,
             const struct record_field *field)
{
    return record_sql_of(cx, field->name, kind->fields->name, field->parts,
                         true);
}

/* Values that grow: those of a record, then those of its parts. */
struct values {
    const struct record_field *fields;
    bool is_part;
    struct db_value *values;
    size_t count, room, rows;
};

static void
add(struct ctx *cx, struct values *to, struct db_value value)
{
    if (to->count == to->room) {
        struct db_value *more =
            arena_array(cx->arena, struct db_value, 2 * to->room + 32);

        if (to->count > 0)
            memcpy(more, to->values, to->count * sizeof *more);
        to->values = more;
        to->room = 2 * to->room + 32;
    }
    to->values[to->count++] = value;
}

static void
read_row(struct ctx *cx, const struct row *row, void *into)
{
    struct values *to = into;
    int column = to->is_part; /* its first column is the key again */

    to->rows++;
    for (const struct record_field *field = to->fields; field->name; field++) {
        if (field->parts)
            continue;
        if (field->type == 't')
            add(cx, to,
                (struct db_value){ row_text(cx, row, column), 0, true });
        else
            add(cx, to, (struct db_value){ NULL, row_int(row, column), false });
        column++;
    }
}

static enum err
read_parts(struct ctx *cx, struct record_home *home,
           const struct record_kind *kind, const char *key, struct values *to)
{
    for (size_t i = 0; kind->fields[i].name; i++) {
        const struct record_field *field = &kind->fields[i];
        struct values parts = { .fields = field->parts, .is_part = true };
        enum err err;

        if (!field->parts)
            continue;
        err = db_each(cx, home->db, read_row, &parts,
                      sql_of_parts(cx, kind, field)->find, "t", key);
        if (err)
            return err;
        record_sort_parts(parts.values, parts.rows, record_width(field->parts));
        add(cx, to, (struct db_value){ NULL, (int64_t)parts.rows, false });
        for (size_t k = 0; k < parts.count; k++)
            add(cx, to, parts.values[k]);
    }
    return OK;
}

/* The rows that were read, as records with their parts. */
static enum err
take(struct ctx *cx, struct record_home *home, const struct record_kind *kind,
     const struct values *rows, int64_t now, struct records *records)
{
    size_t width = rows->rows ? rows->count / rows->rows : 0;

    for (size_t i = 0; i < rows->rows; i++) {
        struct values one = { 0 };
        struct record record;
        enum err err;

        for (size_t k = 0; k < width; k++)
            add(cx, &one, rows->values[i * width + k]);
        record.key = one.values[0].text;
        if ((err = read_parts(cx, home, kind, record.key, &one)))
            return err;
        record.values = one.values;
        record.count = one.count;
        if (record_counts(kind, &record, now))
            records->records[records->count++] = record;
        records->last = record.key;
    }
    return OK;
}

static enum err
page(struct ctx *cx, struct record_home *home, const struct record_kind *kind,
     const char *after, int64_t now, struct records *ret_records)
{
    struct values rows = { .fields = kind->fields };
    enum err err;

    *ret_records = (struct records){ 0 };
    err = db_each(cx, home->db, read_row, &rows, sql_of(cx, kind)->page, "ti",
                  after ? after : "", (int64_t)RECORDS);
    return err ? err : take(cx, home, kind, &rows, now, ret_records);
}

static void
read_count(struct ctx *cx, const struct row *row, void *into)
{
    (void)cx;
    *(int64_t *)into = row_int(row, 0);
}

static enum err
count(struct ctx *cx, struct record_home *home, const struct record_kind *kind,
      int64_t *ret_count)
{
    return db_get(cx, home->db, read_count, ret_count, sql_of(cx, kind)->count,
                  "");
}

static enum err
find(struct ctx *cx, struct record_home *home, const struct record_kind *kind,
     const struct record_keys *keys, struct records *ret_records)
{
    enum err err = OK;

    *ret_records = (struct records){ 0 };
    for (size_t i = 0; i < keys->count && !err; i++) {
        struct values rows = { .fields = kind->fields };

        err = db_each(cx, home->db, read_row, &rows, sql_of(cx, kind)->find,
                      "t", keys->keys[i]);
        if (!err)
            err = take(cx, home, kind, &rows, 0, ret_records);
    }
    return err;
}

static enum err
drop_one(struct ctx *cx, struct db *db, const struct record_kind *kind,
         const char *key)
{
    enum err err = OK;

    for (size_t i = 0; kind->fields[i].name && !err; i++) {
        if (kind->fields[i].parts)
            err = db_run(cx, db, NULL,
                         sql_of_parts(cx, kind, &kind->fields[i])->drop, "t",
                         key);
    }
    return err ? err : db_run(cx, db, NULL, sql_of(cx, kind)->drop, "t", key);
}

static enum err
put_parts(struct ctx *cx, struct db *db, const struct record_kind *kind,
          const struct record *record)
{
    const struct db_value *at = record->values;
    enum err err = OK;

    for (size_t i = 0; kind->fields[i].name && !err; i++) {
        const struct record_field *field = &kind->fields[i];
        size_t width = field->parts ? record_width(field->parts) : 0;

        for (int64_t left = (at++)->number; width && left > 0 && !err; left--) {
            err = db_run(cx, db, NULL, sql_of_parts(cx, kind, field)->insert,
                         "tv", record->key, at);
            at += width;
        }
    }
    return err;
}

struct work {
    const struct record_kind *kind;
    const struct records *records;
    const struct record_keys *keys;
};

static enum err
put_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct work *work = arg;
    enum err err = OK;

    for (size_t i = 0; i < work->records->count && !err; i++) {
        const struct record *record = &work->records->records[i];

        /* fields come before parts: the first values are the row's */
        if (!(err = drop_one(cx, db, work->kind, record->key)) &&
            !(err = db_run(cx, db, NULL, sql_of(cx, work->kind)->insert, "v",
                           record->values)))
            err = put_parts(cx, db, work->kind, record);
    }
    return err;
}

/* On the disk when it returns. */
static enum err
write_now(struct ctx *cx, struct db *db, db_work_function *function,
          struct work *work)
{
    enum err err = db_write(cx, db, function, work), committed;

    committed = db_commit(cx, db);
    return err ? err : committed;
}

static enum err
put(struct ctx *cx, struct record_home *home, const struct record_kind *kind,
    const struct records *records)
{
    return write_now(cx, home->db, put_work,
                     &(struct work){ .kind = kind, .records = records });
}

static enum err
drop_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct work *work = arg;
    enum err err = OK;

    for (size_t i = 0; i < work->keys->count && !err; i++)
        err = drop_one(cx, db, work->kind, work->keys->keys[i]);
    return err;
}

static enum err
drop(struct ctx *cx, struct record_home *home, const struct record_kind *kind,
     const struct record_keys *keys)
{
    return write_now(cx, home->db, drop_work,
                     &(struct work){ .kind = kind, .keys = keys });
}

enum err
record_sqlite_open(struct ctx *cx, const char *service, const char *path,
                   struct record_home *ret_home)
{
    *ret_home = (struct record_home){
        .page = page,
        .count = count,
        .find = find,
        .put = put,
        .drop = drop,
        .mark = record_sqlite_mark,
        .marked = record_sqlite_marked,
        .service = service,
    };
    return db_open(cx, service, path, &ret_home->db);
}
