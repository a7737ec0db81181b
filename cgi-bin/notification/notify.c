/*
 * POST /api/notify: asks for an order's receipt. It is kept when the answer
 * leaves; notification-worker mails it.
 *
 * Who     a service; a customer or an admin for an order of their own
 * In      user_id   whose order it is
 *         order_id  a Paid order
 * Out     202 the notification, "Queued", with its Location
 *         404 there is no such order of this user, or they aren't the caller
 *         409 the order isn't Paid
 *         502, 503 the order service can't be asked; nothing was queued
 * Again   200 with the same id and its present status, whatever the order's
 *         status is by now; an order has one receipt
 */
#include "notification_json.h"

struct wanted {
    const char *user_id, *order_id;
};

static const struct field fields[] = {
    FIELD_ID(struct wanted, user_id, REQUIRED),
    FIELD_ID(struct wanted, order_id, REQUIRED),
    FIELD_END,
};

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct wanted wanted = { 0 };
    struct notification *notification;
    bool is_new;
    enum err err;

    if ((err = request_fields(cx, request, fields, &wanted)))
        return err;
    if ((err = notification_request(cx, notification_store(), wanted.user_id,
                                    wanted.order_id, &notification, &is_new)))
        return err;
    if (!is_new)
        return notification_reply(cx, reply, HTTP_OK, notification);
    reply_location(reply, "/api/notification/", notification->id);
    return notification_reply(cx, reply, HTTP_ACCEPTED, notification);
}

static const struct app app = {
    .name = "notification-notify",
    .method = "POST",
    .path = "/api/notify",
    .callers = CUSTOMER | ADMIN | SERVICE,
    .body_max = 4 * KIB,
    .waits = true,
    .open = notification_store_open,
    .handle = handle,
    .close = notification_store_close,
};

int
main(void)
{
    return app_run(&app);
}
