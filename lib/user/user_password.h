/* Which passwords an account may have. */
#ifndef TILL_USER_PASSWORD_H
#define TILL_USER_PASSWORD_H

#include "base/ctx.h"

/* Characters. OWASP ASVS 6.2.1 and 6.2.9; longer ones only cost time. */
enum { USER_PASSWORD_MIN = 8, USER_PASSWORD_MAX = 128 };

/*
 * ERR_INVALID for "/password": it is one that everybody tries first (ASVS
 * 6.2.4), or it is the username, the e-mail address or the part before its @.
 * Case makes no difference.
 */
enum err user_password_check(struct ctx *cx, const char *password,
                             const char *username, const char *email);

#endif
