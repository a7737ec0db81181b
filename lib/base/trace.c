#include "base/trace.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/random.h>

#include "base/stop.h"
#include "base/text.h"

/* "00-<id>-<parent>-<flags>": where its parts begin, and where it ends. */
enum { ID = 3, PARENT = 36, FLAGS = 53, END = 55 };

/* What a traceparent of this version says of its trace: sampled, random. */
enum { FLAGS_KNOWN = 3 };

enum { STATE_MAX = 512 };

static bool
is_hex(const char *text, size_t size)
{
    return strspn(text, "0123456789abcdef") >= size;
}

static bool
is_zero(const char *text, size_t size)
{
    return strspn(text, "0") >= size;
}

/* Of this version, or of a later one, which begins in the same way. */
static bool
is_valid(const char *text)
{
    size_t size = strnlen(text, STATE_MAX);

    if (size < END || !is_hex(text, 2) || !strncmp(text, "ff", 2) ||
        (size > END && (!strncmp(text, "00", 2) || text[END] != '-')))
        return false;
    return text[ID - 1] == '-' && is_hex(text + ID, 32) &&
           !is_zero(text + ID, 32) && text[PARENT - 1] == '-' &&
           is_hex(text + PARENT, 16) && !is_zero(text + PARENT, 16) &&
           text[FLAGS - 1] == '-' && is_hex(text + FLAGS, 2);
}

static const char *
new_span(struct arena *arena)
{
    uint64_t number;

    do {
        if (getrandom(&number, sizeof number, 0) != sizeof number)
            die("the kernel gives no random bytes");
    } while (number == 0);
    return arena_printf(arena, "%016llx", (unsigned long long)number);
}

/* The second digit is all that is known; what isn't must be 0. */
static const char *
known_flags(struct arena *arena, const char *flags)
{
    int digit = flags[1] <= '9' ? flags[1] - '0' : flags[1] - 'a' + 10;

    return arena_printf(arena, "%02x", (unsigned)(digit & FLAGS_KNOWN));
}

const struct trace *
trace_read(struct arena *arena, const char *traceparent, const char *tracestate)
{
    struct trace *trace;

    if (!traceparent || !is_valid(traceparent))
        return NULL;
    trace = arena_new(arena, struct trace);
    trace->id = arena_strndup(arena, traceparent + ID, 32);
    trace->parent = arena_strndup(arena, traceparent + PARENT, 16);
    trace->span = new_span(arena);
    trace->flags = known_flags(arena, traceparent + FLAGS);
    if (tracestate && *tracestate &&
        strnlen(tracestate, STATE_MAX + 1) <= STATE_MAX &&
        !text_has_control(tracestate))
        trace->state = arena_strdup(arena, tracestate);
    return trace;
}

const char *
trace_parent(struct arena *arena, const struct trace *trace)
{
    return arena_printf(arena, "00-%s-%s-%s", trace->id, trace->span,
                        trace->flags);
}
