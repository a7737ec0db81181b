/*
 * What ends a program (SIGTERM, SIGINT, SIGQUIT) or has it begin anew (SIGHUP),
 * to be read from a descriptor.
 */
#ifndef TILL_SIGNALS_H
#define TILL_SIGNALS_H

/*
 * The descriptor, which never waits. Blocks the signals in this thread and in
 * those that it makes later: libfcgi doesn't retry what a signal cuts.
 */
int signals_open(void);

#endif
