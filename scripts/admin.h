/* What the parts of till-admin share. */
#ifndef TILL_ADMIN_H
#define TILL_ADMIN_H

#include "base/ctx.h"

/* What stands behind the command's name. */
struct words {
    const char *argument; /* or NULL */
    const char *note;
    bool is_json, is_count; /* how a list is shown, not line by line */
};

/*
 * The commands about payments and mail, whose stores are open. ret_status is
 * the process's exit status.
 */
enum err admin_reviews(struct ctx *cx, const struct words *words,
                       int *ret_status);
enum err admin_waiting(struct ctx *cx, const struct words *words,
                       int *ret_status);
enum err admin_resolve(struct ctx *cx, const struct words *words,
                       int *ret_status);

#endif
