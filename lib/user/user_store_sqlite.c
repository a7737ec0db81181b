#include "base/stop.h"
#include "io/db.h"
#include "user/user.h"

#define COLUMNS                                                                \
    "id, username, email, email_key, password_hash, role, "                    \
    "version, created_at, updated_at"

/* Old counts thrown away with each new one: more than can come in. */
#define SWEEP "4"

static void
read_user(struct ctx *cx, const struct row *row, void *into)
{
    struct user *user = into;

    user->id = row_text(cx, row, 0);
    user->username = row_text(cx, row, 1);
    user->email = row_text(cx, row, 2);
    user->email_key = row_text(cx, row, 3);
    user->password_hash = row_text(cx, row, 4);
    if (!user_role_named(row_text(cx, row, 5), &user->role))
        bug("the table lets a role pass that isn't one");
    user->version = row_int(row, 6);
    user->created_at = row_int(row, 7);
    user->updated_at = row_int(row, 8);
}

static enum err
insert_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct user *user = arg;

    return db_run(cx, db, NULL,
                  "INSERT INTO users (" COLUMNS ") "
                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  "ttttttiii", user->id, user->username, user->email,
                  user->email_key, user->password_hash,
                  user_role_name(user->role), user->version, user->created_at,
                  user->updated_at);
}

static enum err
insert(struct ctx *cx, struct user_store *store, const struct user *user)
{
    return db_write(cx, store->db, insert_work, (void *)user);
}

static enum err
get(struct ctx *cx, struct user_store *store, const char *id,
    struct user **ret_user)
{
    struct user *user = arena_new(cx->arena, struct user);
    enum err err;

    err = db_get(cx, store->db, read_user, user,
                 "SELECT " COLUMNS " FROM users WHERE id = ?", "t", id);
    if (!err)
        *ret_user = user;
    return err;
}

static enum err
find(struct ctx *cx, struct user_store *store, const char *email_key,
     struct user **ret_user)
{
    struct user *user = arena_new(cx->arena, struct user);
    enum err err;

    err = db_get(cx, store->db, read_user, user,
                 "SELECT " COLUMNS " FROM users WHERE email_key = ?", "t",
                 email_key);
    if (!err)
        *ret_user = user;
    return err;
}

static void
add_to_page(struct ctx *cx, const struct row *row, void *into)
{
    struct user_page *page = into;

    read_user(cx, row, &page->users[page->count++]);
}

static enum err
search(struct ctx *cx, struct user_store *store, const char *text, int64_t most,
       struct user_page *ret_page)
{
    struct user_page page = { .count = 0 };
    enum err err;

    page.users = arena_array(cx->arena, struct user, (size_t)most);
    err = db_each(cx, store->db, add_to_page, &page,
                  "SELECT " COLUMNS " FROM users WHERE "
                  "instr(lower(email), lower(?1)) OR "
                  "instr(lower(username), lower(?1)) ORDER BY id DESC LIMIT ?2",
                  "ti", text, most);
    if (!err)
        *ret_page = page;
    return err;
}

static enum err
update_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct user *user = arg;
    int64_t changed;
    enum err err;

    err = db_run(cx, db, &changed,
                 "UPDATE users SET role = ?, password_hash = ?, "
                 "updated_at = ?, version = version + 1 "
                 "WHERE id = ? AND version = ?",
                 "ttiti", user_role_name(user->role), user->password_hash,
                 user->updated_at, user->id, user->version);
    if (!err && changed == 0)
        return fail(cx, ERR_CONFLICT, "the account has changed meanwhile");
    return err;
}

static enum err
update(struct ctx *cx, struct user_store *store, const struct user *user)
{
    return db_write(cx, store->db, update_work, (void *)user);
}

static void
read_failures(struct ctx *cx, const struct row *row, void *into)
{
    struct user_failures *failures = into;

    (void)cx;
    failures->count = row_int(row, 0);
    failures->until = row_int(row, 1);
}

static enum err
get_failures(struct ctx *cx, struct db *db, const char *email_key, int64_t now,
             struct user_failures *ret_failures)
{
    *ret_failures = (struct user_failures){ 0 };
    return db_each(cx, db, read_failures, ret_failures,
                   "SELECT count, until FROM login_failures "
                   "WHERE email_key = ? AND until > ?",
                   "ti", email_key, now);
}

static enum err
failures(struct ctx *cx, struct user_store *store, const char *email_key,
         int64_t now, struct user_failures *ret_failures)
{
    return get_failures(cx, store->db, email_key, now, ret_failures);
}

static enum err
sweep(struct ctx *cx, struct db *db, int64_t now)
{
    return db_run(cx, db, NULL,
                  "DELETE FROM login_failures WHERE email_key IN "
                  "(SELECT email_key FROM login_failures WHERE until <= ? "
                  "ORDER BY until LIMIT " SWEEP ")",
                  "i", now);
}

struct failure {
    const char *email_key;
    int64_t now;
};

static enum err
count_failure_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct failure *failure = arg;
    struct user_failures before;
    enum err err;

    if ((err = get_failures(cx, db, failure->email_key, failure->now, &before)))
        return err;
    if (before.count >= USER_FAILURES_MAX)
        return fail(cx, ERR_TOO_MANY, "too many logins have failed");
    if (before.count == 0)
        before.until = failure->now + USER_FAILURES_WINDOW;
    err = db_run(cx, db, NULL,
                 "INSERT INTO login_failures (email_key, count, until) "
                 "VALUES (?, ?, ?) ON CONFLICT (email_key) "
                 "DO UPDATE SET count = excluded.count, "
                 "until = excluded.until",
                 "tii", failure->email_key, before.count + 1, before.until);
    return err ? err : sweep(cx, db, failure->now);
}

static enum err
count_failure(struct ctx *cx, struct user_store *store, const char *email_key,
              int64_t now)
{
    struct failure failure = { email_key, now };

    return db_write(cx, store->db, count_failure_work, &failure);
}

static enum err
forget_failures_work(struct ctx *cx, struct db *db, void *arg)
{
    return db_run(cx, db, NULL,
                  "DELETE FROM login_failures "
                  "WHERE email_key = ? AND count < ?",
                  "ti", (const char *)arg, (int64_t)USER_FAILURES_MAX);
}

static enum err
forget_failures(struct ctx *cx, struct user_store *store, const char *email_key)
{
    return db_write(cx, store->db, forget_failures_work, (void *)email_key);
}

enum err
user_store_sqlite_open(struct ctx *cx, const char *path,
                       struct user_store *ret_store)
{
    *ret_store = (struct user_store){
        .insert = insert,
        .get = get,
        .find = find,
        .search = search,
        .update = update,
        .failures = failures,
        .count_failure = count_failure,
        .forget_failures = forget_failures,
    };
    return db_open(cx, "user", path, &ret_store->db);
}
