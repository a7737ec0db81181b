/*
 * POST /api/notify: asks for an order's receipt, or for the mail about one of
 * its refunds. It is kept when the answer leaves; notification-worker mails it.
 *
 * Who     a service; a customer or an admin for an order of their own
 * In      user_id   whose order it is
 *         order_id  an order that is, or was, Paid
 *         refund    from a service: the number of a refund; left out: the
 *                   receipt
 *         amount    of that refund, in major units; with refund alone
 * Out     202 the notification, "Queued", with its Location
 *         404 there is no such order of this user, or they aren't the caller
 *         403 a mail about a refund, and the caller isn't a service
 *         409 a receipt, and the order wasn't Paid
 *         502, 503 the order service can't be asked; nothing was queued
 * Again   200 with the same id and its present status, whatever the order's
 *         status is by now; an order has one receipt, a refund one mail. With
 *         the same Idempotency-Key and body the first answer for a day; with
 *         another body 422; 409 while the first is running
 */
#include "notification_json.h"

static const struct field fields[] = {
    FIELD_ID(struct notification_wish, user_id, REQUIRED),
    FIELD_ID(struct notification_wish, order_id, REQUIRED),
    FIELD_INT(struct notification_wish, refund, OPTIONAL, 1, 1000),
    FIELD_DECIMAL(struct notification_wish, amount, OPTIONAL),
    FIELD_END,
};

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct notification_wish wish = { 0 };
    struct notification *notification;
    bool is_new;
    enum err err;

    if ((err = request_fields(cx, request, &wish)))
        return err;
    if ((err = notification_request(cx, notification_store(), &wish,
                                    &notification, &is_new)))
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
    .fields = fields,
    .waits = true,
    .is_idempotent = true,
    .open = notification_store_open,
    .handle = handle,
    .close = notification_store_close,
};

int
main(void)
{
    return app_run(&app);
}
