/*
 * HTTP on 127.0.0.1: a thread for each connection, so that an answer that is
 * delayed on purpose holds up nobody else.
 */
#ifndef SANDBOX_HTTP_H
#define SANDBOX_HTTP_H

#include <stdbool.h>
#include <stdint.h>

#include "form.h"
#include "pool.h"

struct request {
    struct pool *pool;
    const char *method, *path;
    struct form query;
    const char *body; /* has a NUL behind it */
    size_t body_size;
    void *connection;
};

enum { ANSWER_HEADERS = 16 };

struct answer {
    unsigned status;
    const char *content_type;
    const char *body;
    size_t body_size;
    struct form_pair headers[ANSWER_HEADERS];
    size_t header_count;
    bool drop; /* close the connection without a word */
    long cut;  /* how much of the body to send before closing; -1: all */
};

/* NULL: the request has no such header. The name's case is of no matter. */
const char *request_header(const struct request *request, const char *name);

/* Instead of one of the same name, if there is one. */
void answer_header(struct answer *answer, const char *name, const char *value);

/* The answer's body becomes the tree, printed. */
void answer_tree(struct request *request, struct answer *answer,
                 unsigned status, const cJSON *tree);

/*
 * Listens on the port; on any free one if it is 0, or if it is taken and
 * another one will do. Returns the port, 0 when there is none to be had.
 */
uint16_t http_start(uint16_t port, bool may_differ,
                    void (*serve)(struct request *, struct answer *));
void http_stop(void);

/* The port that is listened on. */
uint16_t http_port(void);

/*
 * Waits, less long if http_release() is called or the sandbox stops; then it
 * returns false.
 */
bool http_pause(long milliseconds);

/* Waits for that, or for the client to close the connection. */
void http_hang(const struct request *request);
void http_release(void);

#endif
