/*
 * W3C Trace Context (w3.org/TR/trace-context): who follows a request through
 * several programs sends a traceparent; it is logged, and passed on to the
 * services that are called, with a span of our own. Who sends none has none.
 */
#ifndef TILL_TRACE_H
#define TILL_TRACE_H

#include "base/arena.h"

struct trace {
    const char *id;     /* of the whole: 32 hex digits */
    const char *parent; /* the caller's span: 16 */
    const char *span;   /* ours */
    const char *flags;  /* 2 */
    const char *state;  /* tracestate, as it came; or NULL */
};

/* What the two headers say, in the arena; NULL: nothing that is valid. */
const struct trace *trace_read(struct arena *arena, const char *traceparent,
                               const char *tracestate);

/* traceparent for whom we call. */
const char *trace_parent(struct arena *arena, const struct trace *trace);

#endif
