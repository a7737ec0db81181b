/*
 * Notifications in MongoDB: a document each, its _id the notification's id,
 * which has the order's in it; and the mailboxes that all workers share. Each
 * is changed on condition of its version.
 */
#include "io/idempotency.h"
#include "io/mongo.h"
#include "notification/notification.h"
#include "notification/notification_store_mongo.h"

/* Of so many that are due the first that nobody else takes is taken. */
enum { CANDIDATES = 8, TRIES = 8 };

/* What changes; the rest is fixed when it is made. */
static const struct mongo_doc *
changing(struct ctx *cx, const struct notification *it)
{
    return mongo_doc(cx, "timttmmtm", "status",
                     notification_status_name(it->status), "attempts",
                     it->attempts, "due_at", it->due_at, "mailbox", it->mailbox,
                     "draft_id", it->draft_id, "send_started_at",
                     it->send_started_at, "sent_at", it->sent_at, "last_error",
                     it->last_error, "updated_at", it->updated_at);
}

static enum err
insert(struct ctx *cx, struct notification_store *store,
       const struct notification *it)
{
    const struct mongo_doc *fixed = mongo_doc(
        cx, "tttiitimm", "_id", it->id, "user_id", it->user_id, "order_id",
        it->order_id, "refund", it->refund, "amount", it->amount.minor,
        "currency", it->amount.currency, "version", it->version, "created_at",
        it->created_at, "closed_at", (int64_t)0);

    return mongo_insert(cx, store->mongo, NOTIFICATIONS,
                        mongo_join(cx, fixed, changing(cx, it)));
}

/* False: it isn't a notification as this file writes it. */
static bool
read_notification(struct ctx *cx, const struct mongo_doc *doc,
                  struct notification *it)
{
    const char *currency = mongo_text(cx, doc, "currency");
    const char *status = mongo_text(cx, doc, "status");

    it->id = mongo_text(cx, doc, "_id");
    it->user_id = mongo_text(cx, doc, "user_id");
    it->order_id = mongo_text(cx, doc, "order_id");
    it->refund = mongo_int(doc, "refund");
    it->amount = money_of(mongo_int(doc, "amount"), currency ? currency : "");
    it->attempts = mongo_int(doc, "attempts");
    it->due_at = mongo_int(doc, "due_at");
    it->mailbox = mongo_text(cx, doc, "mailbox");
    it->draft_id = mongo_text(cx, doc, "draft_id");
    it->send_started_at = mongo_int(doc, "send_started_at");
    it->sent_at = mongo_int(doc, "sent_at");
    it->last_error = mongo_text(cx, doc, "last_error");
    it->version = mongo_int(doc, "version");
    it->created_at = mongo_int(doc, "created_at");
    it->updated_at = mongo_int(doc, "updated_at");
    return it->id && it->user_id && it->order_id && status &&
           notification_status_named(status, &it->status);
}

static enum err
take(struct ctx *cx, const struct mongo_doc *doc,
     struct notification **ret_notification)
{
    struct notification *it = arena_new(cx->arena, struct notification);

    if (!read_notification(cx, doc, it))
        return fail(cx, ERR_INTERNAL, "a notification is broken");
    *ret_notification = it;
    return OK;
}

static enum err
get(struct ctx *cx, struct notification_store *store, const char *id,
    struct notification **ret_notification)
{
    const struct mongo_doc *doc;
    enum err err = mongo_get(cx, store->mongo, NOTIFICATIONS, id, &doc);

    return err ? err : take(cx, doc, ret_notification);
}

static enum err
update(struct ctx *cx, struct notification_store *store,
       const struct notification *it)
{
    return mongo_save(cx, store->mongo, NOTIFICATIONS, it->id, it->version,
                      changing(cx, it));
}

/* ERR_CONFLICT: somebody else takes it. */
static enum err
claim_one(struct ctx *cx, struct notification_store *store, int64_t now,
          int64_t lease_until, const struct mongo_doc *doc,
          struct notification **ret_notification)
{
    struct notification *it = NULL;
    enum err err;

    if ((err = take(cx, doc, &it)))
        return err;
    /* who has it already may have changed it while it was being found */
    if (it->due_at == 0 || it->due_at > now)
        return ERR_CONFLICT;
    it->status = SENDING;
    it->attempts++;
    it->due_at = lease_until;
    it->updated_at = now;
    if ((err = update(cx, store, it)))
        return err;
    it->version++;
    *ret_notification = it;
    return OK;
}

static enum err
find_due(struct ctx *cx, struct notification_store *store, int64_t now,
         const struct mongo_doc ***ret_docs, size_t *ret_count)
{
    const struct mongo_doc *due =
        mongo_doc(cx, "mm", "$gt", (int64_t)0, "$lte", now);
    struct mongo_query query = { NOTIFICATIONS,
                                 mongo_doc(cx, "d", "due_at", due),
                                 mongo_doc(cx, "i", "due_at", (int64_t)1),
                                 CANDIDATES };

    return mongo_find(cx, store->mongo, &query, ret_docs, ret_count);
}

static enum err
claim(struct ctx *cx, struct notification_store *store, int64_t now,
      int64_t lease_until, struct notification **ret_notification)
{
    for (int i = 0; i < TRIES; i++) {
        const struct mongo_doc **docs;
        size_t count;
        enum err err;

        if ((err = find_due(cx, store, now, &docs, &count)))
            return err;
        if (count == 0)
            return fail(cx, ERR_NOT_FOUND, "nothing is due");
        for (size_t k = 0; k < count; k++) {
            err = claim_one(cx, store, now, lease_until, docs[k],
                            ret_notification);
            if (err != ERR_CONFLICT)
                return err;
            ctx_forgive(cx);
        }
    }
    return fail(cx, ERR_UNAVAILABLE, "others take all that is due");
}

static enum err
get_mailbox(struct ctx *cx, struct notification_store *store, const char *id,
            struct mailbox *ret_mailbox)
{
    const struct mongo_doc *doc;
    enum err err = mongo_get(cx, store->mongo, MAILBOXES_KEPT, id, &doc);

    if (err && err != ERR_NOT_FOUND)
        return err;
    *ret_mailbox = (struct mailbox){ .id = id };
    if (err) {
        ctx_forgive(cx);
        return OK;
    }
    ret_mailbox->access_token = mongo_text(cx, doc, "access_token");
    ret_mailbox->token_expires_at = mongo_int(doc, "token_expires_at");
    ret_mailbox->refreshing_until = mongo_int(doc, "refreshing_until");
    ret_mailbox->paused_until = mongo_int(doc, "paused_until");
    ret_mailbox->pause_reason = mongo_text(cx, doc, "pause_reason");
    ret_mailbox->failures = mongo_int(doc, "failures");
    ret_mailbox->next_try_at = mongo_int(doc, "next_try_at");
    ret_mailbox->swept_at = mongo_int(doc, "swept_at");
    ret_mailbox->sweep_page = mongo_text(cx, doc, "sweep_page");
    ret_mailbox->version = mongo_int(doc, "version");
    return OK;
}

static enum err
put_mailbox(struct ctx *cx, struct notification_store *store,
            const struct mailbox *it)
{
    const struct mongo_doc *set = mongo_doc(
        cx, "tmmmtimmt", "access_token", it->access_token, "token_expires_at",
        it->token_expires_at, "refreshing_until", it->refreshing_until,
        "paused_until", it->paused_until, "pause_reason", it->pause_reason,
        "failures", it->failures, "next_try_at", it->next_try_at, "swept_at",
        it->swept_at, "sweep_page", it->sweep_page);

    if (it->version > 0)
        return mongo_save(cx, store->mongo, MAILBOXES_KEPT, it->id, it->version,
                          set);
    return mongo_insert(
        cx, store->mongo, MAILBOXES_KEPT,
        mongo_join(cx,
                   mongo_doc(cx, "ti", "_id", it->id, "version", (int64_t)1),
                   set));
}

enum err
notification_store_mongo_open(struct ctx *cx, const char *uri,
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
    notification_mongo_add_stuck(ret_store);
    return mongo_open(cx, uri, &ret_store->mongo);
}

const struct mongo_collection notification_collections[] = {
    { NOTIFICATIONS,
      "_id:string user_id:string order_id:string status:string "
      "attempts:long due_at:date version:long created_at:date "
      "updated_at:date refund:long amount:long closed_at:date",
      { { "due_at:1", "due_at", false },
        { "status:1 _id:1", NULL, false },
        { "order_id:1", NULL, false } } },
    { MAILBOXES_KEPT, "_id:string version:long", { { 0 } } },
    IDEMPOTENCY_SCHEMA("notification"),
    { 0 },
};
