#include "base/log.h"

#include <limits.h>
#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/stop.h"
#include "base/trace.h"

enum { LINE_MAX_SIZE = 16 * KIB };

static const char *program = "till";
static bool errors_only;

/* What a pipe takes in one piece: others may write to the same one. */
static struct {
    bool is_held;
    size_t size;
    char bytes[PIPE_BUF];
} waiting;

void
log_init(const char *name)
{
    const char *level = config_text(SETTING_LOG_LEVEL);

    program = name;
    if (level && strcmp(level, "info") != 0 && strcmp(level, "error") != 0)
        die("LOG_LEVEL is \"%s\": it must be info or error", level);
    errors_only = level && strcmp(level, "error") == 0;
}

void
log_begin(struct log_line *line, struct ctx *cx, const char *level,
          const char *message)
{
    struct writer *writer = &line->writer;

    line->is_muted = errors_only && strcmp(level, "error") != 0;
    text_init(&line->text, cx->arena, LINE_MAX_SIZE);
    writer_init(writer, &line->text);
    writer_object(writer, NULL);
    writer_time(writer, "time", clock_now());
    writer_text(writer, "level", level);
    writer_text(writer, "program", program);
    writer_text(writer, "message", message);
    if (cx->trace) {
        writer_text(writer, "trace_id", cx->trace->id);
        writer_text(writer, "span_id", cx->trace->span);
        writer_text(writer, "parent_id", cx->trace->parent);
    }
}

static void
write_out(const char *bytes, size_t size)
{
    /* a log that can't be written must not stop the shop */
    if (write(STDERR_FILENO, bytes, size) < 0)
        return;
}

void
log_hold(void)
{
    waiting.is_held = true;
}

void
log_flush(void)
{
    if (waiting.size > 0)
        write_out(waiting.bytes, waiting.size);
    waiting.size = 0;
}

static void
put(const char *bytes, size_t size)
{
    if (size > sizeof waiting.bytes - waiting.size)
        log_flush();
    if (!waiting.is_held || size > sizeof waiting.bytes) {
        write_out(bytes, size);
        return;
    }
    memcpy(waiting.bytes + waiting.size, bytes, size);
    waiting.size += size;
}

void
log_end(struct log_line *line)
{
    writer_object_end(&line->writer);
    if (line->text.has_overflowed || line->is_muted)
        return;
    text_add_char(&line->text, '\n');
    put(line->text.bytes, line->text.size);
}

void
log_event(struct ctx *cx, const char *level, const char *message)
{
    struct log_line line;

    log_begin(&line, cx, level, message);
    writer_text(&line.writer, "request_id", cx->request_id);
    if (cx->cause)
        writer_text(&line.writer, "cause", cx->cause);
    log_end(&line);
}
