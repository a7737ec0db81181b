/*
 * One request from its first byte to its answer: what every route does the
 * same way, in three steps, so that a batch can be committed between the
 * second and the third.
 */
#ifndef TILL_EXCHANGE_H
#define TILL_EXCHANGE_H

#include "web/app.h"

struct exchange {
    struct channel *channel;
    struct arena *arena;
    struct ctx cx;
    struct request request;
    struct reply reply;
    enum err err;
    int64_t started; /* clock_micros() */
};

void exchange_init(struct exchange *exchange, struct channel *channel);
void exchange_destroy(struct exchange *exchange);

/* Takes the request in, body and all. */
void exchange_read(struct exchange *exchange, const struct app *app);

/* Refuses it, or lets the handler answer. Nothing leaves yet. */
void exchange_handle(struct exchange *exchange, const struct app *app);

/* The batch could not be committed: whatever was going to be said is void. */
void exchange_void(struct exchange *exchange, enum err err);

/* Sends the answer, writes the log line, forgets the request. */
void exchange_finish(struct exchange *exchange);

#endif
