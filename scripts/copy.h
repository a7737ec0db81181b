/* What the parts of till-copy share. */
#ifndef TILL_SCRIPTS_COPY_H
#define TILL_SCRIPTS_COPY_H

#include "io/copy.h"

/*
 * How far the copy is: a bar on a terminal, elsewhere a line for each step, on
 * standard error. copy_tell is the copy's `tell`.
 */
enum err copy_tell_begin(struct ctx *cx, const struct copy *copy,
                         const char *service);
void copy_tell(const struct copy *copy, enum copy_step step,
               const struct record_kind *kind, int64_t more);
void copy_tell_end(void);

#endif
