/*
 * till-admin: what whoever runs the shop does to it by hand; the commands are
 * in the table below. Works on the stores themselves, so it needs no token,
 * but the right to read them.
 */
#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "user/user.h"

static void
print_user(const struct user *user)
{
    char since[CLOCK_TEXT];

    clock_rfc3339(user->created_at, since);
    printf("id: %s\nusername: %s\nemail: %s\nrole: %s\ncreated_at: %s\n",
           user->id, user->username, user->email, user_role_name(user->role),
           since);
}

static enum err
show_user(struct ctx *cx, const char *email)
{
    struct user *user;
    enum err err = user_find(cx, user_store(), email, &user);

    if (!err)
        print_user(user);
    return err;
}

static enum err
make_admin(struct ctx *cx, const char *email)
{
    struct user *user;
    enum err err = user_set_role(cx, user_store(), email, ADMIN, &user);

    if (!err)
        print_user(user);
    return err;
}

/* Opens the users around a command. */
static enum err
with_users(struct ctx *cx, enum err (*run)(struct ctx *cx, const char *email),
           const char *email)
{
    struct db *db = NULL;
    enum err err;

    if ((err = user_store_open(cx, &db)))
        return err;
    if (db)
        db_set_mode(db, DB_THREADS); /* each write is kept when it returns */
    err = run(cx, email);
    user_store_close();
    return err;
}

static const struct command {
    const char *name, *argument, *meaning;
    enum err (*run)(struct ctx *cx, const char *argument);
} commands[] = {
    { "show-user", "EMAIL", "shows an account", show_user },
    { "make-admin", "EMAIL", "makes it an admin's, from the next login on",
      make_admin },
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static int
usage(void)
{
    fputs("usage: till-admin COMMAND ARGUMENT\n\n", stderr);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(stderr, "    %s %s\n        %s\n", commands[i].name,
                commands[i].argument, commands[i].meaning);
    return EX_USAGE;
}

static const struct command *
command_named(const char *name)
{
    for (int i = 0; i < COMMANDS; i++) {
        if (!strcmp(commands[i].name, name))
            return &commands[i];
    }
    return NULL;
}

int
main(int count, char **words)
{
    const struct command *command;
    struct arena *arena;
    struct ctx cx;
    enum err err;

    if (count != 3 || !(command = command_named(words[1])))
        return usage();
    arena = arena_create();
    ctx_init(&cx, arena, command->name);
    config_load();
    log_init("till-admin");
    err = with_users(&cx, command->run, words[2]);
    if (err)
        fprintf(stderr, "till: %s: %s\n", command->name,
                cx.cause   ? cx.cause
                : cx.fault ? cx.fault
                           : err_title(err));
    arena_free(arena);
    return err == OK              ? EX_OK
           : err == ERR_NOT_FOUND ? EX_NOUSER
                                  : EX_UNAVAILABLE;
}
