#include "notification/notification.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "peer/order_client.h"

#define PREFIX "receipt_"

static const char *const status_names[] = {
    [QUEUED] = "Queued",       [SENDING] = "Sending",
    [SENT] = "Sent",           [UNKNOWN] = "Unknown",
    [ABANDONED] = "Abandoned",
};

enum { STATUSES = sizeof status_names / sizeof *status_names };

const char *
notification_status_name(enum notification_status status)
{
    return status_names[status];
}

bool
notification_status_named(const char *name,
                          enum notification_status *ret_status)
{
    for (int i = 0; i < STATUSES; i++) {
        if (!strcmp(status_names[i], name)) {
            *ret_status = (enum notification_status)i;
            return true;
        }
    }
    return false;
}

const char *
notification_id(struct arena *arena, const char *order_id)
{
    return arena_printf(arena, PREFIX "%s", order_id);
}

bool
notification_id_is_valid(const char *text)
{
    return !strncmp(text, PREFIX, sizeof PREFIX - 1) &&
           id_is_valid(text + sizeof PREFIX - 1);
}

static bool
may_see(const struct ctx *cx, const struct notification *notification)
{
    return caller_is(cx, notification->user_id) ||
           caller_has(cx, ADMIN | SERVICE);
}

enum err
notification_get(struct ctx *cx, struct notification_store *store,
                 const char *id, struct notification **ret_notification)
{
    struct notification *notification;
    enum err err;

    if ((err = store->get(cx, store, id, &notification)))
        return err;
    /* what is somebody else's looks like what isn't there */
    if (!may_see(cx, notification))
        return fail(cx, ERR_NOT_FOUND, "there is no such object");
    *ret_notification = notification;
    return OK;
}

static enum err
no_such_order(struct ctx *cx)
{
    ctx_forgive(cx);
    return fail(cx, ERR_NOT_FOUND, "there is no such order of this user");
}

/* One that was asked for before. */
static enum err
find(struct ctx *cx, struct notification_store *store, const char *user_id,
     const char *order_id, struct notification **ret_notification)
{
    struct notification *notification;
    enum err err;

    err = store->get(cx, store, notification_id(cx->arena, order_id),
                     &notification);
    if (err)
        return err;
    if (strcmp(notification->user_id, user_id) != 0)
        return no_such_order(cx);
    *ret_notification = notification;
    return OK;
}

static enum err
check_order(struct ctx *cx, const char *user_id, const char *order_id)
{
    struct remote_order order;
    enum err err;

    err = order_client_get(cx, "notification", order_id, &order);
    if (err == ERR_NOT_FOUND)
        return no_such_order(cx);
    if (err)
        return err;
    if (strcmp(order.user_id, user_id) != 0)
        return no_such_order(cx);
    if (strcmp(order.status, "Paid") != 0)
        return fail(cx, ERR_CONFLICT, "the order is %s, not Paid",
                    order.status);
    return OK;
}

static struct notification *
make(struct ctx *cx, const char *user_id, const char *order_id)
{
    struct notification *notification =
        arena_new(cx->arena, struct notification);
    int64_t now = clock_now();

    notification->id = notification_id(cx->arena, order_id);
    notification->user_id = user_id;
    notification->order_id = order_id;
    notification->status = QUEUED;
    notification->version = 1;
    notification->due_at = now;
    notification->created_at = notification->updated_at = now;
    return notification;
}

enum err
notification_request(struct ctx *cx, struct notification_store *store,
                     const char *user_id, const char *order_id,
                     struct notification **ret_notification, bool *ret_is_new)
{
    struct notification *notification;
    enum err err;

    if (!caller_is(cx, user_id) && !caller_has(cx, SERVICE))
        return no_such_order(cx);
    err = find(cx, store, user_id, order_id, &notification);
    if (err == ERR_NOT_FOUND) {
        ctx_forgive(cx);
        if ((err = check_order(cx, user_id, order_id)))
            return err;
        notification = make(cx, user_id, order_id);
        err = store->insert(cx, store, notification);
        if (!err) {
            *ret_notification = notification;
            *ret_is_new = true;
            return OK;
        }
        if (err != ERR_CONFLICT)
            return err;
        ctx_forgive(cx); /* somebody was faster */
        err = find(cx, store, user_id, order_id, &notification);
    }
    if (err)
        return err;
    *ret_notification = notification;
    *ret_is_new = false;
    return OK;
}
