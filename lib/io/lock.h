/*
 * The lock across processes that every writer of a SQLite file holds, for
 * db.c and migration.c alone: a flock(2) on a file beside the database. It
 * makes waiting fair, which SQLite's own lock is not, and lets one process at
 * a time write or checkpoint, which keeps SQLite's WAL-reset bug away.
 */
#ifndef TILL_LOCK_H
#define TILL_LOCK_H

#include "base/ctx.h"

/* A descriptor; -1 where it can't be opened. */
int lock_open(const char *path);

/* Waits its turn. ERR_UNAVAILABLE: somebody has held it for seconds. */
enum err lock_take(struct ctx *cx, int lock);
void lock_drop(int lock);

#endif
