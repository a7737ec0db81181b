/* What the parts of till-backup share: the folder that backups are kept in. */
#ifndef TILL_SCRIPTS_BACKUP_H
#define TILL_SCRIPTS_BACKUP_H

#include "base/ctx.h"

/*
 * Makes the folder where there is none, keeps every other till-backup out of it
 * until this process ends, and takes away what one that was killed has left.
 * ERR_CONFLICT: another one is at work.
 */
enum err backup_folder_open(struct ctx *cx, const char *folder);

/* Takes away all backups but the newest; ret_count: how many. */
enum err backup_folder_keep(struct ctx *cx, const char *folder, int64_t most,
                            int64_t *ret_count);

/* Takes away one, whole or not. */
enum err backup_folder_remove(struct ctx *cx, const char *path);

#endif
