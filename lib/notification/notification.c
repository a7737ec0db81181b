#include "notification/notification.h"

#include <string.h>

#include "base/clock.h"
#include "base/id.h"
#include "peer/order_client.h"

#define RECEIPT "receipt_"
#define REFUND "refund_"

static const char *const status_names[] = {
    [QUEUED] = "Queued",   [SENDING] = "Sending",     [SENT] = "Sent",
    [UNKNOWN] = "Unknown", [ABANDONED] = "Abandoned",
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
notification_id(struct arena *arena, const char *order_id, int64_t refund)
{
    if (refund > 0)
        return arena_printf(arena, REFUND "%lld_%s", (long long)refund,
                            order_id);
    return arena_printf(arena, RECEIPT "%s", order_id);
}

bool
notification_id_is_valid(const char *text)
{
    if (!strncmp(text, RECEIPT, sizeof RECEIPT - 1))
        return id_is_valid(text + sizeof RECEIPT - 1);
    if (strncmp(text, REFUND, sizeof REFUND - 1) != 0)
        return false;
    text += sizeof REFUND - 1;
    if (*text < '1' || *text > '9')
        return false;
    text += strspn(text, "0123456789");
    return *text == '_' && id_is_valid(text + 1);
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
find(struct ctx *cx, struct notification_store *store,
     const struct notification_wish *wish,
     struct notification **ret_notification)
{
    struct notification *notification;
    enum err err;

    err = store->get(cx, store,
                     notification_id(cx->arena, wish->order_id, wish->refund),
                     &notification);
    if (err)
        return err;
    if (strcmp(notification->user_id, wish->user_id) != 0)
        return no_such_order(cx);
    *ret_notification = notification;
    return OK;
}

/* A receipt is owed also if what was paid has been refunded meanwhile. */
static bool
was_paid(const struct remote_order *order)
{
    return !strcmp(order->status, "Paid") ||
           !strcmp(order->status, "PartiallyRefunded") ||
           !strcmp(order->status, "Refunded");
}

static enum err
get_order(struct ctx *cx, const struct notification_wish *wish,
          struct remote_order *ret_order)
{
    enum err err;

    err = order_client_get(cx, "notification", wish->order_id, ret_order);
    if (err == ERR_NOT_FOUND)
        return no_such_order(cx);
    if (err)
        return err;
    if (strcmp(ret_order->user_id, wish->user_id) != 0)
        return no_such_order(cx);
    /* the money of a payment that came too late is returned, too */
    if (wish->refund == 0 && !was_paid(ret_order))
        return fail(cx, ERR_CONFLICT, "the order is %s, not Paid",
                    ret_order->status);
    return OK;
}

static enum err
make(struct ctx *cx, const struct notification_wish *wish,
     const struct remote_order *order, struct notification **ret_notification)
{
    struct notification *notification =
        arena_new(cx->arena, struct notification);
    int64_t now = clock_now();
    enum err err;

    notification->id = notification_id(cx->arena, wish->order_id, wish->refund);
    notification->user_id = wish->user_id;
    notification->order_id = wish->order_id;
    notification->refund = wish->refund;
    if (wish->refund > 0 &&
        (err = money_parse(cx, "/amount", wish->amount, order->total.currency,
                           &notification->amount)))
        return err;
    notification->status = QUEUED;
    notification->version = 1;
    notification->due_at = now;
    notification->created_at = notification->updated_at = now;
    *ret_notification = notification;
    return OK;
}

static enum err
check_wish(struct ctx *cx, const struct notification_wish *wish)
{
    if (!caller_is(cx, wish->user_id) && !caller_has(cx, SERVICE))
        return no_such_order(cx);
    if (wish->refund == 0 && !wish->amount)
        return OK;
    if (!caller_has(cx, SERVICE))
        return fail(cx, ERR_FORBIDDEN, "only a service tells of refunds");
    if (wish->refund == 0)
        return fail_field(cx, "/refund", "is missing");
    if (!wish->amount)
        return fail_field(cx, "/amount", "is missing");
    return OK;
}

/* It isn't there: makes it. ret_is_overtaken: somebody was faster. */
static enum err
queue(struct ctx *cx, struct notification_store *store,
      const struct notification_wish *wish,
      struct notification **ret_notification, bool *ret_is_overtaken)
{
    struct notification *notification;
    struct remote_order order;
    enum err err;

    *ret_is_overtaken = false;
    if ((err = get_order(cx, wish, &order)) ||
        (err = make(cx, wish, &order, &notification)))
        return err;
    err = store->insert(cx, store, notification);
    *ret_is_overtaken = err == ERR_CONFLICT;
    if (!err)
        *ret_notification = notification;
    return err;
}

enum err
notification_request(struct ctx *cx, struct notification_store *store,
                     const struct notification_wish *wish,
                     struct notification **ret_notification, bool *ret_is_new)
{
    bool is_overtaken;
    enum err err;

    if ((err = check_wish(cx, wish)))
        return err;
    *ret_is_new = false;
    /* another user's is not found either: the order will say the same */
    if ((err = find(cx, store, wish, ret_notification)) != ERR_NOT_FOUND)
        return err;
    ctx_forgive(cx);
    err = queue(cx, store, wish, ret_notification, &is_overtaken);
    *ret_is_new = !err;
    if (!is_overtaken)
        return err;
    ctx_forgive(cx);
    return find(cx, store, wish, ret_notification);
}
