#include "io/idempotency.h"

#include <string.h>

/*
 * How many old rows each new one throws away: more than one, so that they
 * become fewer; not many more, so that nobody has to wait for it.
 */
#define SWEEP "2"

/* A row, as far as a claim asks. */
struct found {
    bool exists;
    const char *request;
    int64_t lease_until, expires_at;
    const char *object_id;     /* of one that came from MongoDB; or NULL */
    struct kept_answer answer; /* status 0: it is running */
};

static void
read_row(struct ctx *cx, const struct row *row, void *into)
{
    struct found *found = into;

    found->exists = true;
    found->request = row_text(cx, row, 0);
    found->lease_until = row_int(row, 1);
    found->expires_at = row_int(row, 2);
    found->answer.status = row_int(row, 3);
    found->answer.content_type = row_text(cx, row, 4);
    found->answer.etag = row_text(cx, row, 5);
    found->answer.headers = row_text(cx, row, 6);
    found->answer.body = row_text(cx, row, 7);
    found->object_id = row_text(cx, row, 8);
}

struct work {
    const struct key_claim *claim; /* a claim that is kept, or ended */
    struct key_claim *wanted;      /* one that is made */
    const struct kept_answer *answer;
    enum key_state state;
    struct found found;
};

static enum key_state
state_of(const struct found *found, const struct key_claim *claim)
{
    if (strcmp(found->request, claim->request) != 0)
        return KEY_REUSED;
    if (found->answer.status != 0)
        return KEY_KEPT;
    return found->lease_until > claim->now ? KEY_RUNNING : KEY_CLAIMED;
}

static enum err
insert(struct ctx *cx, struct db *db, const struct key_claim *claim)
{
    return db_run(cx, db, NULL,
                  "INSERT INTO idempotency_keys (key, request, owner, "
                  "lease_until, expires_at, status) "
                  "VALUES (?, ?, ?, ?, ?, 0)",
                  "tttii", claim->key, claim->request, claim->owner,
                  claim->lease_until, claim->now + IDEMPOTENCY_LIFE);
}

/*
 * Numbers rise with time: those that are past their time come first. One that
 * would last for days was made by a clock that was wrong, and would keep all
 * behind it from going.
 */
static enum err
sweep(struct ctx *cx, struct db *db, const struct key_claim *claim)
{
    return db_run(cx, db, NULL,
                  "DELETE FROM idempotency_keys WHERE number IN "
                  "(SELECT number FROM idempotency_keys ORDER BY number "
                  "LIMIT " SWEEP ") AND (expires_at <= ? OR expires_at > ?)",
                  "ii", claim->now, claim->now + 2 * IDEMPOTENCY_LIFE);
}

static enum err
replace(struct ctx *cx, struct db *db, const struct key_claim *claim,
        bool exists)
{
    enum err err = OK;

    if (exists)
        err = db_run(cx, db, NULL, "DELETE FROM idempotency_keys WHERE key = ?",
                     "t", claim->key);
    if (!err)
        err = sweep(cx, db, claim);
    return err ? err : insert(cx, db, claim);
}

static enum err
claim_key(struct ctx *cx, struct db *db, void *arg)
{
    struct work *work = arg;
    struct key_claim *claim = work->wanted;
    enum err err;

    err = db_each(cx, db, read_row, &work->found,
                  "SELECT request, lease_until, expires_at, status, "
                  "content_type, etag, headers, body, object_id "
                  "FROM idempotency_keys WHERE key = ?",
                  "t", claim->key);
    if (err)
        return err;
    work->state = KEY_CLAIMED;
    if (!work->found.exists || work->found.expires_at <= claim->now)
        return replace(cx, db, claim, work->found.exists);
    work->state = state_of(&work->found, claim);
    if (work->state != KEY_CLAIMED)
        return OK;
    if (work->found.object_id)
        claim->object_id = work->found.object_id;
    return db_run(cx, db, NULL,
                  "UPDATE idempotency_keys SET owner = ?, "
                  "lease_until = ? WHERE key = ?",
                  "tit", claim->owner, claim->lease_until, claim->key);
}

static enum err
claim(struct ctx *cx, struct idempotency_store *in, struct key_claim *wanted,
      enum key_state *ret_state, struct kept_answer *ret_answer)
{
    struct work work = { .wanted = wanted };
    enum err err;

    if ((err = db_write(cx, in->db, claim_key, &work)))
        return err;
    if (work.state == KEY_KEPT)
        *ret_answer = work.found.answer;
    *ret_state = work.state;
    return OK;
}

static enum err
keep_answer(struct ctx *cx, struct db *db, void *arg)
{
    const struct work *work = arg;
    const struct kept_answer *answer = work->answer;

    return db_run(cx, db, NULL,
                  "UPDATE idempotency_keys SET status = ?, content_type = ?, "
                  "etag = ?, headers = ?, body = ? WHERE key = ? AND owner = ?",
                  "itttttt", answer->status, answer->content_type, answer->etag,
                  answer->headers, answer->body, work->claim->key,
                  work->claim->owner);
}

static enum err
keep(struct ctx *cx, struct idempotency_store *in, const struct key_claim *held,
     const struct kept_answer *answer)
{
    struct work work = { .claim = held, .answer = answer };

    return db_write(cx, in->db, keep_answer, &work);
}

static enum err
end_claim(struct ctx *cx, struct db *db, void *arg)
{
    const struct work *work = arg;

    return db_run(cx, db, NULL,
                  "UPDATE idempotency_keys SET lease_until = 0 "
                  "WHERE key = ? AND owner = ?",
                  "tt", work->claim->key, work->claim->owner);
}

static enum err
forget_key(struct ctx *cx, struct db *db, void *arg)
{
    const struct work *work = arg;

    return db_run(cx, db, NULL,
                  "DELETE FROM idempotency_keys "
                  "WHERE key = ? AND owner = ? AND status = 0",
                  "tt", work->claim->key, work->claim->owner);
}

static enum err
release(struct ctx *cx, struct idempotency_store *in,
        const struct key_claim *held, bool is_undone)
{
    struct work work = { .claim = held };

    if (is_undone)
        return db_write(cx, in->db, forget_key, &work);
    return db_write(cx, in->db, end_claim, &work);
}

void
idempotency_store_open(struct db *db)
{
    *idempotency_store() =
        (struct idempotency_store){ claim, keep, release, .db = db };
}
