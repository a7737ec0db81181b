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

#include "base/config.h"
#include "base/log.h"
#include "io/secret.h"
#include "notification/notification_store.h"
#include "order/order_store.h"
#include "payment/payment_store.h"
#include "user/user_store.h"

/* The databases that a command works on, and the words that it takes. */
enum { USERS = 1, ORDERS = 2, PAYMENTS = 4, MAILS = 8 };
enum { JSON = 1, COUNT = 2, NOTE = 4, STATUS = 8, MOST = 16, TWICE = 32 };
enum argument { NONE, MAYBE, ONE };

#define MONEY_AND_MAIL (PAYMENTS | MAILS)
#define LIST (JSON | MOST)

static const struct command {
    const char *name, *words, *meaning;
    unsigned stores, options;
    enum argument argument;
    admin_command *run;
} commands[] = {
    { "users", "[TEXT] [--limit N] [--json]",
      "accounts, the newest first; those whose address or name has TEXT in it",
      USERS, LIST, MAYBE, admin_users },
    { "show-user", "EMAIL|ID [--json]", "shows an account", USERS, JSON, ONE,
      admin_show_user },
    { "make-admin", "EMAIL [--json]",
      "makes it an admin's, from the next login on", USERS, JSON, ONE,
      admin_make_admin },
    { "reset-password", "EMAIL [--json]",
      "gives it the password that is typed, or is the first line of standard "
      "input",
      USERS, JSON, ONE, admin_reset_password },
    { "orders", "[EMAIL|USER] [--status STATUS] [--limit N] [--json]",
      "orders, the newest first: everybody's, or an account's", USERS | ORDERS,
      LIST | STATUS, MAYBE, admin_orders },
    { "show", "ORDER [--json]",
      "shows an order with its payment, refunds, flags and mails",
      ORDERS | MONEY_AND_MAIL, JSON, ONE, admin_show },
    { "payments", "--status STATE [--limit N] [--json]",
      "payments in a state, the newest first", PAYMENTS, LIST | STATUS, NONE,
      admin_payments },
    { "notifications", "--status STATUS [--limit N] [--json]",
      "mails of a status, the newest first", MAILS, LIST | STATUS, NONE,
      admin_mails },
    { "retry", "ORDER [--twice]",
      "has its payment looked at and its mails sent now, also those that were "
      "given up; --twice: also those that may have been sent",
      MONEY_AND_MAIL, TWICE, ONE, admin_retry },
    { "reviews", "[--json | --count]",
      "shows what needs a person: payments, mails, mailboxes; or how many; "
      "exits with 1 where there is any",
      MONEY_AND_MAIL, JSON | COUNT, NONE, admin_reviews },
    { "resolve", "ORDER --note TEXT",
      "closes what `reviews` shows of an order; moves no money, sends no mail",
      MONEY_AND_MAIL, NOTE, ONE, admin_resolve },
    { "waiting", "[--json]", "how much waits, and since when", MONEY_AND_MAIL,
      JSON, NONE, admin_waiting },
    { "catch-up", "",
      "lets payment-worker ask Stripe at once for what no webhook has brought",
      PAYMENTS, 0, NONE, admin_catch_up },
};

enum { COMMANDS = sizeof commands / sizeof *commands };

/* How long a list is, unless told, and at most. */
enum { LIMIT = 20, LIMIT_MOST = 100 };

static int
usage(void)
{
    fputs("usage: scripts/till admin COMMAND ...\n\n", stderr);
    for (int i = 0; i < COMMANDS; i++)
        fprintf(stderr, "    %s %s\n        %s\n", commands[i].name,
                commands[i].words, commands[i].meaning);
    return EX_USAGE;
}

/* Each write is kept when it returns. */
static void
keep_at_once(struct db *db)
{
    if (db)
        db_set_mode(db, DB_THREADS);
}

static const struct home {
    unsigned store;
    enum err (*open)(struct ctx *cx, struct db **ret_db);
    void (*close)(void);
} homes[] = {
    { USERS, user_store_open, user_store_close },
    { ORDERS, order_store_open, order_store_close },
    { PAYMENTS, payment_store_open, payment_store_close },
    { MAILS, notification_store_open, notification_store_close },
};

enum { HOMES = sizeof homes / sizeof *homes };

/* Runs it with the databases that it needs open. */
static enum err
run(struct ctx *cx, const struct command *command, const struct words *words,
    int *ret_status)
{
    unsigned opened = 0;
    enum err err = OK;

    for (int i = 0; i < HOMES && !err; i++) {
        struct db *db = NULL;

        if (!(command->stores & homes[i].store))
            continue;
        if (!(err = homes[i].open(cx, &db))) {
            keep_at_once(db);
            opened |= homes[i].store;
        }
    }
    if (!err)
        err = command->run(cx, words, ret_status);
    for (int i = 0; i < HOMES; i++) {
        if (opened & homes[i].store)
            homes[i].close();
    }
    return err;
}

static bool
read_limit(const char *word, int64_t *ret_most)
{
    return text_to_int64(word, ret_most) && *ret_most > 0 &&
           *ret_most <= LIMIT_MOST;
}

/* One word, and what belongs to it; how many there are, or 0: it's wrong. */
static int
read_word(const struct command *command, char **all, int left,
          struct words *words)
{
    unsigned options = command->options;

    if ((options & JSON) && !strcmp(*all, "--json"))
        return words->is_json = true;
    if ((options & COUNT) && !strcmp(*all, "--count"))
        return words->is_count = true;
    if ((options & TWICE) && !strcmp(*all, "--twice"))
        return words->is_twice = true;
    if (command->argument != NONE && !words->argument && **all != '-') {
        words->argument = *all;
        return 1;
    }
    if (left < 2)
        return 0;
    if ((options & NOTE) && !words->note && !strcmp(*all, "--note"))
        words->note = all[1];
    else if ((options & STATUS) && !words->status && !strcmp(*all, "--status"))
        words->status = all[1];
    else if (!(options & MOST) || strcmp(*all, "--limit") != 0 ||
             !read_limit(all[1], &words->most))
        return 0;
    return 2;
}

/* The command that the words name, with what it needs; or NULL. */
static const struct command *
read_words(int count, char **all, struct words *ret_words)
{
    const struct command *command = NULL;
    struct words words = { .most = LIMIT };
    int taken;

    for (int i = 0; count > 1 && i < COMMANDS; i++) {
        if (!strcmp(commands[i].name, all[1]))
            command = &commands[i];
    }
    for (int i = 2; command && i < count; i += taken) {
        if (!(taken = read_word(command, all + i, count - i, &words)))
            return NULL;
    }
    if (!command || (command->argument == ONE && !words.argument) ||
        (words.is_json && words.is_count) ||
        ((command->options & NOTE) && (!words.note || !*words.note)))
        return NULL;
    *ret_words = words;
    return command;
}

/* Whether the command has said by itself what the exit status is. */
static bool
is_an_answer(enum err err)
{
    return !err || err == ERR_NOT_FOUND || err == ERR_INVALID;
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
    secret_init();
    err = run(&cx, command, &words, &status);
    if (err)
        fprintf(stderr, "till: %s: %s\n", command->name,
                cx.cause   ? cx.cause
                : cx.fault ? cx.fault
                           : err_title(err));
    arena_free(arena);
    return is_an_answer(err) ? status : EX_UNAVAILABLE;
}
