#include "io/mongo_group.h"
#include "payment/payment_store_mongo.h"

/* What is due at some time, by kind. */
static enum err
group(struct ctx *cx, struct payment_store *store,
      const struct mongo_grouping *which, const struct mongo_doc ***ret_docs,
      size_t *ret_count)
{
    struct mongo_grouping grouping = *which;

    grouping.filter =
        mongo_doc(cx, "d", "due_at", mongo_doc(cx, "m", "$gt", (int64_t)0));
    grouping.due = "$due_at";
    return mongo_group(cx, store->mongo, &grouping, ret_docs, ret_count);
}

static struct payment_waiting
waiting_of(const struct mongo_doc *doc)
{
    return (struct payment_waiting){ mongo_int(doc, "count"),
                                     mongo_int(doc, "since"),
                                     mongo_int(doc, "due") };
}

static enum err
waiting(struct ctx *cx, struct payment_store *store,
        struct payment_waiting payments[PAYMENT_STATES],
        struct payment_waiting *events)
{
    struct mongo_grouping by_state = { .collection = PAYMENTS,
                                       .by = "$state",
                                       .since = "$created_at" };
    struct mongo_grouping all_events = { .collection = EVENTS,
                                         .since = "$received_at" };
    const struct mongo_doc **docs;
    enum payment_state state;
    size_t count;
    enum err err;

    if ((err = group(cx, store, &by_state, &docs, &count)))
        return err;
    for (size_t i = 0; i < count; i++) {
        const char *name = mongo_text(cx, docs[i], "_id");

        if (!name || !payment_state_named(name, &state))
            return fail(cx, ERR_INTERNAL, "a payment is broken");
        payments[state] = waiting_of(docs[i]);
    }
    err = group(cx, store, &all_events, &docs, &count);
    if (!err && count > 0)
        *events = waiting_of(docs[0]);
    return err;
}

void
payment_mongo_add_waiting(struct payment_store *store)
{
    store->waiting = waiting;
}
