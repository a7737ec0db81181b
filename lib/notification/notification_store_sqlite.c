#include "io/db.h"
#include "notification/notification.h"
#include "notification/notification_store_sqlite.h"

#define COLUMNS                                                                \
    "id, user_id, order_id, status, attempts, due_at, mailbox, "               \
    "draft_id, send_started_at, sent_at, last_error, version, "                \
    "created_at, updated_at, refund, amount, currency"

static void
read_notification(struct ctx *cx, const struct row *row, void *into)
{
    struct notification *notification = into;

    notification->id = row_text(cx, row, 0);
    notification->user_id = row_text(cx, row, 1);
    notification->order_id = row_text(cx, row, 2);
    notification_status_named(row_text(cx, row, 3), &notification->status);
    notification->attempts = row_int(row, 4);
    notification->due_at = row_int(row, 5);
    notification->mailbox = row_text(cx, row, 6);
    notification->draft_id = row_text(cx, row, 7);
    notification->send_started_at = row_int(row, 8);
    notification->sent_at = row_int(row, 9);
    notification->last_error = row_text(cx, row, 10);
    notification->version = row_int(row, 11);
    notification->created_at = row_int(row, 12);
    notification->updated_at = row_int(row, 13);
    notification->refund = row_int(row, 14);
    notification->amount = money_of(row_int(row, 15), row_text(cx, row, 16));
}

static enum err
insert_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct notification *it = arg;

    return db_run(cx, db, NULL,
                  "INSERT INTO notifications (" COLUMNS ") "
                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  "ttttiittiitiiiiit", it->id, it->user_id, it->order_id,
                  notification_status_name(it->status), it->attempts,
                  it->due_at, it->mailbox, it->draft_id, it->send_started_at,
                  it->sent_at, it->last_error, it->version, it->created_at,
                  it->updated_at, it->refund, it->amount.minor,
                  it->amount.currency);
}

static enum err
insert(struct ctx *cx, struct notification_store *store,
       const struct notification *notification)
{
    return db_write(cx, store->db, insert_work, (void *)notification);
}

static enum err
get(struct ctx *cx, struct notification_store *store, const char *id,
    struct notification **ret_notification)
{
    struct notification *notification =
        arena_new(cx->arena, struct notification);
    enum err err;

    err = db_get(cx, store->db, read_notification, notification,
                 "SELECT " COLUMNS " FROM notifications WHERE id = ?", "t", id);
    if (!err)
        *ret_notification = notification;
    return err;
}

static enum err
update_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct notification *it = arg;
    int64_t changed;
    enum err err;

    err = db_run(cx, db, &changed,
                 "UPDATE notifications SET status = ?, attempts = ?, "
                 "due_at = ?, mailbox = ?, draft_id = ?, "
                 "send_started_at = ?, sent_at = ?, last_error = ?, "
                 "updated_at = ?, version = version + 1 "
                 "WHERE id = ? AND version = ?",
                 "tiittiititi", notification_status_name(it->status),
                 it->attempts, it->due_at, it->mailbox, it->draft_id,
                 it->send_started_at, it->sent_at, it->last_error,
                 it->updated_at, it->id, it->version);
    if (!err && changed == 0)
        return fail(cx, ERR_CONFLICT, "the notification has changed meanwhile");
    return err;
}

static enum err
update(struct ctx *cx, struct notification_store *store,
       const struct notification *notification)
{
    return db_write(cx, store->db, update_work, (void *)notification);
}

struct claim {
    int64_t now, lease_until;
    struct notification *notification;
};

/* The first that is due, by the partial index. */
static enum err
find_due(struct ctx *cx, struct db *db, const struct claim *claim)
{
    return db_get(cx, db, read_notification, claim->notification,
                  "SELECT " COLUMNS " FROM notifications "
                  "WHERE due_at > 0 AND due_at <= ? ORDER BY due_at LIMIT 1",
                  "i", claim->now);
}

static enum err
claim_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct claim *claim = arg;
    struct notification *it = claim->notification;
    enum err err;

    if ((err = find_due(cx, db, claim)))
        return err;
    it->status = SENDING;
    it->attempts++;
    it->due_at = claim->lease_until;
    it->updated_at = claim->now;
    if ((err = update_work(cx, db, it)))
        return err;
    it->version++;
    return OK;
}

static enum err
claim(struct ctx *cx, struct notification_store *store, int64_t now,
      int64_t lease_until, struct notification **ret_notification)
{
    struct claim claim = { now, lease_until,
                           arena_new(cx->arena, struct notification) };
    enum err err;

    /* a look first: a queue that is idle takes no lock */
    if ((err = find_due(cx, store->db, &claim)) ||
        (err = db_write(cx, store->db, claim_work, &claim)))
        return err;
    *ret_notification = claim.notification;
    return OK;
}

static void
read_mailbox(struct ctx *cx, const struct row *row, void *into)
{
    struct mailbox *mailbox = into;

    mailbox->access_token = row_text(cx, row, 0);
    mailbox->token_expires_at = row_int(row, 1);
    mailbox->refreshing_until = row_int(row, 2);
    mailbox->paused_until = row_int(row, 3);
    mailbox->pause_reason = row_text(cx, row, 4);
    mailbox->failures = row_int(row, 5);
    mailbox->next_try_at = row_int(row, 6);
    mailbox->swept_at = row_int(row, 7);
    mailbox->sweep_page = row_text(cx, row, 8);
    mailbox->version = row_int(row, 9);
}

static enum err
get_mailbox(struct ctx *cx, struct notification_store *store, const char *id,
            struct mailbox *ret_mailbox)
{
    struct mailbox mailbox = { .id = id };
    enum err err;

    err = db_each(cx, store->db, read_mailbox, &mailbox,
                  "SELECT access_token, token_expires_at, refreshing_until, "
                  "paused_until, pause_reason, failures, next_try_at, "
                  "swept_at, sweep_page, version "
                  "FROM mailboxes WHERE id = ?",
                  "t", id);
    if (!err)
        *ret_mailbox = mailbox;
    return err;
}

static enum err
put_mailbox_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct mailbox *it = arg;
    int64_t changed;
    enum err err;

    if (it->version == 0)
        return db_run(cx, db, NULL,
                      "INSERT INTO mailboxes (access_token, "
                      "token_expires_at, refreshing_until, paused_until, "
                      "pause_reason, failures, next_try_at, swept_at, "
                      "sweep_page, version, id) "
                      "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 1, ?)",
                      "tiiitiiitt", it->access_token, it->token_expires_at,
                      it->refreshing_until, it->paused_until, it->pause_reason,
                      it->failures, it->next_try_at, it->swept_at,
                      it->sweep_page, it->id);
    err = db_run(cx, db, &changed,
                 "UPDATE mailboxes SET access_token = ?, "
                 "token_expires_at = ?, refreshing_until = ?, "
                 "paused_until = ?, pause_reason = ?, failures = ?, "
                 "next_try_at = ?, swept_at = ?, sweep_page = ?, "
                 "version = version + 1 WHERE id = ? AND version = ?",
                 "tiiitiiitti", it->access_token, it->token_expires_at,
                 it->refreshing_until, it->paused_until, it->pause_reason,
                 it->failures, it->next_try_at, it->swept_at, it->sweep_page,
                 it->id, it->version);
    if (!err && changed == 0)
        return fail(cx, ERR_CONFLICT, "the mailbox has changed meanwhile");
    return err;
}

static enum err
put_mailbox(struct ctx *cx, struct notification_store *store,
            const struct mailbox *mailbox)
{
    return db_write(cx, store->db, put_mailbox_work, (void *)mailbox);
}

enum err
notification_store_sqlite_open(struct ctx *cx, const char *path,
                               struct notification_store *ret_store)
{
    *ret_store = (struct notification_store){
        .insert = insert,
        .get = get,
        .update = update,
        .claim = claim,
        .get_mailbox = get_mailbox,
        .put_mailbox = put_mailbox,
    };
    notification_sqlite_add_stuck(ret_store);
    return db_open(cx, "notification", path, &ret_store->db);
}
