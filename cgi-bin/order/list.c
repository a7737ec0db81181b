/*
 * GET /api/order: a user's orders, newest first, page by page.
 *
 * Who     a customer their own; an admin or a service anyone's
 * In      user_id  whose; left out: the caller's, or for a service everybody's
 *                  (with status=Pending alone)
 *         status   only these: Pending, Paid, Cancelled, Expired,
 *                  PartiallyRefunded, Refunded
 *         limit    1 to 100; left out: 20
 *         cursor   what the page before said; opaque
 * Out     200 {"orders": [...], "next_cursor": text or null}; where there is
 *             more, Link: <...>; rel="next"
 *         404 user_id is not the caller's
 *         422 a parameter is unknown, repeated or out of range
 */
#include "order_json.h"

struct query {
    const char *user_id, *status, *cursor;
    int64_t limit;
};

static const struct field fields[] = {
    FIELD_ID(struct query, user_id, OPTIONAL),
    FIELD_TEXT(struct query, status, OPTIONAL, 1, 32),
    FIELD_INT(struct query, limit, OPTIONAL, 1, ORDER_PAGE_MAX),
    FIELD_ID(struct query, cursor, OPTIONAL),
    FIELD_END,
};

/* The same query, from the last order of this page on. */
static void
link_next(struct ctx *cx, struct reply *reply, const struct query *query,
          const char *last)
{
    struct text link;

    text_init(&link, cx->arena, KIB);
    text_printf(&link, "</api/order?limit=%lld&cursor=%s",
                (long long)query->limit, last);
    if (query->user_id)
        text_printf(&link, "&user_id=%s", query->user_id);
    if (query->status)
        text_printf(&link, "&status=%s", query->status);
    text_add(&link, ">; rel=\"next\"");
    reply_header(reply, "Link", link.bytes);
}

static void
write_page(struct reply *reply, const struct order_page *page, const char *next)
{
    struct writer *writer = reply_json(reply, HTTP_OK);

    writer_object(writer, NULL);
    writer_array(writer, "orders");
    for (size_t i = 0; i < page->count; i++)
        order_write(writer, &page->orders[i]);
    writer_array_end(writer);
    writer_text(writer, "next_cursor", next);
    writer_object_end(writer);
}

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct query query = { .limit = 20 };
    struct order_query wanted = { .status = -1 };
    enum order_status status;
    struct order_page page;
    const char *next = NULL;
    enum err err;

    if ((err = request_query(cx, request, &query)))
        return err;
    if (query.status && !order_status_named(query.status, &status))
        return fail_field(cx, "/status", "is not a status of an order");
    if (query.status)
        wanted.status = (int)status;
    wanted.before = query.cursor;
    wanted.limit = query.limit;
    if ((err = order_list(cx, order_store(), query.user_id, &wanted, &page)))
        return err;
    if (page.has_more) {
        next = page.orders[page.count - 1].id;
        link_next(cx, reply, &query, next);
    }
    write_page(reply, &page, next);
    return OK;
}

static const struct app app = {
    .name = "order-list",
    .method = "GET",
    .path = "/api/order",
    .callers = CUSTOMER | ADMIN | SERVICE,
    .fields = fields,
    .open = order_store_open,
    .handle = handle,
    .close = order_store_close,
};

int
main(void)
{
    return app_run(&app);
}
