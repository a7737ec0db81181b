#include "peer/order_client.h"

#include "base/id.h"
#include "base/writer.h"
#include "peer/peer.h"

static const char *
order_path(struct ctx *cx, const char *id)
{
    return arena_printf(cx->arena, "/api/order/%s", id);
}

static enum err
read_money(struct ctx *cx, const struct doc *doc, const char *name,
           struct money *ret_money)
{
    const char *digits = doc_decimal(cx, doc_at(doc, name));
    const char *currency;
    enum err err;

    if ((err = peer_text(cx, doc, "currency", &currency)))
        return err;
    if (!digits || money_parse(cx, name, digits, currency, ret_money)) {
        ctx_forgive(cx); /* it isn't this caller's field that is wrong */
        return fail(cx, ERR_UPSTREAM, "an order's %s can't be read", name);
    }
    return OK;
}

static enum err
read_order(struct ctx *cx, const struct doc *doc, struct remote_order *order)
{
    enum err err;

    if ((err = peer_text(cx, doc, "id", &order->id)) ||
        (err = peer_text(cx, doc, "user_id", &order->user_id)) ||
        (err = peer_text(cx, doc, "product_name", &order->product_name)) ||
        (err = peer_text(cx, doc, "status", &order->status)) ||
        (err = read_money(cx, doc, "price", &order->price)) ||
        (err = read_money(cx, doc, "total", &order->total)))
        return err;
    if (!doc_int(doc_at(doc, "quantity"), &order->quantity))
        return fail(cx, ERR_UPSTREAM, "an order without a quantity");
    order->payment_id = doc_text(doc_at(doc, "payment_id"));
    return OK;
}

enum err
order_client_get(struct ctx *cx, const char *as, const char *id,
                 struct remote_order *ret_order)
{
    struct peer_call call = {
        .as = as,
        .service = SETTING_ORDER_SERVICE_URL,
        .method = "GET",
        .path = order_path(cx, id),
    };
    const struct doc *doc;
    enum err err;

    if ((err = peer_send(cx, &call, &doc)))
        return err;
    return read_order(cx, doc, ret_order);
}

enum err
order_client_set_status(struct ctx *cx, const char *as, const char *id,
                        const char *status, const char *payment_id)
{
    struct peer_call call = {
        .as = as,
        .service = SETTING_ORDER_SERVICE_URL,
        .method = "PATCH",
        .path = order_path(cx, id),
    };
    const struct doc *doc;
    struct writer writer;
    struct text body;

    text_init(&body, cx->arena, KIB);
    writer_init(&writer, &body);
    writer_object(&writer, NULL);
    writer_text(&writer, "status", status);
    if (payment_id)
        writer_text(&writer, "payment_id", payment_id);
    writer_object_end(&writer);
    call.body = body.bytes;
    return peer_send(cx, &call, &doc);
}

enum err
order_client_list_pending(struct ctx *cx, const char *as, int64_t before,
                          const char *from, struct remote_order_page *ret_page)
{
    struct remote_order_page page = { .count = 0 };
    struct peer_call call = {
        .as = as,
        .service = SETTING_ORDER_SERVICE_URL,
        .method = "GET",
    };
    const struct doc *doc;
    enum err err;

    /* ids sort by time: the cursor of a moment is an id of that moment */
    call.path =
        arena_printf(cx->arena, "/api/order?status=Pending&limit=100&cursor=%s",
                     from ? from : id_at(cx->arena, before));
    if ((err = peer_send(cx, &call, &doc)))
        return err;
    page.next = doc_text(doc_at(doc, "next_cursor"));
    for (const struct doc *order = doc_first(doc_at(doc, "orders"));
         order && page.count < sizeof page.ids / sizeof *page.ids;
         order = doc_next(order)) {
        if ((err = peer_text(cx, order, "id", &page.ids[page.count++])))
            return err;
    }
    *ret_page = page;
    return OK;
}
