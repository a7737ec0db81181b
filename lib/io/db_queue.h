/*
 * Writes that wait for one thread, for db.c alone: it takes all that are
 * waiting, has them done together, and only then lets their callers go on.
 */
#ifndef TILL_DB_QUEUE_H
#define TILL_DB_QUEUE_H

#include <pthread.h>

#include "io/db.h"

/* One write. Lives on its caller's stack. */
struct db_job {
    struct db_job *next;
    struct ctx *cx;
    db_work_function *work;
    void *arg;
    const char *name;    /* of the work, for fault points */
    enum err err;        /* what came of it */
    pthread_cond_t done; /* its own: hundreds may wait, each for another job */
    bool is_done;
};

/* Does a list of them, by the queue's thread, and leaves each one's err. */
typedef void db_jobs_function(struct db *db, struct db_job *jobs);

struct db_queue {
    struct db *db;
    db_jobs_function *run;
    pthread_mutex_t mutex; /* guards what follows, and is_done of each job */
    pthread_cond_t is_waiting;
    struct db_job *first, **last;
    pthread_t thread; /* made for the first job */
    bool has_thread, is_closing;
};

void db_queue_init(struct db_queue *queue, struct db *db,
                   db_jobs_function *run);

/* What came of it; ERR_UNAVAILABLE: there can be no thread. */
enum err db_queue_put(struct ctx *cx, struct db_queue *queue,
                      db_work_function *work, void *arg, const char *name);

/* Does what is waiting, and ends the thread. */
void db_queue_end(struct db_queue *queue);

#endif
