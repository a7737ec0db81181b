#include "base/stop.h"
#include "notification/notification.h"
#include "notification/notification_store_sqlite.h"

static void
read_id(struct ctx *cx, const struct row *row, void *into)
{
    struct notification_ids *ids = into;

    ids->ids[ids->count++] = row_text(cx, row, 0);
}

static enum err
stuck(struct ctx *cx, struct notification_store *store, const char *after,
      struct notification_ids *ret_ids)
{
    ret_ids->count = 0;
    return db_each(cx, store->db, read_id, ret_ids,
                   "SELECT id FROM notifications WHERE closed_at = 0 "
                   "AND status IN ('Unknown', 'Abandoned') AND id > ? "
                   "ORDER BY id LIMIT ?",
                   "ti", after ? after : "", (int64_t)NOTIFICATION_IDS);
}

static enum err
list(struct ctx *cx, struct notification_store *store, int status, int64_t most,
     struct notification_ids *ret_ids)
{
    ret_ids->count = 0;
    return db_each(
        cx, store->db, read_id, ret_ids,
        "SELECT id FROM notifications WHERE status = ? "
        "ORDER BY created_at DESC, id LIMIT ?",
        "ti", notification_status_name((enum notification_status)status), most);
}

static void
read_paused(struct ctx *cx, const struct row *row, void *into)
{
    struct mailboxes *list = into;
    struct mailbox *mailbox = &list->mailboxes[list->count++];

    *mailbox = (struct mailbox){
        .id = row_text(cx, row, 0),
        .paused_until = row_int(row, 1),
        .pause_reason = row_text(cx, row, 2),
    };
}

static enum err
paused(struct ctx *cx, struct notification_store *store, int64_t since,
       struct mailboxes *ret_mailboxes)
{
    ret_mailboxes->count = 0;
    return db_each(cx, store->db, read_paused, ret_mailboxes,
                   "SELECT id, paused_until, pause_reason FROM mailboxes "
                   "WHERE pause_reason IS NOT NULL AND paused_until > ? "
                   "ORDER BY id LIMIT ?",
                   "ii", since, (int64_t)MAILBOXES);
}

static void
read_waiting(struct ctx *cx, const struct row *row, void *into)
{
    struct notification_waiting *statuses = into;
    enum notification_status status;

    if (!notification_status_named(row_text(cx, row, 0), &status))
        bug("a mail of no known status");
    statuses[status] = (struct notification_waiting){
        .count = row_int(row, 1),
        .since = row_int(row, 2),
        .due_at = row_int(row, 3),
    };
}

static enum err
waiting(struct ctx *cx, struct notification_store *store,
        struct notification_waiting *statuses)
{
    enum err err;

    err = db_each(cx, store->db, read_waiting, statuses,
                  "SELECT status, COUNT(*), MIN(created_at), MIN(due_at) "
                  "FROM notifications WHERE due_at > 0 GROUP BY status",
                  "");
    if (!err)
        err = db_each(cx, store->db, read_waiting, statuses,
                      "SELECT status, COUNT(*), MIN(created_at), 0 "
                      "FROM notifications WHERE closed_at = 0 "
                      "AND status IN ('Unknown', 'Abandoned') GROUP BY status",
                      "");
    return err;
}

static enum err
close_work(struct ctx *cx, struct db *db, void *arg)
{
    struct notification_closing *closing = arg;

    return db_run(cx, db, &closing->count,
                  "UPDATE notifications SET closed_at = ?, closed_by = ?, "
                  "note = ? WHERE order_id = ? AND closed_at = 0 "
                  "AND status IN ('Unknown', 'Abandoned')",
                  "ittt", closing->now, closing->by, closing->note,
                  closing->order_id);
}

static enum err
close_stuck(struct ctx *cx, struct notification_store *store,
            struct notification_closing *closing)
{
    return db_write(cx, store->db, close_work, closing);
}

void
notification_sqlite_add_stuck(struct notification_store *store)
{
    store->stuck = stuck;
    store->paused = paused;
    store->waiting = waiting;
    store->list = list;
    store->close_stuck = close_stuck;
}
