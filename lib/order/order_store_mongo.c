/*
 * Orders in MongoDB: a document each, its _id the order's id, changed as a
 * whole on condition of its version. Sharded by _id, an order is found on one
 * shard; a user's list is asked of all of them.
 */
#include "io/idempotency.h"
#include "io/mongo.h"
#include "order/order.h"

#define ORDERS "orders"

static enum err
insert(struct ctx *cx, struct order_store *store, const struct order *order)
{
    return mongo_insert(
        cx, store->mongo, ORDERS,
        mongo_doc(cx, "tttiiitttimm", "_id", order->id, "user_id",
                  order->user_id, "product_name", order->product_name,
                  "quantity", order->quantity, "price", order->price.minor,
                  "total", order->total.minor, "currency",
                  order->total.currency, "status",
                  order_status_name(order->status), "payment_id",
                  order->payment_id, "version", order->version, "created_at",
                  order->created_at, "updated_at", order->updated_at));
}

/* False: it isn't an order as this file writes it. */
static bool
read_order(struct ctx *cx, const struct mongo_doc *doc, struct order *order)
{
    const char *currency = mongo_text(cx, doc, "currency");
    const char *status = mongo_text(cx, doc, "status");

    if (!currency || !money_is_currency(currency) || !status ||
        !order_status_named(status, &order->status))
        return false;
    order->id = mongo_text(cx, doc, "_id");
    order->user_id = mongo_text(cx, doc, "user_id");
    order->product_name = mongo_text(cx, doc, "product_name");
    order->quantity = mongo_int(doc, "quantity");
    order->price = money_of(mongo_int(doc, "price"), currency);
    order->total = money_of(mongo_int(doc, "total"), currency);
    order->payment_id = mongo_text(cx, doc, "payment_id");
    order->version = mongo_int(doc, "version");
    order->created_at = mongo_int(doc, "created_at");
    order->updated_at = mongo_int(doc, "updated_at");
    return order->id && order->user_id && order->product_name;
}

static enum err
get(struct ctx *cx, struct order_store *store, const char *id,
    struct order **ret_order)
{
    struct order *order = arena_new(cx->arena, struct order);
    const struct mongo_doc *doc;
    enum err err;

    if ((err = mongo_get(cx, store->mongo, ORDERS, id, &doc)))
        return err;
    if (!read_order(cx, doc, order))
        return fail(cx, ERR_INTERNAL, "the order %s is broken", id);
    *ret_order = order;
    return OK;
}

static enum err
update(struct ctx *cx, struct order_store *store, const struct order *order)
{
    return mongo_save(cx, store->mongo, ORDERS, order->id, order->version,
                      mongo_doc(cx, "ttm", "status",
                                order_status_name(order->status), "payment_id",
                                order->payment_id, "updated_at",
                                order->updated_at));
}

/* By the index on user and id, or that on status and id. */
static const struct mongo_doc *
filter_of(struct ctx *cx, const char *user_id, const struct order_query *query)
{
    const struct mongo_doc *filter = mongo_doc(cx, "");

    if (user_id)
        filter = mongo_doc(cx, "t", "user_id", user_id);
    if (query->status >= 0)
        filter = mongo_join(
            cx, filter,
            mongo_doc(cx, "t", "status",
                      order_status_name((enum order_status)query->status)));
    if (query->before)
        filter =
            mongo_join(cx, filter,
                       mongo_doc(cx, "d", "_id",
                                 mongo_doc(cx, "t", "$lt", query->before)));
    return filter;
}

static enum err
list(struct ctx *cx, struct order_store *store, const char *user_id,
     const struct order_query *query, struct order_page *ret_page)
{
    /* one more than asked for tells whether there is a next page */
    struct mongo_query wanted = { ORDERS, filter_of(cx, user_id, query),
                                  mongo_doc(cx, "i", "_id", (int64_t)-1),
                                  query->limit + 1 };
    struct order_page page = { 0 };
    const struct mongo_doc **docs;
    enum err err;

    if ((err = mongo_find(cx, store->mongo, &wanted, &docs, &page.count)))
        return err;
    page.has_more = page.count > (size_t)query->limit;
    page.count -= page.has_more;
    page.orders = arena_array(cx->arena, struct order, page.count);
    for (size_t i = 0; i < page.count; i++) {
        if (!read_order(cx, docs[i], &page.orders[i]))
            return fail(cx, ERR_INTERNAL, "an order of a list is broken");
    }
    *ret_page = page;
    return OK;
}

enum err
order_store_mongo_open(struct ctx *cx, const char *uri,
                       struct order_store *ret_store)
{
    *ret_store = (struct order_store){
        .insert = insert,
        .get = get,
        .update = update,
        .list = list,
    };
    return mongo_open(cx, uri, &ret_store->mongo);
}

const struct mongo_collection order_collections[] = {
    { ORDERS,
      "_id:string user_id:string product_name:string quantity:long "
      "price:long total:long currency:string status:string version:long "
      "created_at:date updated_at:date",
      { { "user_id:1 _id:-1", NULL, false },
        { "status:1 _id:-1", NULL, false } } },
    IDEMPOTENCY_SCHEMA("order"),
    { 0 },
};
