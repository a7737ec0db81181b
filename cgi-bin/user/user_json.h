/* An account as clients see it, shared by the user service's programs. */
#ifndef TILL_USER_JSON_H
#define TILL_USER_JSON_H

#include "user/user.h"
#include "web/app.h"

/* Answers with the account and its ETag; never with anything secret. */
enum err user_reply(struct ctx *cx, struct reply *reply, int status,
                    const struct user *user);

#endif
