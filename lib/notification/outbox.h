/* How much mail waits: to be sent, or for a person. */
#ifndef TILL_OUTBOX_H
#define TILL_OUTBOX_H

#include "notification/notification.h"

struct outbox {
    /* QUEUED and SENDING; of the others those that need a person */
    struct notification_waiting mails[NOTIFICATION_STATUSES];
    int64_t paused_mailboxes; /* that nothing leaves by, for a person to mend */
};

/* Errors: those of the store. */
enum err outbox_find(struct ctx *cx, struct notification_store *store,
                     struct outbox *ret_outbox);

/* The same, as a worker's gauges (io/metric.h). */
enum err outbox_measure(struct ctx *cx, struct notification_store *store);

#endif
