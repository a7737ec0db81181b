#include "io/fault.h"

#ifdef TILL_FAULTS

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "base/stop.h"
#include "base/text.h"

enum { NAME_MAX_SIZE = 256 };

/*
 * "GET /api/order/01a2..." and "POST /v1/payment_intents/pi_3Xy/confirm" are
 * one point each, whatever the id: a part that is longer than 8 characters
 * and has a digit is one.
 */
static void
blur(const char *name, char *to, size_t room)
{
    size_t used = 0;

    while (*name && *name != '?' && used + 2 < room) {
        size_t size = strcspn(name, "/ ?"),
               digits = strcspn(name, "0123456789");

        if (size > 8 && digits < size) {
            to[used++] = '*';
            name += size;
        }
        while (size > 0 && *name && !strchr("/ ?", *name) && used + 2 < room)
            to[used++] = *name++;
        if (*name == '/' || *name == ' ')
            to[used++] = *name++;
    }
    to[used] = '\0';
}

static void
note(const char *point)
{
    const char *path = getenv("TILL_FAULTS_SEEN");
    int file =
        path ? open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600) : -1;

    if (file < 0)
        return;
    if (dprintf(file, "%s\n", point) < 0)
        die("%s can't be written", path);
    close(file);
}

/* Counts this pass; leaves the rule's action where it is to happen now. */
static bool
take_rule(int file, const char *point, char *action, size_t room)
{
    char rule[NAME_MAX_SIZE + 64] = "", *count, *name;
    ssize_t size = pread(file, rule, sizeof rule - 1, 0);
    int64_t left;

    if (size <= 0 || !(count = strchr(rule, ' ')) ||
        !(name = strchr(count + 1, ' ')))
        return false;
    *count++ = *name++ = '\0';
    name[strcspn(name, "\n")] = '\0';
    if (strcmp(name, point) != 0 || !text_to_int64(count, &left))
        return false;
    if (ftruncate(file, 0))
        die("the file of faults can't be written");
    if (left > 1) {
        char line[sizeof rule];
        int length = snprintf(line, sizeof line, "%s %lld %s\n", rule,
                              (long long)left - 1, name);

        if (pwrite(file, line, (size_t)length, 0) != length)
            die("the file of faults can't be written");
        return false;
    }
    snprintf(action, room, "%s", rule);
    return true;
}

enum fault
fault_at(const char *when, const char *kind, const char *name)
{
    const char *path = getenv("TILL_FAULTS");
    char blurred[NAME_MAX_SIZE], point[NAME_MAX_SIZE + 32], action[32] = "";
    int file = path ? open(path, O_RDWR | O_CLOEXEC) : -1;

    blur(name, blurred, sizeof blurred);
    snprintf(point, sizeof point, "%s %s %s", when, kind, blurred);
    note(point);
    if (file < 0)
        return FAULT_NONE;
    flock(file, LOCK_EX);
    if (!take_rule(file, point, action, sizeof action))
        *action = '\0';
    close(file); /* drops the lock */
    if (!strcmp(action, "kill"))
        kill(getpid(), SIGKILL);
    if (!strcmp(action, "full"))
        return FAULT_FULL;
    if (!strcmp(action, "lost"))
        return FAULT_LOST;
    if (!strcmp(action, "gone"))
        return FAULT_GONE;
    return !strcmp(action, "cut") ? FAULT_CUT : FAULT_NONE;
}

#else

/* A translation unit must not be empty. */
typedef int fault_is_not_built;

#endif
