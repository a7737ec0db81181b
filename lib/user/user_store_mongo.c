/*
 * Accounts in MongoDB. Only _id is unique, so that the collections may be
 * sharded by it:
 *
 *   users                the account; _id is its id
 *   user_emails          who has an address; _id is the email_key. Made
 *                        first, it only claims the address: it names the id
 *                        of an account that is being made. Settled last, it
 *                        is what makes the account exist.
 *   user_login_failures  _id is the email_key; a TTL index throws them away
 *
 * A registration: claim, insert the account, settle the claim if it still
 * names it. A claim that isn't settled may be taken over at once, by changing
 * the id in it: whoever made it has died, or is about to find that he is too
 * late, and then takes his account back. So of many who claim one address at
 * once exactly one settles it, nothing waits for anybody, and a crash between
 * any two steps leaves an address that can be registered.
 */
#include <string.h>

#include "user/user_store_mongo.h"

#define EMAILS "user_emails"
#define FAILURES "user_login_failures"

/* How often a change that was overtaken is made anew. */
enum { TRIES = 16 };

static const struct mongo_doc *
by_id(struct ctx *cx, const char *id)
{
    return mongo_doc(cx, "t", "_id", id);
}

/* A write that nobody has seen yet: undone, or done in vain, is the same. */
static enum err
unseen(enum err err)
{
    return err == ERR_UNKNOWN_OUTCOME ? ERR_UNAVAILABLE : err;
}

static enum err
taken(struct ctx *cx)
{
    ctx_forgive(cx);
    return fail(cx, ERR_CONFLICT, "the e-mail address is taken");
}

/* Changes a claim that isn't settled, and that names `claimant`. */
static enum err
change_claim(struct ctx *cx, struct user_store *store, const char *email_key,
             const char *claimant, const struct mongo_doc *set,
             int64_t *ret_matched)
{
    return mongo_update(cx, store->mongo, EMAILS,
                        mongo_doc(cx, "ttb", "_id", email_key, "user_id",
                                  claimant, "settled", false),
                        mongo_doc(cx, "d", "$set", set), ret_matched);
}

/* Takes over a claim that is there; ERR_CONFLICT: it is settled. */
static enum err
take_over(struct ctx *cx, struct user_store *store, const struct user *user)
{
    const struct mongo_doc *claim;
    const char *claimant;
    int64_t matched;
    enum err err;

    for (int i = 0; i < TRIES; i++) {
        ctx_forgive(cx);
        err = mongo_get(cx, store->mongo, EMAILS, user->email_key, &claim);
        if (err) /* claims don't go away by themselves */
            return ERR_UNAVAILABLE;
        if (mongo_is_true(claim, "settled"))
            return taken(cx);
        claimant = mongo_text(cx, claim, "user_id");
        err = change_claim(cx, store, user->email_key, claimant,
                           mongo_doc(cx, "t", "user_id", user->id), &matched);
        if (err)
            return unseen(err);
        if (matched == 0)
            continue;
        /* what the one before has left, if he died late */
        return unseen(
            mongo_delete(cx, store->mongo, USERS, by_id(cx, claimant)));
    }
    return fail(cx, ERR_UNAVAILABLE, "the address is claimed again and again");
}

static enum err
claim_email(struct ctx *cx, struct user_store *store, const struct user *user)
{
    enum err err =
        mongo_insert(cx, store->mongo, EMAILS,
                     mongo_doc(cx, "ttb", "_id", user->email_key, "user_id",
                               user->id, "settled", false));

    return err == ERR_CONFLICT ? take_over(cx, store, user) : unseen(err);
}

static enum err
insert_user(struct ctx *cx, struct user_store *store, const struct user *user)
{
    enum err err = mongo_insert(
        cx, store->mongo, USERS,
        mongo_doc(cx, "ttttttimm", "_id", user->id, "username", user->username,
                  "email", user->email, "email_key", user->email_key,
                  "password_hash", user->password_hash, "role",
                  user_role_name(user->role), "version", user->version,
                  "created_at", user->created_at, "updated_at",
                  user->updated_at));

    return unseen(err);
}

/*
 * What became of a claim whose settling was not answered, or found nothing to
 * settle. ERR_UNKNOWN_OUTCOME: it isn't settled, but may be on its way still.
 */
static enum err
look_at_claim(struct ctx *cx, struct user_store *store, const struct user *user)
{
    const struct mongo_doc *claim;
    const char *claimant;

    ctx_forgive(cx);
    if (mongo_get(cx, store->mongo, EMAILS, user->email_key, &claim))
        return ERR_UNKNOWN_OUTCOME;
    claimant = mongo_text(cx, claim, "user_id");
    if (!claimant || strcmp(claimant, user->id) != 0)
        return taken(cx);
    return mongo_is_true(claim, "settled") ? OK : ERR_UNKNOWN_OUTCOME;
}

static enum err
settle_email(struct ctx *cx, struct user_store *store, const struct user *user)
{
    enum err err = OK;

    for (int i = 0; i < 2; i++) {
        int64_t matched = 0;

        err = change_claim(cx, store, user->email_key, user->id,
                           mongo_doc(cx, "b", "settled", true), &matched);
        if (!err && matched)
            return OK;
        if (err && err != ERR_UNKNOWN_OUTCOME)
            return i == 0 ? err : ERR_UNKNOWN_OUTCOME;
        err = look_at_claim(cx, store, user);
        if (err != ERR_UNKNOWN_OUTCOME)
            return err;
    }
    return err;
}

static enum err
insert(struct ctx *cx, struct user_store *store, const struct user *user)
{
    enum err err;

    if ((err = claim_email(cx, store, user)))
        return err;
    if ((err = insert_user(cx, store, user)))
        return err;
    err = settle_email(cx, store, user);
    if (err == ERR_CONFLICT) {
        (void)mongo_delete(cx, store->mongo, USERS, by_id(cx, user->id));
        return taken(cx);
    }
    return err;
}

struct user *
user_mongo_read(struct ctx *cx, const struct mongo_doc *doc)
{
    struct user *user = arena_new(cx->arena, struct user);
    const char *role = mongo_text(cx, doc, "role");

    user->id = mongo_text(cx, doc, "_id");
    user->username = mongo_text(cx, doc, "username");
    user->email = mongo_text(cx, doc, "email");
    user->email_key = mongo_text(cx, doc, "email_key");
    user->password_hash = mongo_text(cx, doc, "password_hash");
    user->version = mongo_int(doc, "version");
    user->created_at = mongo_int(doc, "created_at");
    user->updated_at = mongo_int(doc, "updated_at");
    /* unlike SQLite's, these documents have no types that hold */
    return role && user_role_named(role, &user->role) && user->id &&
                   user->username && user->email && user->email_key &&
                   user->password_hash
               ? user
               : NULL;
}

static enum err
get(struct ctx *cx, struct user_store *store, const char *id,
    struct user **ret_user)
{
    const struct mongo_doc *doc;
    struct user *user;
    enum err err;

    if ((err = mongo_get(cx, store->mongo, USERS, id, &doc)))
        return err;
    if (!(user = user_mongo_read(cx, doc)))
        return fail(cx, ERR_INTERNAL, "the account %s is broken", id);
    *ret_user = user;
    return OK;
}

static enum err
find(struct ctx *cx, struct user_store *store, const char *email_key,
     struct user **ret_user)
{
    const struct mongo_doc *claim;
    const char *id = NULL;
    enum err err;

    err = mongo_get(cx, store->mongo, EMAILS, email_key, &claim);
    if (err && err != ERR_NOT_FOUND)
        return err;
    if (!err && mongo_is_true(claim, "settled"))
        id = mongo_text(cx, claim, "user_id");
    ctx_forgive(cx);
    /* asked for even if there is none: the time must not tell */
    return get(cx, store, id ? id : "", ret_user);
}

static enum err
update(struct ctx *cx, struct user_store *store, const struct user *user)
{
    return mongo_save(cx, store->mongo, USERS, user->id, user->version,
                      mongo_doc(cx, "ttm", "role", user_role_name(user->role),
                                "password_hash", user->password_hash,
                                "updated_at", user->updated_at));
}

/* One more in a window that is open and has room; ret_is_counted: it has. */
static enum err
count_in_window(struct ctx *cx, struct user_store *store, const char *email_key,
                int64_t now, int64_t *ret_is_counted)
{
    const struct mongo_doc *room =
        mongo_doc(cx, "i", "$lt", (int64_t)USER_FAILURES_MAX);
    const struct mongo_doc *open = mongo_doc(cx, "m", "$gt", now);

    return mongo_update(
        cx, store->mongo, FAILURES,
        mongo_doc(cx, "tdd", "_id", email_key, "until", open, "count", room),
        mongo_doc(cx, "d", "$inc", mongo_doc(cx, "i", "count", (int64_t)1)),
        ret_is_counted);
}

/* The first of a new window; ERR_CONFLICT: one is open. */
static enum err
open_window(struct ctx *cx, struct user_store *store, const char *email_key,
            int64_t now)
{
    const struct mongo_doc *over = mongo_doc(cx, "m", "$lte", now);
    const struct mongo_doc *first = mongo_doc(
        cx, "im", "count", (int64_t)1, "until", now + USER_FAILURES_WINDOW);

    return mongo_upsert(cx, store->mongo, FAILURES,
                        mongo_doc(cx, "td", "_id", email_key, "until", over),
                        mongo_doc(cx, "d", "$set", first));
}

static enum err
failures(struct ctx *cx, struct user_store *store, const char *email_key,
         int64_t now, struct user_failures *ret_failures)
{
    const struct mongo_doc *doc;
    enum err err;

    *ret_failures = (struct user_failures){ 0 };
    err = mongo_get(cx, store->mongo, FAILURES, email_key, &doc);
    if (err == ERR_NOT_FOUND) {
        ctx_forgive(cx);
        return OK;
    }
    if (!err && mongo_int(doc, "until") > now) {
        ret_failures->count = mongo_int(doc, "count");
        ret_failures->until = mongo_int(doc, "until");
    }
    return err;
}

static enum err
count_failure(struct ctx *cx, struct user_store *store, const char *email_key,
              int64_t now)
{
    int64_t is_counted = 0;
    enum err err;

    for (int i = 0; i < TRIES; i++) {
        struct user_failures before;

        ctx_forgive(cx); /* of the try before, which was overtaken */
        err = count_in_window(cx, store, email_key, now, &is_counted);
        if (err == ERR_UNKNOWN_OUTCOME && i == 0)
            continue; /* a dead connection; at worst it counts twice */
        if (err || is_counted)
            return unseen(err);
        if ((err = open_window(cx, store, email_key, now)) != ERR_CONFLICT)
            return unseen(err);
        if ((err = failures(cx, store, email_key, now, &before)))
            return err;
        if (before.count >= USER_FAILURES_MAX) {
            ctx_forgive(cx);
            return fail(cx, ERR_TOO_MANY, "too many logins have failed");
        }
    }
    return fail(cx, ERR_UNAVAILABLE, "the failures change all the time");
}

static enum err
forget_failures(struct ctx *cx, struct user_store *store, const char *email_key)
{
    const struct mongo_doc *few =
        mongo_doc(cx, "i", "$lt", (int64_t)USER_FAILURES_MAX);

    return mongo_delete(cx, store->mongo, FAILURES,
                        mongo_doc(cx, "td", "_id", email_key, "count", few));
}

enum err
user_store_mongo_open(struct ctx *cx, const char *uri,
                      struct user_store *ret_store)
{
    *ret_store = (struct user_store){
        .insert = insert,
        .get = get,
        .find = find,
        .update = update,
        .failures = failures,
        .count_failure = count_failure,
        .forget_failures = forget_failures,
    };
    user_mongo_add_search(ret_store);
    return mongo_open(cx, uri, &ret_store->mongo);
}

const struct mongo_collection user_collections[] = {
    { USERS,
      "_id:string username:string email:string email_key:string "
      "password_hash:string role:string version:long created_at:date "
      "updated_at:date",
      { { 0 } } },
    { EMAILS, "_id:string user_id:string settled:bool", { { 0 } } },
    { FAILURES,
      "_id:string count:long until:date",
      { { "until:1", NULL, true } } },
    { 0 },
};
