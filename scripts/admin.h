/* What the parts of till-admin share. */
#ifndef TILL_ADMIN_H
#define TILL_ADMIN_H

#include "base/ctx.h"
#include "base/money.h"
#include "base/writer.h"

/* What stands behind the command's name. */
struct words {
    const char *argument; /* or NULL */
    const char *note, *status;
    int64_t most;           /* of a list */
    bool is_json, is_count; /* how it is shown */
    bool is_twice;
};

/*
 * A command, whose stores are open. ret_status is the process's exit status.
 */
typedef enum err admin_command(struct ctx *cx, const struct words *words,
                               int *ret_status);

admin_command admin_users, admin_show_user, admin_make_admin,
    admin_reset_password;
admin_command admin_orders, admin_payments, admin_mails, admin_show;
admin_command admin_reviews, admin_resolve, admin_retry, admin_waiting,
    admin_catch_up;

/*
 * What is shown: as JSON (an array of objects, or one object), or for people:
 * a list has a line for each row, a single one a line for each member.
 */
struct sheet {
    struct writer writer;
    struct text text;
    bool is_json, is_list, is_part;
    int column;
};

void sheet_begin(struct ctx *cx, struct sheet *sheet, const struct words *words,
                 bool is_list);

/* Around the members of each row. */
void sheet_row(struct sheet *sheet);
void sheet_row_end(struct sheet *sheet);

/* A value of NULL, or a time of 0, is none. */
void sheet_text(struct sheet *sheet, const char *name, const char *value);
void sheet_int(struct sheet *sheet, const char *name, int64_t value);
void sheet_money(struct sheet *sheet, const char *name, struct money money);
void sheet_time(struct sheet *sheet, const char *name, int64_t value);

/* Around the rows that are part of a single one: a payment's attempts. */
void sheet_parts(struct sheet *sheet, const char *name);
void sheet_parts_end(struct sheet *sheet);

/* Prints what isn't printed yet. */
void sheet_end(struct sheet *sheet);

#endif
