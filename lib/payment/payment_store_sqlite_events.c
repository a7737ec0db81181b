#include "payment/payment_store_sqlite.h"

static void
read_event(struct ctx *cx, const struct row *row, void *into)
{
    struct inbox_event *event = into;

    event->id = row_text(cx, row, 0);
    event->type = row_text(cx, row, 1);
    event->order_id = row_text(cx, row, 2);
    event->intent_id = row_text(cx, row, 3);
    event->created = row_int(row, 4);
    event->received_at = row_int(row, 5);
    event->due_at = row_int(row, 6);
    event->tries = row_int(row, 7);
    event->outcome = row_text(cx, row, 8);
}

static enum err
insert_event_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct inbox_event *event = arg;

    return db_run(cx, db, NULL,
                  "INSERT INTO events (id, type, order_id, intent_id, "
                  "created, received_at, due_at, tries, outcome) "
                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  "ttttiiiit", event->id, event->type, event->order_id,
                  event->intent_id, event->created, event->received_at,
                  event->due_at, event->tries, event->outcome);
}

static enum err
insert_event(struct ctx *cx, struct payment_store *store,
             const struct inbox_event *event)
{
    return db_write(cx, store->db, insert_event_work, (void *)event);
}

static enum err
due_event(struct ctx *cx, struct payment_store *store, int64_t now,
          struct inbox_event *ret_event)
{
    return db_get(cx, store->db, read_event, ret_event,
                  "SELECT id, type, order_id, intent_id, created, "
                  "received_at, due_at, tries, outcome FROM events "
                  "WHERE due_at > 0 AND due_at <= ? ORDER BY due_at LIMIT 1",
                  "i", now);
}

static enum err
save_event_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct inbox_event *event = arg;

    return db_run(cx, db, NULL,
                  "UPDATE events SET due_at = ?, tries = ?, outcome = ? "
                  "WHERE id = ?",
                  "iitt", event->due_at, event->tries, event->outcome,
                  event->id);
}

static enum err
save_event(struct ctx *cx, struct payment_store *store,
           const struct inbox_event *event)
{
    return db_write(cx, store->db, save_event_work, (void *)event);
}

struct sweep {
    int64_t before, count;
};

static enum err
sweep_events_work(struct ctx *cx, struct db *db, void *arg)
{
    struct sweep *sweep = arg;

    /* few at a time: a commit must not take long */
    return db_run(cx, db, &sweep->count,
                  "DELETE FROM events WHERE id IN (SELECT id FROM events "
                  "WHERE received_at < ? AND due_at = 0 "
                  "ORDER BY received_at LIMIT 500)",
                  "i", sweep->before);
}

static enum err
sweep_events(struct ctx *cx, struct payment_store *store, int64_t before,
             int64_t *ret_count)
{
    struct sweep sweep = { .before = before };
    enum err err = db_write(cx, store->db, sweep_events_work, &sweep);

    *ret_count = sweep.count;
    return err;
}

struct turn {
    const char *name;
    int64_t now, next_at, known;
};

static void
read_known(struct ctx *cx, const struct row *row, void *into)
{
    (void)cx;
    *(int64_t *)into = row_int(row, 0);
}

static enum err
find_turn(struct ctx *cx, struct db *db, struct turn *turn)
{
    return db_get(cx, db, read_known, &turn->known,
                  "SELECT known FROM turns WHERE name = ? AND next_at <= ?",
                  "ti", turn->name, turn->now);
}

static enum err
claim_turn_work(struct ctx *cx, struct db *db, void *arg)
{
    struct turn *turn = arg;
    enum err err;

    if ((err = find_turn(cx, db, turn)))
        return err;
    return db_run(cx, db, NULL, "UPDATE turns SET next_at = ? WHERE name = ?",
                  "it", turn->next_at, turn->name);
}

static enum err
claim_turn(struct ctx *cx, struct payment_store *store, const char *name,
           int64_t now, int64_t next_at, int64_t *ret_known)
{
    struct turn turn = { .name = name, .now = now, .next_at = next_at };
    enum err err;

    /* a look first: most of the time no lock is needed */
    if ((err = find_turn(cx, store->db, &turn)) ||
        (err = db_write(cx, store->db, claim_turn_work, &turn)))
        return err;
    *ret_known = turn.known;
    return OK;
}

static enum err
finish_turn_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct turn *turn = arg;

    return db_run(cx, db, NULL,
                  "UPDATE turns SET known = ?, next_at = ? WHERE name = ?",
                  "iit", turn->known, turn->next_at, turn->name);
}

static enum err
finish_turn(struct ctx *cx, struct payment_store *store, const char *name,
            int64_t known, int64_t next_at)
{
    struct turn turn = { .name = name, .known = known, .next_at = next_at };

    return db_write(cx, store->db, finish_turn_work, &turn);
}

void
payment_sqlite_add_events(struct payment_store *store)
{
    store->insert_event = insert_event;
    store->due_event = due_event;
    store->save_event = save_event;
    store->sweep_events = sweep_events;
    store->claim_turn = claim_turn;
    store->finish_turn = finish_turn;
}
