/*
 * MongoDB for a unit test: the server of tests/mongod/mongod.sh in a folder of
 * its own, or MONGO_TEST_URI, and in it a database of the test's own. Run from
 * the checkout's root.
 */
#ifndef TILL_TESTS_MONGO_SERVER_H
#define TILL_TESTS_MONGO_SERVER_H

#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "io/mongo.h"
#include "unit.h"

struct mongo_server {
    char folder[64];
    char server[512];  /* its URI, as mongod.sh gives it */
    char database[32]; /* the test's own */
    char uri[640];     /* with it */
};

static inline int
mongo_server_script(const char *verb, const char *folder)
{
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        execl("tests/mongod/mongod.sh", "mongod.sh", verb, folder, NULL);
        _exit(127);
    }
    if (child < 0 || waitpid(child, &status, 0) != child)
        return -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

/*
 * The URI with this database, host (NULL: its own) and option. A credential
 * that it has stays.
 */
static inline void
mongo_server_uri(const char *uri, const char *host, const char *database,
                 const char *option, char *to, size_t room)
{
    const char *start = strstr(uri, "://");
    const char *at = start ? strchr(start + 3, '@') : NULL;
    size_t before, hosts, path;

    assert_non_null(start);
    before = (size_t)((at ? at + 1 : start + 3) - uri);
    hosts = strcspn(uri + before, "/?");
    path = before + hosts + strcspn(uri + before + hosts, "?");
    snprintf(to, room, "%.*s%.*s/%s%s%s%s", (int)before, uri,
             host ? (int)strlen(host) : (int)hosts, host ? host : uri + before,
             database, uri[path] ? uri + path : "?",
             uri[path] && *option ? "&" : "", option);
}

/* 0, or 77: no server can be had. */
static inline int
mongo_server_start(struct mongo_server *server)
{
    char path[80];
    FILE *file;
    int status;

    *server = (struct mongo_server){ .folder = "/tmp/till-mongo-XXXXXX" };
    assert_non_null(mkdtemp(server->folder));
    status = mongo_server_script("start", server->folder);
    if (status == 77)
        return 77;
    assert_int_equal(status, 0);
    snprintf(path, sizeof path, "%s/uri", server->folder);
    file = fopen(path, "r");
    assert_non_null(file);
    assert_non_null(fgets(server->server, sizeof server->server, file));
    fclose(file);
    server->server[strcspn(server->server, "\n")] = '\0';
    snprintf(server->database, sizeof server->database, "till_test_%d",
             (int)getpid());
    mongo_server_uri(server->server, NULL, server->database, "", server->uri,
                     sizeof server->uri);
    return 0;
}

static inline int
mongo_server_remove(const char *path, const struct stat *stat, int type,
                    struct FTW *ftw)
{
    (void)stat;
    (void)type;
    (void)ftw;
    return remove(path);
}

/* Drops the test's database. */
static inline void
mongo_server_drop(struct mongo_server *server)
{
    struct arena *arena = arena_create();
    const struct mongo_doc *reply;
    struct mongo *mongo;
    struct ctx cx;
    int64_t code;

    ctx_init(&cx, arena, "unit-test");
    if (*server->uri && !mongo_open(&cx, server->uri, &mongo)) {
        (void)mongo_command(&cx, mongo,
                            mongo_doc(&cx, "i", "dropDatabase", (int64_t)1),
                            true, &code, &reply);
        mongo_close(mongo);
    }
    arena_free(arena);
}

/* A new database for what follows. */
static inline void
mongo_server_renew(struct mongo_server *server)
{
    static int number;

    snprintf(server->database, sizeof server->database, "till_test_%d_%d",
             (int)getpid(), ++number);
    mongo_server_uri(server->server, NULL, server->database, "", server->uri,
                     sizeof server->uri);
}

static inline void
there_is_no_mongodb_here(void **state)
{
    (void)state;
    skip();
}

/* Counts as a test that was skipped. */
static inline int
mongo_server_skip(void)
{
    static const struct CMUnitTest nothing[] = {
        TEST(there_is_no_mongodb_here),
    };

    return cmocka_run_group_tests(nothing, NULL, NULL);
}

/* Leaves nothing behind, also on a server that isn't ours. */
static inline void
mongo_server_stop(struct mongo_server *server)
{
    mongo_server_drop(server);
    mongo_server_script("stop", server->folder);
    nftw(server->folder, mongo_server_remove, 8, FTW_DEPTH | FTW_PHYS);
}

#endif
