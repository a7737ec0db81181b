/*
 * GET /api/notification/{id}: how far a notification has come.
 *
 * Who     the customer it is for, an admin, a service
 * Out     200 {id, user_id, order_id, kind, status, attempts,
 *         created_at, sent_at or null}, with its ETag; for admins and services
 *         also last_error. 304 where If-None-Match has it.
 *         kind: receipt, or refund with its number and amount
 *         status: Queued, Sending, Sent, Unknown (it may have been sent, and
 *         nothing can tell: SMTP only), Abandoned (it never will be)
 *         400 the id is malformed
 *         404 there is none, or it is somebody else's
 */
#include "notification_json.h"

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct notification *notification;
    enum err err;

    if (!notification_id_is_valid(request->id))
        return fail(cx, ERR_MALFORMED,
                    "the path must end in receipt_ or refund_N_ and an "
                    "order's id");
    if ((err = notification_get(cx, notification_store(), request->id,
                                &notification)))
        return err;
    return notification_reply(cx, reply, HTTP_OK, notification);
}

static const struct app app = {
    .name = "notification-show",
    .method = "GET",
    .path = "/api/notification/{id}",
    .callers = CUSTOMER | ADMIN | SERVICE,
    .open = notification_store_open,
    .handle = handle,
    .close = notification_store_close,
};

int
main(void)
{
    return app_run(&app);
}
