#include "io/progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { WIDTH = 40 };

static bool has_bar;

static void
draw(const char *what, const char *step, int64_t done, int64_t all)
{
    int filled = all > 0 ? (int)(done * WIDTH / all) : WIDTH;

    fprintf(stderr, "\r%s [%.*s%*s] %3lld%%  %-40.40s", what, filled,
            "########################################", WIDTH - filled, "",
            (long long)(all > 0 ? done * 100 / all : 100), step);
    has_bar = true;
}

void
progress_tell(const char *what, const char *step, int64_t done, int64_t all)
{
    static char last[128];
    char line[128];

    if (done > all)
        all = done;
    if (isatty(STDERR_FILENO)) {
        draw(what, step, done, all);
        return;
    }
    snprintf(line, sizeof line, "%s: %s", what, step);
    if (strcmp(line, last) != 0)
        fprintf(stderr, "%s\n", line);
    memcpy(last, line, sizeof last);
}

void
progress_end(void)
{
    if (has_bar)
        fputs("\r\033[K", stderr);
    has_bar = false;
}
