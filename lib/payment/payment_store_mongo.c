/*
 * Payments in MongoDB: one document an order, its _id the order's id, with the
 * attempts, the refunds, the reviews and the effects that are still to be
 * carried out, read and written as a whole on condition of its version. So what
 * succeeded and what must follow from it are written in one piece, without
 * transactions.
 */
#include "base/clock.h"
#include "io/idempotency.h"
#include "payment/payment_store_mongo.h"
#include "payment/review.h"

static const struct mongo_doc *
effects_of(struct ctx *cx, const struct payment *payment)
{
    const struct mongo_doc *doc = mongo_doc(cx, "");

    for (int kind = 0; kind < EFFECTS; kind++)
        doc = mongo_join(cx, doc,
                         mongo_doc(cx, "t",
                                   effect_kind_name((enum effect_kind)kind),
                                   effect_state_name(payment->effects[kind])));
    return doc;
}

/* What changes; the rest is fixed when it is made. */
static const struct mongo_doc *
changing(struct ctx *cx, const struct payment *payment)
{
    return mongo_doc(
        cx, "ttitmmmmldllb", "state", payment_state_name(payment->state),
        "intent_id", payment->intent_id, "intent_number",
        payment->intent_number, "lease_owner", payment->lease_owner,
        "lease_until", payment->lease_until, "due_at", payment->due_at,
        "updated_at", payment->updated_at, "looked_at", payment->looked_at,
        "attempts", payment_mongo_attempts(cx, payment), "effects",
        effects_of(cx, payment), "refunds", payment_mongo_refunds(cx, payment),
        "reviews", payment_mongo_reviews(cx, payment), "needs_person",
        review_is_open(payment));
}

static enum err
insert(struct ctx *cx, struct payment_store *store,
       const struct payment *payment)
{
    const struct mongo_doc *fixed =
        mongo_doc(cx, "tttitim", "_id", payment->order_id, "id", payment->id,
                  "user_id", payment->user_id, "amount", payment->amount.minor,
                  "currency", payment->amount.currency, "version",
                  payment->version, "created_at", payment->created_at);

    return mongo_insert(cx, store->mongo, PAYMENTS,
                        mongo_join(cx, fixed, changing(cx, payment)));
}

static enum err
save(struct ctx *cx, struct payment_store *store, struct payment *payment)
{
    enum err err;

    payment->updated_at = clock_now();
    err = mongo_save(cx, store->mongo, PAYMENTS, payment->order_id,
                     payment->version, changing(cx, payment));
    payment->version += !err;
    return err;
}

static bool
read_effects(struct ctx *cx, const struct mongo_doc *doc,
             struct payment *payment)
{
    const struct mongo_doc *effects = mongo_child(cx, doc, "effects");

    for (int kind = 0; kind < EFFECTS; kind++) {
        const char *name = effect_kind_name((enum effect_kind)kind);
        const char *state = effects ? mongo_text(cx, effects, name) : NULL;

        if (!state || !effect_state_named(state, &payment->effects[kind]))
            return false;
    }
    return true;
}

/* False: it isn't a payment as this file writes it. */
static bool
read_payment(struct ctx *cx, const struct mongo_doc *doc,
             struct payment *payment)
{
    const char *currency = mongo_text(cx, doc, "currency");
    const char *state = mongo_text(cx, doc, "state");

    if (!currency || !money_is_currency(currency) || !state ||
        !payment_state_named(state, &payment->state))
        return false;
    payment->order_id = mongo_text(cx, doc, "_id");
    payment->id = mongo_text(cx, doc, "id");
    payment->user_id = mongo_text(cx, doc, "user_id");
    payment->amount = money_of(mongo_int(doc, "amount"), currency);
    payment->intent_id = mongo_text(cx, doc, "intent_id");
    payment->intent_number = mongo_int(doc, "intent_number");
    payment->lease_owner = mongo_text(cx, doc, "lease_owner");
    payment->lease_until = mongo_int(doc, "lease_until");
    payment->due_at = mongo_int(doc, "due_at");
    payment->version = mongo_int(doc, "version");
    payment->created_at = mongo_int(doc, "created_at");
    payment->updated_at = mongo_int(doc, "updated_at");
    payment->looked_at = mongo_int(doc, "looked_at");
    return payment->order_id && payment->id && payment->user_id &&
           payment_mongo_read_attempts(cx, doc, payment) &&
           payment_mongo_read_refunds(cx, doc, payment) &&
           payment_mongo_read_reviews(cx, doc, payment) &&
           read_effects(cx, doc, payment);
}

static enum err
take(struct ctx *cx, const struct mongo_doc *doc, struct payment **ret_payment)
{
    struct payment *payment = arena_new(cx->arena, struct payment);

    if (!read_payment(cx, doc, payment))
        return fail(cx, ERR_INTERNAL, "a payment is broken");
    *ret_payment = payment;
    return OK;
}

static enum err
get(struct ctx *cx, struct payment_store *store, const char *order_id,
    struct payment **ret_payment)
{
    const struct mongo_doc *doc;
    enum err err = mongo_get(cx, store->mongo, PAYMENTS, order_id, &doc);

    return err ? err : take(cx, doc, ret_payment);
}

static enum err
find(struct ctx *cx, struct payment_store *store, const char *intent_id,
     struct payment **ret_payment)
{
    struct mongo_query query = { PAYMENTS,
                                 mongo_doc(cx, "t", "intent_id", intent_id),
                                 NULL, 1 };
    const struct mongo_doc **docs;
    size_t count;
    enum err err;

    if ((err = mongo_find(cx, store->mongo, &query, &docs, &count)))
        return err;
    if (count == 0)
        return fail(cx, ERR_NOT_FOUND, "there is no such object");
    return take(cx, docs[0], ret_payment);
}

static enum err
reviewed(struct ctx *cx, struct payment_store *store, const char *after,
         struct order_ids *ret_ids)
{
    const struct mongo_doc *rest =
        mongo_doc(cx, "t", "$gt", after ? after : "");
    struct mongo_query query = {
        PAYMENTS, mongo_doc(cx, "bd", "needs_person", true, "_id", rest),
        mongo_doc(cx, "i", "_id", (int64_t)1), ORDER_IDS
    };
    const struct mongo_doc **docs;
    enum err err;

    err = mongo_find(cx, store->mongo, &query, &docs, &ret_ids->count);
    for (size_t i = 0; !err && i < ret_ids->count; i++)
        ret_ids->ids[i] = mongo_text(cx, docs[i], "_id");
    return err;
}

static enum err
list(struct ctx *cx, struct payment_store *store, enum payment_state state,
     int64_t most, struct order_ids *ret_ids)
{
    struct mongo_query query = {
        PAYMENTS, mongo_doc(cx, "t", "state", payment_state_name(state)),
        mongo_doc(cx, "i", "_id", (int64_t)-1), most
    };
    const struct mongo_doc **docs;
    enum err err;

    err = mongo_find(cx, store->mongo, &query, &docs, &ret_ids->count);
    for (size_t i = 0; !err && i < ret_ids->count; i++)
        ret_ids->ids[i] = mongo_text(cx, docs[i], "_id");
    return err;
}

enum err
payment_mongo_due(struct ctx *cx, struct payment_store *store,
                  const char *collection, int64_t now,
                  const struct mongo_doc **ret_doc)
{
    const struct mongo_doc *due =
        mongo_doc(cx, "mm", "$gt", (int64_t)0, "$lte", now);
    struct mongo_query query = { collection, mongo_doc(cx, "d", "due_at", due),
                                 mongo_doc(cx, "i", "due_at", (int64_t)1), 1 };
    const struct mongo_doc **docs;
    size_t count;
    enum err err;

    if ((err = mongo_find(cx, store->mongo, &query, &docs, &count)))
        return err;
    if (count == 0)
        return fail(cx, ERR_NOT_FOUND, "nothing is due");
    *ret_doc = docs[0];
    return OK;
}

static enum err
due(struct ctx *cx, struct payment_store *store, int64_t now,
    const char **ret_order_id)
{
    const struct mongo_doc *doc;
    enum err err = payment_mongo_due(cx, store, PAYMENTS, now, &doc);

    if (!err)
        *ret_order_id = mongo_text(cx, doc, "_id");
    return err;
}

enum err
payment_store_mongo_open(struct ctx *cx, const char *uri,
                         struct payment_store *ret_store)
{
    *ret_store = (struct payment_store){
        .insert = insert,
        .get = get,
        .save = save,
        .due = due,
        .find = find,
        .reviewed = reviewed,
        .list = list,
    };
    payment_mongo_add_events(ret_store);
    payment_mongo_add_waiting(ret_store);
    return mongo_open(cx, uri, &ret_store->mongo);
}

const struct mongo_collection payment_collections[] = {
    { PAYMENTS,
      "_id:string id:string user_id:string amount:long currency:string "
      "state:string intent_number:long lease_until:date due_at:date "
      "version:long created_at:date updated_at:date looked_at:date "
      "attempts:array "
      "effects:object refunds:array reviews:array needs_person:bool",
      { { "due_at:1", "due_at", false },
        { "intent_id:1", NULL, false },
        { "needs_person:1 _id:1", NULL, false } } },
    { EVENTS,
      "_id:string type:string created:long received_at:date due_at:date "
      "tries:long",
      { { "due_at:1", "due_at", false }, { "received_at:1", NULL, false } } },
    { TURNS, "_id:string known:long next_at:date version:long", { { 0 } } },
    IDEMPOTENCY_SCHEMA("payment"),
    { 0 },
};
