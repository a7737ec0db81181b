/* An answer: built whole, sent once. */
#ifndef TILL_REPLY_H
#define TILL_REPLY_H

#include "base/writer.h"
#include "io/idempotency.h"
#include "web/channel.h"

enum {
    HTTP_OK = 200,
    HTTP_CREATED = 201,
    HTTP_ACCEPTED = 202,
    HTTP_NOT_MODIFIED = 304
};

struct reply {
    int status;
    const char *content_type;
    const char *etag;
    struct text headers; /* lines ended by CR LF */
    struct text body;
    struct writer writer;
    bool is_replay; /* of an answer that was given before */
};

void reply_init(struct reply *reply, struct arena *arena);

/* Begins a JSON body; the caller writes one value into what is returned. */
struct writer *reply_json(struct reply *reply, int status);

/* Begins a body of another kind; what the caller adds must fit in 1 MiB. */
struct text *reply_text(struct reply *reply, int status,
                        const char *content_type);

/* A header; neither name nor value may come from a client unchecked. */
void reply_header(struct reply *reply, const char *name, const char *value);

/* Location: prefix followed by an id of ours. */
void reply_location(struct reply *reply, const char *prefix, const char *id);

/* The object's version as its ETag (RFC 9110, 8.8.3). */
void reply_etag(struct ctx *cx, struct reply *reply, int64_t version);

/*
 * Replaces whatever was built by the problem (RFC 9457) that cx describes.
 * allow: the Allow header's value with ERR_METHOD, else NULL.
 */
void reply_problem(struct ctx *cx, struct reply *reply, enum err err,
                   const char *allow);

/*
 * What is to be kept of it, for reply_replay; the same memory. False: it is
 * too large to be sent at all.
 */
bool reply_keep(const struct reply *reply, struct kept_answer *ret_answer);

/* Answers as before, and says so (Idempotency-Replayed: true). */
void reply_replay(struct reply *reply, const struct kept_answer *answer);

/* Sends all of it in one write. */
void reply_send(struct ctx *cx, struct reply *reply, struct channel *channel);

/* A version as an ETag, quotes included. */
const char *etag_of(struct ctx *cx, int64_t version);

/* Whether an If-Match or If-None-Match list holds this ETag, or is "*". */
bool etag_is_in(const char *etag, const char *list);

#endif
