/*
 * Notifications: which mail is owed to whom, and how far it has come. Knows no
 * HTTP, no SQL, no mail format. How one is delivered is delivery.h.
 *
 *     Queued -> Sending -> Sent | Queued again | Unknown | Abandoned
 */
#ifndef TILL_NOTIFICATION_H
#define TILL_NOTIFICATION_H

#include "base/ctx.h"
#include "base/money.h"
#include "notification/notification_store.h"

enum notification_status {
    QUEUED,
    SENDING,
    SENT,
    UNKNOWN,   /* it may have been sent, and nothing can tell */
    ABANDONED, /* it never will be: last_error says why */
};

enum { NOTIFICATION_STATUSES = ABANDONED + 1 };

struct notification {
    const char *id; /* notification_id() */
    const char *user_id, *order_id;
    int64_t refund;      /* which refund of the order; 0: it is the receipt */
    struct money amount; /* of that refund */
    enum notification_status status;
    int64_t attempts; /* deliveries begun, but for those that all mail's
                         failing or a pause has ended */

    /*
     * When a worker may take it: the time of the next attempt or, while one
     * is Sending, the end of its lease. 0: nothing is left to be done.
     */
    int64_t due_at;

    const char *mailbox;     /* the gateway's name, once one has touched it */
    const char *draft_id;    /* the draft in there, or NULL */
    int64_t send_started_at; /* kept before the sending request leaves, or 0 */
    int64_t sent_at;         /* or 0 */
    const char *last_error;  /* for operators; NULL: none */
    int64_t version;         /* rises with every change */
    int64_t created_at, updated_at;
};

/* The name as clients see it, "Queued"; and back, false: there is none. */
const char *notification_status_name(enum notification_status status);
bool notification_status_named(const char *name,
                               enum notification_status *ret_status);

/*
 * The id of an order's receipt, "receipt_<order's id>", or of the mail about
 * one of its refunds, "refund_<number>_<order's id>": the same again, the
 * same id.
 */
const char *notification_id(struct arena *arena, const char *order_id,
                            int64_t refund);

/* Whether text could be an id of ours. */
bool notification_id_is_valid(const char *text);

/* What somebody asks for. */
struct notification_wish {
    const char *user_id, *order_id;
    int64_t refund;     /* 0: the receipt */
    const char *amount; /* of the refund, decimal; else NULL */
};

/*
 * Sees to it that the mail is queued, once: it is kept before this returns,
 * and sent later by a worker. Asks the order service. ret_is_new: false where
 * it was queued before, in whatever state it is now.
 *
 * ERR_NOT_FOUND: there is no such order of this user, or it is another's.
 * ERR_CONFLICT: a receipt for an order that was never Paid. ERR_FORBIDDEN: a
 * mail about a refund, and the caller isn't a service. Otherwise peer.h.
 */
enum err notification_request(struct ctx *cx, struct notification_store *store,
                              const struct notification_wish *wish,
                              struct notification **ret_notification,
                              bool *ret_is_new);

/* ERR_NOT_FOUND: there is none, or it is somebody else's. */
enum err notification_get(struct ctx *cx, struct notification_store *store,
                          const char *id,
                          struct notification **ret_notification);

#endif
