/*
 * till-copy SERVICE --from URL --to URL [--first]: moves what a service keeps
 * between SQLite and MongoDB, exactly as it is, and checks it (lib/io/copy.h).
 * A URL is sqlite:PATH or mongodb://..., or @FILE, a file that has it: a
 * password among a command's words can be seen by everybody on the machine.
 *
 * Exits with 0 where both hold the same; else as sysexits(3): 64 wrong words,
 * 66 no such source, 69 a side can't be opened or is of another version, 73
 * the target has other data, 75 cut off, or changed meanwhile: run it again,
 * 65 a record that can't be copied.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sysexits.h>

#include "copy.h"
#include "io/migration.h"
#include "io/secret.h"
#include "io/store_url.h"
#include "services.h"

struct words {
    const struct service *service;
    struct store_url from, to;
    bool is_first; /* another one follows, once nothing writes any more */
};

static int
usage(void)
{
    fputs("usage: till-copy user|order|payment|notification --from URL --to "
          "URL [--first]\n\n"
          "    A URL is sqlite:PATH or mongodb://HOST/DBNAME, one of each; or "
          "@FILE,\n"
          "    a file that has it.\n",
          stderr);
    return EX_USAGE;
}

static int
complain(int status, const char *what, const char *why)
{
    fprintf(stderr, "till: copy: %s%s%s\n", what, *why ? ": " : "", why);
    return status;
}

/* The URL itself, or the first line of the file that has it. */
static const char *
read_url(struct arena *arena, const char *word)
{
    char line[2048] = "";
    FILE *file;

    if (*word != '@')
        return word;
    if ((file = fopen(word + 1, "r"))) {
        if (!fgets(line, sizeof line, file))
            *line = '\0';
        fclose(file);
    }
    line[strcspn(line, " \t\r\n")] = '\0';
    return arena_strdup(arena, line);
}

static bool
read_words(struct arena *arena, int count, char **all, struct words *ret_words)
{
    const char *from = NULL, *to = NULL;

    for (int i = 0; count > 1 && i < SERVICES; i++) {
        if (!strcmp(services[i].name, all[1]))
            ret_words->service = &services[i];
    }
    if (count == 7 && !strcmp(all[6], "--first")) {
        ret_words->is_first = true;
        count--;
    }
    for (int i = 2; i + 1 < count; i += 2) {
        if (!from && !strcmp(all[i], "--from"))
            from = read_url(arena, all[i + 1]);
        else if (!to && !strcmp(all[i], "--to"))
            to = read_url(arena, all[i + 1]);
        else
            return false;
    }
    return count == 6 && ret_words->service && from && to &&
           store_url_parse(from, &ret_words->from) &&
           store_url_parse(to, &ret_words->to) &&
           !ret_words->from.sqlite != !ret_words->to.sqlite;
}

static const char *
reason(const struct ctx *cx, enum err err)
{
    return cx->cause ? cx->cause : cx->fault ? cx->fault : err_title(err);
}

static enum err
open_home(struct ctx *cx, const struct service *service,
          const struct store_url *url, struct record_home *home)
{
    return url->sqlite
               ? record_sqlite_open(cx, service->name, url->sqlite, home)
               : record_mongo_open(cx, service->name, url->mongo, home);
}

/* The source as it is: nothing is made, and another version is refused. */
static int
open_source(struct ctx *cx, const struct words *words, struct record_home *home)
{
    const char *name = store_url_name(cx->arena, &words->from), *missing = "";
    struct stat status;
    enum err err = OK;

    if (words->from.sqlite && stat(words->from.sqlite, &status))
        return complain(EX_NOINPUT, name, "there is no such file");
    if (words->from.mongo)
        err = mongo_missing(cx, words->from.mongo, words->service->collections,
                            &missing);
    if (!err && *missing)
        err = fail(cx, ERR_UNAVAILABLE,
                   "it isn't of this version, or of another service: it lacks "
                   "%s",
                   missing);
    if (!err)
        err = open_home(cx, words->service, &words->from, home);
    return err ? complain(EX_UNAVAILABLE, name, reason(cx, err)) : EX_OK;
}

/* The target, made where there is none; a file of another version is refused.
 */
static int
open_target(struct ctx *cx, const struct words *words, struct record_home *home)
{
    const struct service *service = words->service;
    const char *name = store_url_name(cx->arena, &words->to);
    struct stat status;
    int64_t applied;
    enum err err = OK;

    if (words->to.mongo)
        err = mongo_migrate(cx, words->to.mongo, service->collections);
    else if (stat(words->to.sqlite, &status))
        err = migrate(cx, service->name, words->to.sqlite, &applied);
    if (!err)
        err = open_home(cx, service, &words->to, home);
    return err ? complain(EX_UNAVAILABLE, name, reason(cx, err)) : EX_OK;
}

/* 128 bits of the sum will do for people. */
static void
print_sums(const struct copy *copy, const struct copy_result *result)
{
    for (int i = 0; copy->kinds[i].table; i++) {
        const struct record_sum *from = &result->from[i], *to = &result->to[i];

        printf("%-18s %10lld  %016llx%016llx", copy->kinds[i].table,
               (long long)from->count, (unsigned long long)from->sum[0],
               (unsigned long long)from->sum[1]);
        if (copy_is_same(from, to))
            printf("  the same\n");
        else
            printf("\n%-18s %10lld  %016llx%016llx  in the target\n", "",
                   (long long)to->count, (unsigned long long)to->sum[0],
                   (unsigned long long)to->sum[1]);
    }
}

static int
conclude(const struct words *words, const struct copy *copy,
         const struct copy_result *result, const char *target)
{
    const char *service = words->service->name;

    if (result->outcome == COPY_OTHER_SOURCE) {
        fprintf(stderr,
                "till: copy: %s is being filled from %s: finish that, or empty "
                "it\n",
                target, result->source);
        return EX_CANTCREAT;
    }
    if (result->outcome == COPY_BEGUN) {
        printf("%s: %lld written, %lld deleted; the next copy, without "
               "--first, brings the rest and checks all\n",
               service, (long long)result->put, (long long)result->dropped);
        return EX_OK;
    }
    print_sums(copy, result);
    if (result->outcome == COPY_OTHER_DATA)
        return complain(EX_CANTCREAT, target,
                        "it has data that is not the source's; nothing was "
                        "written");
    if (result->outcome == COPY_CHANGED)
        return complain(EX_TEMPFAIL, service,
                        "the source has changed meanwhile; once nothing "
                        "writes to it, run this again, and the rest is copied");
    if (result->outcome == COPY_WAS_DONE)
        printf("%s: both sides held the same already\n", service);
    else
        printf("%s: copied and checked: %lld written, %lld deleted\n", service,
               (long long)result->put, (long long)result->dropped);
    return EX_OK;
}

static int
run(struct ctx *cx, const struct words *words, struct record_home *from,
    struct record_home *to)
{
    struct copy_result *result = arena_new(cx->arena, struct copy_result);
    const char *target = store_url_name(cx->arena, &words->to);
    struct copy copy = {
        .kinds = words->service->records,
        .from = from,
        .to = to,
        .source = store_url_name(cx->arena, &words->from),
        .is_first = words->is_first,
        .tell = copy_tell,
    };
    enum err err;

    if (!(err = copy_tell_begin(cx, &copy, words->service->name)))
        err = copy_run(cx, &copy, result);
    copy_tell_end();
    if (err == ERR_CONFLICT || err == ERR_INTERNAL)
        return complain(EX_DATAERR, "a record can't be copied",
                        reason(cx, err));
    if (err)
        return complain(EX_TEMPFAIL,
                        arena_printf(cx->arena, "%s is cut off; run this again",
                                     words->service->name),
                        reason(cx, err));
    return conclude(words, &copy, result, target);
}

int
main(int count, char **all)
{
    struct arena *arena = arena_create();
    struct record_home from = { 0 }, to = { 0 };
    struct words words = { 0 };
    struct ctx cx;
    int status;

    if (!read_words(arena, count, all, &words)) {
        arena_free(arena);
        return usage();
    }
    ctx_init(&cx, arena, "copy");
    config_load();
    secret_init();
    if (!(status = open_source(&cx, &words, &from)) &&
        !(status = open_target(&cx, &words, &to)))
        status = run(&cx, &words, &from, &to);
    record_close(&to);
    record_close(&from);
    arena_free(arena);
    return status;
}
