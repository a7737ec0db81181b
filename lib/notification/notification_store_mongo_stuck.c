#include "io/mongo_group.h"
#include "notification/notification.h"
#include "notification/notification_store_mongo.h"

/* Those that are stuck, and of which this holds, too. */
static const struct mongo_doc *
stuck_ones(struct ctx *cx, const struct mongo_doc *also)
{
    const char *statuses[] = { notification_status_name(UNKNOWN),
                               notification_status_name(ABANDONED) };
    const struct mongo_doc *any =
        mongo_doc(cx, "l", "$in", mongo_text_list(cx, statuses, 2));

    return mongo_join(
        cx, mongo_doc(cx, "dm", "status", any, "closed_at", (int64_t)0), also);
}

/* Their ids, from the first on. */
static enum err
find_ids(struct ctx *cx, struct notification_store *store,
         const struct mongo_doc *also, struct notification_ids *ret_ids)
{
    struct mongo_query query = { NOTIFICATIONS, stuck_ones(cx, also),
                                 mongo_doc(cx, "i", "_id", (int64_t)1),
                                 NOTIFICATION_IDS };
    const struct mongo_doc **docs;
    enum err err;

    err = mongo_find(cx, store->mongo, &query, &docs, &ret_ids->count);
    for (size_t i = 0; !err && i < ret_ids->count; i++)
        ret_ids->ids[i] = mongo_text(cx, docs[i], "_id");
    return err;
}

static enum err
stuck(struct ctx *cx, struct notification_store *store, const char *after,
      struct notification_ids *ret_ids)
{
    const struct mongo_doc *rest =
        mongo_doc(cx, "t", "$gt", after ? after : "");

    return find_ids(cx, store, mongo_doc(cx, "d", "_id", rest), ret_ids);
}

static enum err
list(struct ctx *cx, struct notification_store *store, int status, int64_t most,
     struct notification_ids *ret_ids)
{
    const char *name =
        notification_status_name((enum notification_status)status);
    struct mongo_query query = {
        NOTIFICATIONS, mongo_doc(cx, "t", "status", name),
        mongo_doc(cx, "ii", "created_at", (int64_t)-1, "_id", (int64_t)1), most
    };
    const struct mongo_doc **docs;
    enum err err;

    err = mongo_find(cx, store->mongo, &query, &docs, &ret_ids->count);
    for (size_t i = 0; !err && i < ret_ids->count; i++)
        ret_ids->ids[i] = mongo_text(cx, docs[i], "_id");
    return err;
}

static enum err
paused(struct ctx *cx, struct notification_store *store, int64_t since,
       struct mailboxes *ret_mailboxes)
{
    const struct mongo_doc *later = mongo_doc(cx, "m", "$gt", since);
    const struct mongo_doc *some = mongo_doc(cx, "t", "$ne", (char *)NULL);
    struct mongo_query query = {
        MAILBOXES_KEPT,
        mongo_doc(cx, "dd", "paused_until", later, "pause_reason", some),
        mongo_doc(cx, "i", "_id", (int64_t)1), MAILBOXES
    };
    const struct mongo_doc **docs;
    enum err err;

    err = mongo_find(cx, store->mongo, &query, &docs, &ret_mailboxes->count);
    for (size_t i = 0; !err && i < ret_mailboxes->count; i++)
        ret_mailboxes->mailboxes[i] = (struct mailbox){
            .id = mongo_text(cx, docs[i], "_id"),
            .paused_until = mongo_int(docs[i], "paused_until"),
            .pause_reason = mongo_text(cx, docs[i], "pause_reason"),
        };
    return err;
}

static enum err
count_those(struct ctx *cx, struct notification_store *store,
            const struct mongo_doc *filter,
            struct notification_waiting *statuses)
{
    struct mongo_grouping grouping = { NOTIFICATIONS, filter, "$status",
                                       "$created_at", "$due_at" };
    enum notification_status status;
    const struct mongo_doc **docs;
    size_t count = 0;
    enum err err;

    err = mongo_group(cx, store->mongo, &grouping, &docs, &count);
    for (size_t i = 0; !err && i < count; i++) {
        const char *name = mongo_text(cx, docs[i], "_id");

        if (!name || !notification_status_named(name, &status))
            return fail(cx, ERR_INTERNAL, "a mail is broken");
        statuses[status] = (struct notification_waiting){
            mongo_int(docs[i], "count"),
            mongo_int(docs[i], "since"),
            mongo_int(docs[i], "due"),
        };
    }
    return err;
}

static enum err
waiting(struct ctx *cx, struct notification_store *store,
        struct notification_waiting *statuses)
{
    const struct mongo_doc *some = mongo_doc(cx, "m", "$gt", (int64_t)0);
    enum err err;

    err = count_those(cx, store, mongo_doc(cx, "d", "due_at", some), statuses);
    if (!err)
        err =
            count_those(cx, store, stuck_ones(cx, mongo_doc(cx, "")), statuses);
    return err;
}

/* One after the other: each is a change of one document, by its id. */
static enum err
close_stuck(struct ctx *cx, struct notification_store *store,
            struct notification_closing *closing)
{
    const struct mongo_doc *closed =
        mongo_doc(cx, "mtt", "closed_at", closing->now, "closed_by",
                  closing->by, "note", closing->note);
    struct notification_ids ids;
    enum err err;

    err = find_ids(cx, store, mongo_doc(cx, "t", "order_id", closing->order_id),
                   &ids);
    for (size_t i = 0; !err && i < ids.count; i++)
        err = mongo_set(cx, store->mongo, NOTIFICATIONS,
                        stuck_ones(cx, mongo_doc(cx, "t", "_id", ids.ids[i])),
                        closed);
    if (!err)
        closing->count = (int64_t)ids.count;
    return err;
}

void
notification_mongo_add_stuck(struct notification_store *store)
{
    store->stuck = stuck;
    store->paused = paused;
    store->waiting = waiting;
    store->list = list;
    store->close_stuck = close_stuck;
}
