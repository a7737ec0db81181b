/*
 * The log: JSON, one object a line, on standard error; no line is ever split
 * between two write(2). Secrets, tokens and e-mail addresses never go in.
 */
#ifndef TILL_LOG_H
#define TILL_LOG_H

#include "base/ctx.h"
#include "base/writer.h"

/* Names the program, once at start-up; dies with an unknown LOG_LEVEL. */
void log_init(const char *program);

struct log_line {
    struct writer writer; /* for the members that the caller adds */
    struct text text;
    bool is_muted;
};

/*
 * Begins a line: {"time", "level", "program", "message"}, and of a request that
 * is traced its ids (trace.h). The caller may add members and must end it with
 * log_end. Level is "info" or "error".
 */
void log_begin(struct log_line *line, struct ctx *cx, const char *level,
               const char *message);
void log_end(struct log_line *line);

/*
 * For programs of one thread: lines wait for log_flush, to be written together,
 * from log_hold on. A process that is killed takes those with it.
 */
void log_hold(void);
void log_flush(void);

/* A whole line with nothing to add but the context's cause. */
void log_event(struct ctx *cx, const char *level, const char *message);

#endif
