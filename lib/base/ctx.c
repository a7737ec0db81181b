#include "base/ctx.h"

#include <stdarg.h>
#include <string.h>

#include "base/clock.h"

/* Work that isn't a request has no client who gives up on it. */
enum { WORK_DEADLINE = 120 * 1000 };

/* Milliseconds: what answers as soon as this is prompt. */
enum { PROMPT = 100 };

/* More wrong fields than this are not worth an answer. */
enum { FAULTS_MAX = 32 };

void
ctx_init(struct ctx *cx, struct arena *arena, const char *request_id)
{
    *cx = (struct ctx){
        .arena = arena,
        .request_id = request_id,
        .caller = { ANYONE, "" },
        .deadline = clock_monotonic() + WORK_DEADLINE,
        .patience = WORK_DEADLINE,
    };
}

void
ctx_waited(struct ctx *cx, int64_t took)
{
    if (took > PROMPT)
        cx->patience -= took - PROMPT;
}

enum err
fail(struct ctx *cx, enum err err, const char *format, ...)
{
    const char **text = err_status(err) < 500 ? &cx->fault : &cx->cause;
    va_list list;

    if (!*text) {
        va_start(list, format);
        *text = arena_vprintf(cx->arena, format, list);
        va_end(list);
    }
    return err;
}

enum err
fail_field(struct ctx *cx, const char *pointer, const char *format, ...)
{
    struct field_fault *fault = arena_new(cx->arena, struct field_fault);
    const struct field_fault **last = &cx->field_faults;
    va_list list;
    int count = 0;

    va_start(list, format);
    fault->detail = arena_vprintf(cx->arena, format, list);
    va_end(list);
    fault->pointer = arena_strdup(cx->arena, pointer);
    while (*last && ++count < FAULTS_MAX)
        last = (const struct field_fault **)&(*last)->next;
    if (!*last)
        *last = fault;
    return fail(cx, ERR_INVALID, "%s: %s", pointer, fault->detail);
}

void
ctx_forgive(struct ctx *cx)
{
    cx->fault = NULL;
    cx->cause = NULL;
    cx->field_faults = NULL;
    cx->retry_after = 0;
}

int64_t
ctx_time_left(const struct ctx *cx, int64_t limit)
{
    int64_t left = cx->deadline - clock_monotonic();

    if (left < 0)
        return 0;
    return left < limit ? left : limit;
}

bool
caller_is(const struct ctx *cx, const char *user_id)
{
    return cx->caller.role != SERVICE && cx->caller.role != ANYONE &&
           strcmp(cx->caller.id, user_id) == 0;
}

bool
caller_has(const struct ctx *cx, unsigned roles)
{
    return (cx->caller.role & roles) != 0;
}
