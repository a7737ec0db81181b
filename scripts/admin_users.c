/* Accounts: found, shown, made an admin's, given another password. */
#include "admin.h"

#include <stdio.h>
#include <string.h>
#include <sysexits.h>
#include <termios.h>
#include <unistd.h>

#include "base/id.h"
#include "user/user.h"

static void
add_user(struct sheet *sheet, const struct user *user)
{
    sheet_row(sheet);
    sheet_text(sheet, "id", user->id);
    sheet_text(sheet, "username", user->username);
    sheet_text(sheet, "email", user->email);
    sheet_text(sheet, "role", user_role_name(user->role));
    sheet_time(sheet, "created_at", user->created_at);
    sheet_row_end(sheet);
}

/* What became of an account, or why nothing did. */
static enum err
conclude(struct ctx *cx, const struct words *words, enum err err,
         const struct user *user, int *ret_status)
{
    struct sheet sheet;

    *ret_status = err == ERR_INVALID ? EX_DATAERR : err ? EX_NOUSER : EX_OK;
    if (err)
        return err;
    sheet_begin(cx, &sheet, words, false);
    add_user(&sheet, user);
    sheet_end(&sheet);
    return OK;
}

enum err
admin_users(struct ctx *cx, const struct words *words, int *ret_status)
{
    struct user_page page;
    struct sheet sheet;
    enum err err;

    if ((err = user_search(cx, user_store(),
                           words->argument ? words->argument : "", words->most,
                           &page)))
        return err;
    sheet_begin(cx, &sheet, words, true);
    for (size_t i = 0; i < page.count; i++)
        add_user(&sheet, &page.users[i]);
    sheet_end(&sheet);
    *ret_status = EX_OK;
    return OK;
}

enum err
admin_show_user(struct ctx *cx, const struct words *words, int *ret_status)
{
    struct user_store *store = user_store();
    struct user *user = NULL;
    enum err err = id_is_valid(words->argument)
                       ? store->get(cx, store, words->argument, &user)
                       : user_find(cx, store, words->argument, &user);

    return conclude(cx, words, err, user, ret_status);
}

enum err
admin_make_admin(struct ctx *cx, const struct words *words, int *ret_status)
{
    struct user *user = NULL;
    enum err err =
        user_set_role(cx, user_store(), words->argument, ADMIN, &user);

    return conclude(cx, words, err, user, ret_status);
}

enum { LINE = 1024 };

/* A line from standard input, without its end; false: there is none. */
static bool
read_line(const char *prompt, char line[LINE])
{
    struct termios old, silent;
    bool is_terminal = !tcgetattr(STDIN_FILENO, &old), is_there;

    if (is_terminal) {
        silent = old;
        silent.c_lflag &= ~(tcflag_t)ECHO;
        tcsetattr(STDIN_FILENO, TCSADRAIN, &silent);
        fprintf(stderr, "%s: ", prompt);
    }
    is_there = fgets(line, LINE, stdin);
    if (is_terminal) {
        tcsetattr(STDIN_FILENO, TCSADRAIN, &old);
        fputc('\n', stderr);
    }
    if (is_there)
        line[strcspn(line, "\r\n")] = '\0';
    return is_there;
}

/* On a terminal it is typed twice, unseen; else it is the first line. */
static enum err
read_password(struct ctx *cx, char password[LINE])
{
    char again[LINE];

    if (!read_line("The new password", password))
        return fail(cx, ERR_INVALID, "no password on standard input");
    if (isatty(STDIN_FILENO) &&
        (!read_line("Once more", again) || strcmp(password, again) != 0))
        return fail(cx, ERR_INVALID, "these are two different ones");
    return OK;
}

enum err
admin_reset_password(struct ctx *cx, const struct words *words, int *ret_status)
{
    struct user *user = NULL;
    char password[LINE];
    enum err err;

    if (!(err = user_find(cx, user_store(), words->argument, &user)) &&
        !(err = read_password(cx, password)))
        err = user_set_password(cx, user_store(), words->argument, password,
                                &user);
    explicit_bzero(password, sizeof password);
    return conclude(cx, words, err, user, ret_status);
}
