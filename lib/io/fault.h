/*
 * Fault points: places where a test makes the process die, the disk be full
 * or a connection break. There is one before and after every durable write
 * (db_write, db_commit, mongo_save and its like) and every call to another
 * server (http_send), named by what is done there; and one at the commit that
 * keeps a write of a program with threads, when the work has run.
 *
 * Only a build with `make FAULTS=1` has them; in any other fault_at() is the
 * constant FAULT_NONE, and costs nothing.
 *
 * The file that TILL_FAULTS names holds one rule, "ACTION COUNT POINT": at the
 * COUNTth pass of the point the rule is taken away and carried out. Every pass
 * is noted in the file that TILL_FAULTS_SEEN names.
 */
#ifndef TILL_FAULT_H
#define TILL_FAULT_H

enum fault {
    FAULT_NONE,
    FAULT_FULL, /* "full": the write fails, nothing is kept */
    FAULT_LOST, /* "lost": the connection breaks */
    FAULT_CUT,  /* "cut": half of the answer arrives */
    FAULT_GONE, /* "gone": as lost, and what became of it can't be found out */
};

#ifdef TILL_FAULTS

/* What is to happen at "<when> <kind> <name>"; "kill" doesn't return. */
enum fault fault_at(const char *when, const char *kind, const char *name);

#else

#define fault_at(when, kind, name) ((void)(name), FAULT_NONE)

#endif

#endif
