/* A call of the Gmail API on its way; messages in gmail.c, drafts beside. */
#ifndef SANDBOX_GMAIL_H
#define SANDBOX_GMAIL_H

#include "gmail_message.h"
#include "google.h"

struct gmail_call {
    struct request *request;
    struct answer *answer;
    struct pool *pool;
    const char *id; /* the object of the path, after its collection */
};

/* false: refused, and the answer says why. */
typedef bool gmail_handler(struct gmail_call *call);

gmail_handler drafts_create, drafts_list, drafts_get, drafts_send,
    drafts_delete;

/* Always false; message may be NULL for Google's usual one. */
bool gmail_refuse(struct gmail_call *call, unsigned status,
                  const char *message);

/* The body, an object of these members at most; `known` ends with NULL. */
bool gmail_body(struct gmail_call *call, const char *const *known,
                cJSON **ret_body);

/* The message that a Message resource holds in `raw`, checked. */
bool gmail_raw(struct gmail_call *call, const cJSON *resource,
               struct message *ret_message);

/* A Message resource without its content; the caller owns it. */
cJSON *gmail_resource(const char *id, const char *thread, const char *label);

/* 16 hexadecimal digits, as Gmail's messages and threads have them. */
char *gmail_id(struct pool *pool);

/* Puts a message out, answers with its resource. thread NULL: a new one. */
bool gmail_send(struct gmail_call *call, const struct message *given,
                const char *thread);

#endif
