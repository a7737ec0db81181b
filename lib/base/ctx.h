/*
 * What travels first through every call: one request's memory, its caller,
 * its deadline, and the text of what went wrong.
 */
#ifndef TILL_CTX_H
#define TILL_CTX_H

#include <stdbool.h>
#include <stdint.h>

#include "base/arena.h"
#include "base/err.h"

/* Who is asking. Bits, so that an app can say who may. */
enum role {
    ANYONE = 0, /* no token needed */
    CUSTOMER = 1,
    ADMIN = 2,
    SERVICE = 4,
};

struct trace;

struct caller {
    enum role role;
    const char *id; /* of the user, or the service's name; "" for ANYONE */
};

/* One field that is wrong. */
struct field_fault {
    const struct field_fault *next;
    const char *pointer; /* RFC 6901, e.g. "/price" */
    const char *detail;
};

struct ctx {
    struct arena *arena;
    const char *request_id;
    const struct trace *trace; /* trace.h; NULL: the client sent none */
    struct caller caller;
    /*
     * Names caller, route and Idempotency-Key of a request that has one, or
     * is NULL: the same for every request with that key, also after a day,
     * when its answer is forgotten.
     */
    const char *request_key;
    /*
     * With it, the id for what the request makes: an earlier one with the same
     * key, whose answer was lost, may have made it already. Else NULL.
     */
    const char *object_id;
    int64_t deadline; /* clock_monotonic() when the answer is too late */
    /*
     * Milliseconds that a store on another machine, or a service that asks one,
     * may still be slow: when they have been for longer, a store is asked for
     * nothing more.
     */
    int64_t patience;
    const char *fault;    /* the first failure's text, or NULL */
    const char *cause;    /* what only the log may know, or NULL */
    unsigned retry_after; /* seconds, with 429 and 503; 0: the usual */
    /*
     * Whom we asked wants to be left alone until then, as clock_now() tells
     * it; 0: nobody does. What is forgiven doesn't change it.
     */
    int64_t retry_at;
    const struct field_fault *field_faults;
};

/* A context of its own, for what isn't a request (a worker's turn). */
void ctx_init(struct ctx *cx, struct arena *arena, const char *request_id);

/* Milliseconds that one of them has taken; a prompt answer costs no patience.
 */
void ctx_waited(struct ctx *cx, int64_t took);

/*
 * Says why: `return fail(cx, ERR_CONFLICT, "...")`. Returns err. The first
 * text stays; callers up the stack pass the code on unchanged. The text of a
 * status below 500 goes to the client, the others' goes to the log.
 */
enum err fail(struct ctx *cx, enum err err, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Notes one wrong field; ERR_INVALID. Of several the first 32 are kept. */
enum err fail_field(struct ctx *cx, const char *pointer, const char *format,
                    ...) __attribute__((format(printf, 3, 4)));

/* Forgets a failure that was dealt with, before something else is tried. */
void ctx_forgive(struct ctx *cx);

/* Milliseconds left until the deadline, at least 0, at most limit. */
int64_t ctx_time_left(const struct ctx *cx, int64_t limit);

bool caller_is(const struct ctx *cx, const char *user_id);
bool caller_has(const struct ctx *cx, unsigned roles);

#endif
