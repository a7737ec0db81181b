#include "base/log.h"

#include <string.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/config.h"

enum { LINE_MAX_SIZE = 16 * KIB };

static const char *program = "till";
static bool errors_only;

void
log_init(const char *name)
{
    const char *level = config_text(SETTING_LOG_LEVEL);

    program = name;
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
}

void
log_end(struct log_line *line)
{
    writer_object_end(&line->writer);
    if (line->text.has_overflowed || line->is_muted)
        return;
    text_add_char(&line->text, '\n');
    /* a log that can't be written must not stop the shop */
    if (write(STDERR_FILENO, line->text.bytes, line->text.size) < 0)
        return;
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
