#include <stdio.h>
#include <unistd.h>

#include "copy.h"

static struct {
    const char *service;
    bool is_terminal;
    int64_t all, done; /* records, each of them once a step */
} progress;

enum err
copy_tell_begin(struct ctx *cx, const struct copy *copy, const char *service)
{
    enum err err = OK;

    progress.service = service;
    progress.is_terminal = isatty(STDERR_FILENO);
    for (int i = 0; copy->kinds[i].table && !err; i++) {
        int64_t from = 0, to = 0;

        if (!(err = copy->from->count(cx, copy->from, &copy->kinds[i], &from)))
            err = copy->to->count(cx, copy->to, &copy->kinds[i], &to);
        /* the target's once as they are, once as they will be */
        progress.all += 3 * from + to;
    }
    return err;
}

void
copy_tell(const struct copy *copy, enum copy_step step,
          const struct record_kind *kind, int64_t more)
{
    static const char *const steps[] = {
        [COPY_DROP] = "look for what is gone",
        [COPY_PUT] = "copy",
        [COPY_SUM_FROM] = "sum up the source",
        [COPY_SUM_TO] = "sum up the target",
    };
    static const struct record_kind *last_kind;
    static enum copy_step last_step;
    enum { WIDTH = 40 };
    int64_t all, filled;

    (void)copy;
    progress.done += more;
    all = progress.all > progress.done ? progress.all : progress.done;
    filled = all > 0 ? progress.done * WIDTH / all : WIDTH;
    if (progress.is_terminal)
        fprintf(stderr, "\r%s [%.*s%*s] %3lld%%  %s: %-22s", progress.service,
                (int)filled, "########################################",
                (int)(WIDTH - filled), "",
                (long long)(all > 0 ? progress.done * 100 / all : 100),
                kind->table, steps[step]);
    else if (kind != last_kind || step != last_step)
        fprintf(stderr, "%s: %s: %s\n", progress.service, kind->table,
                steps[step]);
    last_kind = kind;
    last_step = step;
}

void
copy_tell_end(void)
{
    if (progress.is_terminal)
        fputs("\r\033[K", stderr);
}
