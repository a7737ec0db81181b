/*
 * MongoDB's driver, libmongoc: a pool of connections, and commands, one at a
 * time. For mongo.c alone. The driver is loaded by the first mongo_driver_open:
 * a program that keeps its data in SQLite neither needs it installed nor pays
 * for its memory.
 */
#ifndef TILL_MONGO_DRIVER_H
#define TILL_MONGO_DRIVER_H

#include "io/mongo_doc.h"

struct mongo_driver;

/* What has become of a command. */
enum mongo_outcome {
    MONGO_DONE,
    MONGO_REFUSED, /* the server said no, with a code: nothing has changed */
    MONGO_AWAY,    /* no server that takes it was found: it was not sent */
    MONGO_UNSENT,  /* likewise, for another reason */
    MONGO_LOST,    /* sent; nothing is known of it */
};

struct mongo_answer {
    enum mongo_outcome outcome;
    int64_t code;     /* MONGO_REFUSED: the server's */
    const char *text; /* what the driver says: no values of ours; or NULL */
    const struct mongo_doc *reply; /* MONGO_DONE: the server's */
};

/* Milliseconds that a server may take to be found, and to answer a call. */
enum { MONGO_WAIT = 900 };

/*
 * Makes the pool; connects when first used. What the URI leaves open: time-outs
 * of MONGO_WAIT, and `wait` for an answer, as many connections as THREADS,
 * w=majority with journal. ERR_UNAVAILABLE with the cause: no driver, a URI
 * that it doesn't take, or one that gives up acknowledged writes (w=0).
 */
enum err mongo_driver_open(struct ctx *cx, const char *uri, int wait,
                           struct mongo_driver **ret_driver);
void mongo_driver_close(struct mongo_driver *driver);

/*
 * Runs a command on the URI's database (else "till"). The driver repeats
 * nothing by itself, so that it takes no longer than a few time-outs: mongo.c
 * knows what may be repeated, and whether there is time for it.
 */
void mongo_driver_run(struct ctx *cx, struct mongo_driver *driver,
                      const struct mongo_doc *command, bool is_write,
                      struct mongo_answer *ret_answer);

#endif
