/*
 * till-admin: what whoever runs the shop does to it by hand; the commands are
 * in the table below. Works on the stores themselves, so it needs no token,
 * but the right to read them.
 *
 * Exits with 0; with 1 where `reviews` found something; else as sysexits(3).
 */
#include "admin.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>

#include "base/clock.h"
#include "base/config.h"
#include "base/log.h"
#include "notification/notification_store.h"
#include "payment/catch_up.h"
#include "payment/payment_store.h"
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
show_user(struct ctx *cx, const struct words *words, int *ret_status)
{
    struct user *user;
    enum err err = user_find(cx, user_store(), words->argument, &user);

    *ret_status = err ? EX_NOUSER : EX_OK;
    if (!err)
        print_user(user);
    return err;
}

static enum err
make_admin(struct ctx *cx, const struct words *words, int *ret_status)
{
    struct user *user;
    enum err err =
        user_set_role(cx, user_store(), words->argument, ADMIN, &user);

    *ret_status = err ? EX_NOUSER : EX_OK;
    if (!err)
        print_user(user);
    return err;
}

static enum err
catch_up(struct ctx *cx, const struct words *words, int *ret_status)
{
    enum err err = catch_up_now(cx, payment_store());

    (void)words;
    *ret_status = EX_OK;
    if (!err)
        puts("payment-worker asks Stripe for what it hasn't heard of as soon "
             "as it runs");
    return err;
}

/* The databases that a command works on. */
enum stores { USERS, MONEY_AND_MAIL };

static const struct command {
    const char *name, *arguments, *meaning;
    enum stores stores;
    bool has_argument, has_note, is_list;
    enum err (*run)(struct ctx *cx, const struct words *words, int *ret_status);
} commands[] = {
    { "show-user", "EMAIL", "shows an account", USERS, true, false, false,
      show_user },
    { "make-admin", "EMAIL", "makes it an admin's, from the next login on",
      USERS, true, false, false, make_admin },
    { "reviews", "[--json | --count]",
      "shows what needs a person: payments, mails, mailboxes; or how many; "
      "exits with 1 where there is any",
      MONEY_AND_MAIL, false, false, true, admin_reviews },
    { "resolve", "ORDER --note TEXT",
      "closes what `reviews` shows of an order; moves no money, sends no mail",
      MONEY_AND_MAIL, true, true, false, admin_resolve },
    { "waiting", "[--json]", "how much waits, and since when", MONEY_AND_MAIL,
      false, false, true, admin_waiting },
    { "catch-up", "",
      "lets payment-worker ask Stripe at once for what no webhook has brought",
      MONEY_AND_MAIL, false, false, false, catch_up },
};

enum { COMMANDS = sizeof commands / sizeof *commands };

static int
usage(void)
{
    fputs("usage: till-admin COMMAND ...\n\n", stderr);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(stderr, "    %s %s\n        %s\n", commands[i].name,
                commands[i].arguments, commands[i].meaning);
    return EX_USAGE;
}

/* Each write is kept when it returns. */
static void
keep_at_once(struct db *db)
{
    if (db)
        db_set_mode(db, DB_THREADS);
}

static enum err
with_users(struct ctx *cx, const struct command *command,
           const struct words *words, int *ret_status)
{
    struct db *db = NULL;
    enum err err;

    if ((err = user_store_open(cx, &db)))
        return err;
    keep_at_once(db);
    err = command->run(cx, words, ret_status);
    user_store_close();
    return err;
}

static enum err
with_money_and_mail(struct ctx *cx, const struct command *command,
                    const struct words *words, int *ret_status)
{
    struct db *db = NULL;
    enum err err;

    if ((err = payment_store_open(cx, &db)))
        return err;
    keep_at_once(db);
    db = NULL;
    if (!(err = notification_store_open(cx, &db))) {
        keep_at_once(db);
        err = command->run(cx, words, ret_status);
        notification_store_close();
    }
    payment_store_close();
    return err;
}

/* The command that the words name, with what it needs; or NULL. */
static const struct command *
read_words(int count, char **all, struct words *ret_words)
{
    const struct command *command = NULL;
    struct words words = { 0 };

    for (int i = 0; count > 1 && i < COMMANDS; i++) {
        if (!strcmp(commands[i].name, all[1]))
            command = &commands[i];
    }
    for (int i = 2; command && i < count; i++) {
        if (command->is_list && !strcmp(all[i], "--json"))
            words.is_json = true;
        else if (command->is_list && !strcmp(all[i], "--count"))
            words.is_count = true;
        else if (command->has_note && !words.note && i + 1 < count &&
                 !strcmp(all[i], "--note"))
            words.note = all[++i];
        else if (command->has_argument && !words.argument && *all[i] != '-')
            words.argument = all[i];
        else
            return NULL;
    }
    if (!command || command->has_argument != !!words.argument ||
        (words.is_json && words.is_count) ||
        (command->has_note && (!words.note || !*words.note)))
        return NULL;
    *ret_words = words;
    return command;
}

int
main(int count, char **all)
{
    const struct command *command;
    int status = EX_UNAVAILABLE;
    struct arena *arena;
    struct words words;
    struct ctx cx;
    enum err err;

    if (!(command = read_words(count, all, &words)))
        return usage();
    arena = arena_create();
    ctx_init(&cx, arena, command->name);
    config_load();
    log_init("till-admin");
    err = command->stores == USERS
              ? with_users(&cx, command, &words, &status)
              : with_money_and_mail(&cx, command, &words, &status);
    if (err)
        fprintf(stderr, "till: %s: %s\n", command->name,
                cx.cause   ? cx.cause
                : cx.fault ? cx.fault
                           : err_title(err));
    arena_free(arena);
    return err && err != ERR_NOT_FOUND ? EX_UNAVAILABLE : status;
}
