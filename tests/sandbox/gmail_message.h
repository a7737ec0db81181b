/* A message as a client hands it over: RFC 5322, checked as Gmail checks. */
#ifndef SANDBOX_GMAIL_MESSAGE_H
#define SANDBOX_GMAIL_MESSAGE_H

#include <stddef.h>

#include "pool.h"

struct message {
    struct pool *pool;
    const char *raw;
    size_t size;
};

/*
 * What is wrong with its form, NULL: nothing. Lines end in CRLF and have at
 * most 998 characters; headers have a name and a colon, lines that go on
 * start with white space, and what may stand once stands once.
 */
const char *message_fault(const struct message *message);

/* A header's value on one line, without white space round it; NULL: none. */
const char *message_header(const struct message *message, const char *name);

/* Whether anybody would get it: an address in To, Cc or Bcc. */
int message_has_recipient(const struct message *message);

/*
 * Gmail puts a Message-ID of its own where there is none or an ill-formed
 * one, whose text goes on in X-Google-Original-Message-ID.
 */
struct message message_with_id(const struct message *message);

/* All headers as [{"name", "value"}]; the caller owns the tree. */
cJSON *message_headers(const struct message *message);

#endif
