/* A notification as clients see it, shared by the service's programs. */
#ifndef TILL_NOTIFICATION_JSON_H
#define TILL_NOTIFICATION_JSON_H

#include "notification/notification.h"
#include "web/app.h"

/*
 * Answers with the notification and its ETag. Why a delivery failed is for
 * admins and services alone.
 */
enum err notification_reply(struct ctx *cx, struct reply *reply, int status,
                            const struct notification *notification);

#endif
