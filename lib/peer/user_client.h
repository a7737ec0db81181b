/* The user service, as the other services see it. Errors: peer.h. */
#ifndef TILL_USER_CLIENT_H
#define TILL_USER_CLIENT_H

#include "base/ctx.h"

struct remote_user {
    const char *id, *username, *email;
};

/* ERR_NOT_FOUND: there is none. */
enum err user_client_get(struct ctx *cx, const char *as, const char *id,
                         struct remote_user *ret_user);

#endif
