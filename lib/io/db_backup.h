/*
 * Copies of whole SQLite files: a backup of one that is in use, and what must
 * be known before one takes the place of another. Not for programs that serve.
 */
#ifndef TILL_DB_BACKUP_H
#define TILL_DB_BACKUP_H

#include "base/ctx.h"

/* Told now and then; of pages. */
typedef void db_backup_tell(void *arg, const char *step, int64_t done,
                            int64_t all);

/*
 * Copies the database at `from` as it is at one moment, while others go on
 * reading and writing it, into `to`, one file of its own, checked as db_check
 * does and on the disk when this returns. There must not be one yet.
 *
 * ERR_NOT_FOUND: there is no database. ERR_UNAVAILABLE: the disk is full, or
 * the like; ERR_INTERNAL: the database is damaged. No `to` is left then.
 */
enum err db_backup(struct ctx *cx, const char *from, const char *to,
                   db_backup_tell *tell, void *arg);

/*
 * Whether a file that nobody uses is a whole database (SQLite's integrity_check
 * and foreign_key_check); ret_version: its user_version. ERR_INTERNAL: it is
 * damaged, and the cause says where.
 */
enum err db_check(struct ctx *cx, const char *path, int64_t *ret_version);

/*
 * Takes in what is in the WAL, so that the file is all there is. ERR_CONFLICT:
 * somebody uses it. ERR_INTERNAL: it is damaged, and stays as it is.
 */
enum err db_settle(struct ctx *cx, const char *path);

/*
 * Puts a file in the place of the database at `path`, as one step, while no
 * program can write there; what was there is then called `before`. Errors:
 * db_settle's but ERR_INTERNAL, since a damaged one may be replaced, too;
 * ERR_UNAVAILABLE.
 */
enum err db_replace(struct ctx *cx, const char *path, const char *with,
                    const char *before);

#endif
