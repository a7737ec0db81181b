#include "io/db.h"
#include "order/order.h"

#define COLUMNS                                                                \
    "id, user_id, product_name, quantity, price, total, currency, "            \
    "status, payment_id, version, created_at, updated_at"

static void
read_order(struct ctx *cx, const struct row *row, void *into)
{
    struct order *order = into;
    const char *currency = row_text(cx, row, 6);

    order->id = row_text(cx, row, 0);
    order->user_id = row_text(cx, row, 1);
    order->product_name = row_text(cx, row, 2);
    order->quantity = row_int(row, 3);
    order->price = money_of(row_int(row, 4), currency);
    order->total = money_of(row_int(row, 5), currency);
    order_status_named(row_text(cx, row, 7), &order->status);
    order->payment_id = row_text(cx, row, 8);
    order->version = row_int(row, 9);
    order->created_at = row_int(row, 10);
    order->updated_at = row_int(row, 11);
}

static enum err
insert_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct order *order = arg;

    return db_run(cx, db, NULL,
                  "INSERT INTO orders (" COLUMNS ") "
                  "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                  "tttiiitttiii", order->id, order->user_id,
                  order->product_name, order->quantity, order->price.minor,
                  order->total.minor, order->total.currency,
                  order_status_name(order->status), order->payment_id,
                  order->version, order->created_at, order->updated_at);
}

static enum err
insert(struct ctx *cx, struct order_store *store, const struct order *order)
{
    return db_write(cx, store->db, insert_work, (void *)order);
}

static enum err
get(struct ctx *cx, struct order_store *store, const char *id,
    struct order **ret_order)
{
    struct order *order = arena_new(cx->arena, struct order);
    enum err err;

    err = db_get(cx, store->db, read_order, order,
                 "SELECT " COLUMNS " FROM orders WHERE id = ?", "t", id);
    if (!err)
        *ret_order = order;
    return err;
}

static enum err
update_work(struct ctx *cx, struct db *db, void *arg)
{
    const struct order *order = arg;
    int64_t changed;
    enum err err;

    err = db_run(cx, db, &changed,
                 "UPDATE orders SET status = ?, payment_id = ?, "
                 "updated_at = ?, version = version + 1 "
                 "WHERE id = ? AND version = ?",
                 "ttiti", order_status_name(order->status), order->payment_id,
                 order->updated_at, order->id, order->version);
    if (!err && changed == 0)
        return fail(cx, ERR_CONFLICT, "the order has changed meanwhile");
    return err;
}

static enum err
update(struct ctx *cx, struct order_store *store, const struct order *order)
{
    return db_write(cx, store->db, update_work, (void *)order);
}

static void
add_to_page(struct ctx *cx, const struct row *row, void *into)
{
    struct order_page *page = into;

    read_order(cx, row, &page->orders[page->count++]);
}

static enum err
list_of_user(struct ctx *cx, struct order_store *store, const char *user_id,
             const struct order_query *query, struct order_page *page)
{
    const char *status =
        query->status < 0 ? NULL
                          : order_status_name((enum order_status)query->status);

    return db_each(cx, store->db, add_to_page, page,
                   "SELECT " COLUMNS " FROM orders "
                   "WHERE user_id = ?1 AND (?2 IS NULL OR id < ?2) "
                   "AND (?3 IS NULL OR status = ?3) "
                   "ORDER BY id DESC LIMIT ?4",
                   "ttti", user_id, query->before, status, query->limit + 1);
}

/* By the partial index on what is Pending. */
static enum err
list_pending(struct ctx *cx, struct order_store *store,
             const struct order_query *query, struct order_page *page)
{
    return db_each(cx, store->db, add_to_page, page,
                   "SELECT " COLUMNS " FROM orders WHERE status = 'Pending' "
                   "AND (?1 IS NULL OR id < ?1) ORDER BY id DESC LIMIT ?2",
                   "ti", query->before, query->limit + 1);
}

/* By age alone. */
static enum err
list_all(struct ctx *cx, struct order_store *store,
         const struct order_query *query, struct order_page *page)
{
    const char *status =
        query->status < 0 ? NULL
                          : order_status_name((enum order_status)query->status);

    return db_each(cx, store->db, add_to_page, page,
                   "SELECT " COLUMNS " FROM orders "
                   "WHERE (?1 IS NULL OR id < ?1) "
                   "AND (?2 IS NULL OR status = ?2) ORDER BY id DESC LIMIT ?3",
                   "tti", query->before, status, query->limit + 1);
}

static enum err
list(struct ctx *cx, struct order_store *store, const char *user_id,
     const struct order_query *query, struct order_page *ret_page)
{
    struct order_page page = { 0 };
    enum err err;

    /* one more than asked for tells whether there is a next page */
    page.orders =
        arena_array(cx->arena, struct order, (size_t)query->limit + 1);
    if (user_id)
        err = list_of_user(cx, store, user_id, query, &page);
    else if (query->status == PENDING)
        err = list_pending(cx, store, query, &page);
    else
        err = list_all(cx, store, query, &page);
    if (err)
        return err;
    page.has_more = page.count > (size_t)query->limit;
    page.count -= page.has_more;
    *ret_page = page;
    return OK;
}

enum err
order_store_sqlite_open(struct ctx *cx, const char *path,
                        struct order_store *ret_store)
{
    *ret_store = (struct order_store){
        .insert = insert,
        .get = get,
        .update = update,
        .list = list,
    };
    return db_open(cx, "order", path, &ret_store->db);
}
