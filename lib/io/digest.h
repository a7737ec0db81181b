/* SHA-256 of whole files, as sha256sum(1) writes and checks it. */
#ifndef TILL_DIGEST_H
#define TILL_DIGEST_H

#include "base/ctx.h"

enum { DIGEST_TEXT = 65 };

/* In lower-case hex. ERR_UNAVAILABLE: it can't be read. */
enum err digest_file(struct ctx *cx, const char *path, char text[DIGEST_TEXT]);

#endif
