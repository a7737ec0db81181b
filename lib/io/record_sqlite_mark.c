#include "io/record_sql.h"

/* The mark is a table of its own, which nobody else looks for. */
static enum err
mark_work(struct ctx *cx, struct db *db, void *arg)
{
    enum err err;

    err = db_run(cx, db, NULL,
                 "CREATE TABLE IF NOT EXISTS copying "
                 "(source TEXT NOT NULL) STRICT",
                 "");
    if (err)
        return err;
    return db_run(cx, db, NULL, "INSERT INTO copying (source) VALUES (?)", "t",
                  (const char *)arg);
}

static enum err
unmark_work(struct ctx *cx, struct db *db, void *arg)
{
    (void)arg;
    return db_run(cx, db, NULL, "DROP TABLE IF EXISTS copying", "");
}

enum err
record_sqlite_mark(struct ctx *cx, struct record_home *home, const char *source)
{
    enum err err, committed;

    err = source ? db_write(cx, home->db, mark_work, (void *)source)
                 : db_write(cx, home->db, unmark_work, NULL);
    committed = db_commit(cx, home->db);
    return err ? err : committed;
}

static void
read_text(struct ctx *cx, const struct row *row, void *into)
{
    *(const char **)into = row_text(cx, row, 0);
}

enum err
record_sqlite_marked(struct ctx *cx, struct record_home *home,
                     const char **ret_source)
{
    const char *table = NULL;
    enum err err;

    *ret_source = NULL;
    err = db_each(cx, home->db, read_text, &table,
                  "SELECT name FROM sqlite_schema WHERE name = 'copying'", "");
    if (err || !table)
        return err;
    return db_each(cx, home->db, read_text, ret_source,
                   "SELECT source FROM copying", "");
}
