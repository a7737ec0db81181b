/*
 * A service's empty database in SQLite, in a folder of the test's own: in
 * memory where there is such a folder, since nothing here is to last.
 */
#ifndef TILL_TESTS_SCRATCH_H
#define TILL_TESTS_SCRATCH_H

#include <stdio.h>
#include <stdlib.h>

#include "io/migration.h"
#include "unit.h"

static char scratch_folder[32], scratch_file[64];

/* Makes it; the file's name. */
static inline const char *
scratch_begin(const char *service)
{
    struct arena *arena = arena_create();
    int64_t applied;
    struct ctx cx;

    snprintf(scratch_folder, sizeof scratch_folder,
             "/dev/shm/till-unit-XXXXXX");
    if (!mkdtemp(scratch_folder)) {
        snprintf(scratch_folder, sizeof scratch_folder,
                 "/tmp/till-unit-XXXXXX");
        assert_non_null(mkdtemp(scratch_folder));
    }
    snprintf(scratch_file, sizeof scratch_file, "%s/%s.db", scratch_folder,
             service);
    ctx_init(&cx, arena, "unit-test");
    assert_int_equal(migrate(&cx, service, scratch_file, &applied), OK);
    arena_free(arena);
    return scratch_file;
}

/* Takes it away once it is closed; fails where anything else is left. */
static inline int
scratch_end(void)
{
    static const char *const names[] = { "", ".lock", "-wal", "-shm" };

    for (size_t i = 0; i < COUNT(names); i++) {
        char name[80];

        snprintf(name, sizeof name, "%s%s", scratch_file, names[i]);
        unlink(name);
    }
    return rmdir(scratch_folder);
}

#endif
