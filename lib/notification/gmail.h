/*
 * Gmail's API (developers.google.com/workspace/gmail/api), by drafts: Gmail
 * has no idempotency key, but a draft can be sent only once, and sending it
 * again says 404. Scope: gmail.compose.
 */
#ifndef TILL_GMAIL_H
#define TILL_GMAIL_H

#include "notification/mail_gateway.h"

/* Whether any of Gmail's credentials is set. */
bool gmail_is_wanted(void);

/* The gateway by its settings; dies with the name of what is wrong. */
void gmail_open(struct arena *arena, struct notification_store *store,
                struct mail_gateway *ret_gateway);

#endif
