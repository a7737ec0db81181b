#include "payment/payment_store_mongo.h"

/* How often a turn that was overtaken is written anew. */
enum { TRIES = 8 };

/* How many events are forgotten at a time. */
enum { SWEEP = 500 };

static enum err
insert_event(struct ctx *cx, struct payment_store *store,
             const struct inbox_event *event)
{
    return mongo_insert(
        cx, store->mongo, EVENTS,
        mongo_doc(cx, "ttttimmit", "_id", event->id, "type", event->type,
                  "order_id", event->order_id, "intent_id", event->intent_id,
                  "created", event->created, "received_at", event->received_at,
                  "due_at", event->due_at, "tries", event->tries, "outcome",
                  event->outcome));
}

static enum err
due_event(struct ctx *cx, struct payment_store *store, int64_t now,
          struct inbox_event *ret_event)
{
    const struct mongo_doc *doc;
    enum err err;

    if ((err = payment_mongo_due(cx, store, EVENTS, now, &doc)))
        return err;
    *ret_event = (struct inbox_event){
        .id = mongo_text(cx, doc, "_id"),
        .type = mongo_text(cx, doc, "type"),
        .order_id = mongo_text(cx, doc, "order_id"),
        .intent_id = mongo_text(cx, doc, "intent_id"),
        .created = mongo_int(doc, "created"),
        .received_at = mongo_int(doc, "received_at"),
        .due_at = mongo_int(doc, "due_at"),
        .tries = mongo_int(doc, "tries"),
        .outcome = mongo_text(cx, doc, "outcome"),
    };
    if (!ret_event->id || !ret_event->type)
        return fail(cx, ERR_INTERNAL, "an event is broken");
    return OK;
}

static enum err
save_event(struct ctx *cx, struct payment_store *store,
           const struct inbox_event *event)
{
    return mongo_set(cx, store->mongo, EVENTS,
                     mongo_doc(cx, "t", "_id", event->id),
                     mongo_doc(cx, "mit", "due_at", event->due_at, "tries",
                               event->tries, "outcome", event->outcome));
}

static enum err
sweep_events(struct ctx *cx, struct payment_store *store, int64_t before,
             int64_t *ret_count)
{
    const struct mongo_doc *old =
        mongo_doc(cx, "dm", "received_at", mongo_doc(cx, "m", "$lt", before),
                  "due_at", (int64_t)0);
    struct mongo_query query = { EVENTS, old,
                                 mongo_doc(cx, "i", "received_at", (int64_t)1),
                                 SWEEP };
    const struct mongo_doc **docs, *these;
    const char *ids[SWEEP];
    size_t count;
    enum err err;

    *ret_count = 0;
    err = mongo_find(cx, store->mongo, &query, &docs, &count);
    if (err || count == 0)
        return err;
    *ret_count = (int64_t)count;
    for (size_t i = 0; i < count; i++)
        ids[i] = mongo_text(cx, docs[i], "_id");
    these = mongo_doc(cx, "l", "$in", mongo_text_list(cx, ids, count));
    return mongo_delete_all(
        cx, store->mongo, EVENTS,
        mongo_doc(cx, "dm", "_id", these, "due_at", (int64_t)0));
}

/* The turn of a name. The first who asks for it makes it. */
static enum err
get_turn(struct ctx *cx, struct payment_store *store, const char *name,
         const struct mongo_doc **ret_turn)
{
    const struct mongo_doc *fresh =
        mongo_doc(cx, "timi", "_id", name, "known", (int64_t)0, "next_at",
                  (int64_t)0, "version", (int64_t)1);
    enum err err;

    err = mongo_get(cx, store->mongo, TURNS, name, ret_turn);
    if (err != ERR_NOT_FOUND)
        return err;
    ctx_forgive(cx);
    err = mongo_insert(cx, store->mongo, TURNS, fresh);
    if (err && err != ERR_CONFLICT)
        return err;
    ctx_forgive(cx);
    return mongo_get(cx, store->mongo, TURNS, name, ret_turn);
}

static enum err
claim_turn(struct ctx *cx, struct payment_store *store, const char *name,
           int64_t now, int64_t next_at, int64_t *ret_known)
{
    const struct mongo_doc *turn;
    enum err err;

    if ((err = get_turn(cx, store, name, &turn)))
        return err;
    if (mongo_int(turn, "next_at") > now)
        return fail(cx, ERR_NOT_FOUND, "it isn't time yet");
    err = mongo_save(cx, store->mongo, TURNS, name, mongo_int(turn, "version"),
                     mongo_doc(cx, "m", "next_at", next_at));
    if (err == ERR_CONFLICT) {
        ctx_forgive(cx);
        return fail(cx, ERR_NOT_FOUND, "somebody was faster");
    }
    if (!err)
        *ret_known = mongo_int(turn, "known");
    return err;
}

static enum err
finish_turn(struct ctx *cx, struct payment_store *store, const char *name,
            int64_t known, int64_t next_at)
{
    const struct mongo_doc *set =
        mongo_doc(cx, "im", "known", known, "next_at", next_at);
    const struct mongo_doc *turn;
    enum err err = ERR_CONFLICT;

    for (int i = 0; i < TRIES && err == ERR_CONFLICT; i++) {
        ctx_forgive(cx);
        if ((err = get_turn(cx, store, name, &turn)))
            return err;
        err = mongo_save(cx, store->mongo, TURNS, name,
                         mongo_int(turn, "version"), set);
    }
    return err == ERR_CONFLICT ? ERR_UNAVAILABLE : err;
}

void
payment_mongo_add_events(struct payment_store *store)
{
    store->insert_event = insert_event;
    store->due_event = due_event;
    store->save_event = save_event;
    store->sweep_events = sweep_events;
    store->claim_turn = claim_turn;
    store->finish_turn = finish_turn;
}
