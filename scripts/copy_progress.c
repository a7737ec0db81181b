#include "copy.h"
#include "io/progress.h"

static struct {
    const char *service;
    int64_t all, done; /* records, each of them once a step */
} progress;

enum err
copy_tell_begin(struct ctx *cx, const struct copy *copy, const char *service)
{
    enum err err = OK;

    progress.service = service;
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
    char text[64];

    (void)copy;
    progress.done += more;
    snprintf(text, sizeof text, "%s: %s", kind->table, steps[step]);
    progress_tell(progress.service, text, progress.done, progress.all);
}

void
copy_tell_end(void)
{
    progress_end();
}
