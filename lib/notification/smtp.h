/*
 * Mail over SMTP with EMAIL_USER and EMAIL_PASS. There are no drafts: a lost
 * answer can't be settled, SMTP_DELIVERY says what it means.
 */
#ifndef TILL_SMTP_H
#define TILL_SMTP_H

#include "notification/mail_gateway.h"

/* Whether a password is set. */
bool smtp_is_wanted(void);

/* The gateway by its settings; dies with the name of what is wrong. */
void smtp_open(struct arena *arena, struct notification_store *store,
               struct mail_gateway *ret_gateway);

/* SMTP_DELIVERY: whether a mail whose answer was lost is sent again. */
bool smtp_is_at_least_once(void);

#endif
