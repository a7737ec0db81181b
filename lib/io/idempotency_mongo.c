/*
 * Keys in MongoDB: reservations, one document a key, in a database of the
 * service's own. A claim changes the document only as it was read, by its
 * owner; what is past its time goes by a TTL index.
 *
 * The work can't be in one transaction with its key here. So the reservation
 * names the id that the object will have, and the object is inserted under it
 * second: whoever finds the reservation without its answer, because the one
 * before him died, does the same work under the same id, and finds it done or
 * does it. Two who do so at once meet in the insert, which only one can make.
 */
#include <string.h>

#include "io/idempotency.h"
#include "io/mongo.h"

/* How often a claim that was overtaken is made anew. */
enum { TRIES = 8 };

static const struct mongo_doc *
reservation(struct ctx *cx, const struct key_claim *claim)
{
    return mongo_doc(cx, "tttmmi", "request", claim->request, "owner",
                     claim->owner, "object_id", claim->object_id, "lease_until",
                     claim->lease_until, "expires_at",
                     claim->now + IDEMPOTENCY_LIFE, "status", (int64_t)0);
}

static void
read_answer(struct ctx *cx, const struct mongo_doc *doc,
            struct kept_answer *ret_answer)
{
    ret_answer->status = mongo_int(doc, "status");
    ret_answer->content_type = mongo_text(cx, doc, "content_type");
    ret_answer->etag = mongo_text(cx, doc, "etag");
    ret_answer->headers = mongo_text(cx, doc, "headers");
    ret_answer->body = mongo_text(cx, doc, "body");
}

static enum key_state
state_of(struct ctx *cx, const struct mongo_doc *doc,
         const struct key_claim *claim)
{
    const char *request = mongo_text(cx, doc, "request");

    if (mongo_int(doc, "expires_at") <= claim->now)
        return KEY_CLAIMED;
    if (!request || strcmp(request, claim->request) != 0)
        return KEY_REUSED;
    if (mongo_int(doc, "status") != 0)
        return KEY_KEPT;
    return mongo_int(doc, "lease_until") > claim->now ? KEY_RUNNING
                                                      : KEY_CLAIMED;
}

/* Whether the claim is there after all, though the answer was lost. */
static enum err
look_for_claim(struct ctx *cx, struct idempotency_store *store,
               const struct key_claim *claim, int64_t *ret_matched)
{
    const struct mongo_doc *found;
    const char *owner;
    enum err err;

    ctx_forgive(cx);
    if ((err = mongo_get(cx, store->mongo, store->keys, claim->key, &found)))
        return ERR_UNAVAILABLE;
    owner = mongo_text(cx, found, "owner");
    *ret_matched = owner && !strcmp(owner, claim->owner);
    return OK;
}

/* Takes over what is there, if it is still as it was read. */
static enum err
take_over(struct ctx *cx, struct idempotency_store *store,
          struct key_claim *claim, const struct mongo_doc *found,
          int64_t *ret_matched)
{
    bool is_expired = mongo_int(found, "expires_at") <= claim->now;
    const char *object_id = mongo_text(cx, found, "object_id");
    const struct mongo_doc *as_read = mongo_doc(
        cx, "ttm", "_id", claim->key, "owner", mongo_text(cx, found, "owner"),
        "expires_at", mongo_int(found, "expires_at"));
    const struct mongo_doc *lease = mongo_doc(
        cx, "tm", "owner", claim->owner, "lease_until", claim->lease_until);

    enum err err;

    if (!is_expired && object_id)
        claim->object_id = object_id;
    err = mongo_update(
        cx, store->mongo, store->keys, as_read,
        mongo_doc(cx, "d", "$set", is_expired ? reservation(cx, claim) : lease),
        ret_matched);
    return err == ERR_UNKNOWN_OUTCOME
               ? look_for_claim(cx, store, claim, ret_matched)
               : err;
}

/* ret_is_settled: it is known what has become of the key. */
static enum err
try_claim(struct ctx *cx, struct idempotency_store *store,
          struct key_claim *claim, enum key_state *ret_state,
          struct kept_answer *ret_answer, bool *ret_is_settled)
{
    const struct mongo_doc *found;
    int64_t matched = 0;
    enum err err;

    *ret_is_settled = true;
    *ret_state = KEY_CLAIMED;
    err = mongo_insert(cx, store->mongo, store->keys,
                       mongo_join(cx, mongo_doc(cx, "t", "_id", claim->key),
                                  reservation(cx, claim)));
    if (err != ERR_CONFLICT)
        return err;
    ctx_forgive(cx);
    err = mongo_get(cx, store->mongo, store->keys, claim->key, &found);
    *ret_is_settled = err != ERR_NOT_FOUND; /* it has just been released */
    if (err)
        return err == ERR_NOT_FOUND ? OK : err;
    *ret_state = state_of(cx, found, claim);
    if (*ret_state == KEY_KEPT)
        read_answer(cx, found, ret_answer);
    if (*ret_state != KEY_CLAIMED)
        return OK;
    err = take_over(cx, store, claim, found, &matched);
    *ret_is_settled = err || matched == 1;
    return err;
}

static enum err
claim(struct ctx *cx, struct idempotency_store *store, struct key_claim *wanted,
      enum key_state *ret_state, struct kept_answer *ret_answer)
{
    const char *object_id = wanted->object_id;
    bool is_settled = false;
    enum err err = OK;

    for (int i = 0; i < TRIES && !is_settled; i++) {
        ctx_forgive(cx);
        wanted->object_id = object_id;
        err = try_claim(cx, store, wanted, ret_state, ret_answer, &is_settled);
    }
    if (!is_settled)
        return fail(cx, ERR_UNAVAILABLE, "the key is claimed again and again");
    /* nothing has been done with it yet */
    return err == ERR_UNKNOWN_OUTCOME ? ERR_UNAVAILABLE : err;
}

/* Changes the key if the claim still holds it. */
static enum err
change(struct ctx *cx, struct idempotency_store *store,
       const struct key_claim *held, const struct mongo_doc *set)
{
    return mongo_set(
        cx, store->mongo, store->keys,
        mongo_doc(cx, "tt", "_id", held->key, "owner", held->owner), set);
}

static enum err
keep(struct ctx *cx, struct idempotency_store *store,
     const struct key_claim *held, const struct kept_answer *answer)
{
    return change(cx, store, held,
                  mongo_doc(cx, "itttt", "status", answer->status,
                            "content_type", answer->content_type, "etag",
                            answer->etag, "headers", answer->headers, "body",
                            answer->body));
}

static enum err
release(struct ctx *cx, struct idempotency_store *store,
        const struct key_claim *held, bool is_undone)
{
    /* what was kept is not undone: somebody else's claim, or our own answer */
    if (is_undone)
        return mongo_delete(cx, store->mongo, store->keys,
                            mongo_doc(cx, "tti", "_id", held->key, "owner",
                                      held->owner, "status", (int64_t)0));
    return change(cx, store, held,
                  mongo_doc(cx, "m", "lease_until", (int64_t)0));
}

void
idempotency_store_open_mongo(struct mongo *mongo, const char *keys)
{
    *idempotency_store() =
        (struct idempotency_store){ claim, keep, release, .mongo = mongo,
                                    .keys = keys };
}
