/*
 * One attempt at delivering a notification, up to its end; what that means is
 * delivery.c's.
 */
#ifndef TILL_ATTEMPT_H
#define TILL_ATTEMPT_H

#include "notification/delivery.h"

/* What is being delivered, and how far this attempt has come. */
struct attempt {
    const struct delivery *delivery;
    struct notification *it;
    bool was_started; /* a send had been started before this attempt */
};

bool attempt_has_drafts(const struct attempt *attempt);

/* Whether sending its draft again settles what became of the send before. */
bool attempt_can_settle(const struct attempt *attempt);

/*
 * Takes the steps of delivery.h, each kept before the next. OK: it is out, now
 * or since an earlier attempt. Otherwise mail_gateway.h, delivery.look_up, or
 * ERR_CONFLICT: somebody else has taken over.
 */
enum err attempt_send(struct ctx *cx, struct attempt *attempt);

#endif
