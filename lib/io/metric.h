/*
 * Numbers that all processes of a program count together, for GET /metrics
 * (io/metric_text.h): how many requests, how long they took, what became of
 * calls to others. Counting is an addition to a page of memory that the
 * processes share, a file in METRICS_FOLDER: no lock, no system call, and the
 * numbers go on when a program is killed or restarted. Where there is no such
 * folder, or no room in it, nobody counts, and nothing else is different.
 */
#ifndef TILL_METRIC_H
#define TILL_METRIC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Whom a program calls. */
#define METRIC_PEER_TABLE(X)                                                   \
    X(OTHER, "other")                                                          \
    X(STRIPE, "stripe")                                                        \
    X(GMAIL, "gmail")                                                          \
    X(GOOGLE, "google-token")                                                  \
    X(SMTP, "smtp")                                                            \
    X(USER, "user")                                                            \
    X(ORDER, "order")                                                          \
    X(PAYMENT, "payment")                                                      \
    X(NOTIFICATION, "notification")

enum metric_peer {
#define X(name, label) METRIC_##name,
    METRIC_PEER_TABLE(X)
#undef X
        METRIC_PEERS
};

/* What became of a call. */
enum metric_outcome {
    METRIC_OK,          /* 2xx and 3xx */
    METRIC_REFUSED,     /* 4xx: what was asked for isn't there, or not ours */
    METRIC_THROTTLED,   /* 429 */
    METRIC_FAILED,      /* 5xx */
    METRIC_UNREACHABLE, /* it never left */
    METRIC_UNANSWERED,  /* it may have arrived */
    METRIC_OUTCOMES
};

enum metric_turn { METRIC_DONE, METRIC_IDLE, METRIC_BROKEN, METRIC_TURNS };

/* Once, at start-up; method and route are "" for a worker. */
void metric_open(const char *program, const char *method, const char *route);

/* A request that was answered with this status. */
void metric_request(int status, int64_t micros);

/* A call of this program's to another. */
void metric_call(enum metric_peer peer, enum metric_outcome outcome,
                 int64_t micros);
enum metric_outcome metric_outcome_of(int status);

/* A worker's turn. */
void metric_turn(enum metric_turn turn);

/* A number that a worker finds by looking: how much waits, since when. */
struct metric_gauge {
    const char *family;        /* "till_mails_waiting" */
    const char *help;          /* what it is, for people */
    const char *label, *value; /* "status", "Queued"; or NULL */
    bool is_time;              /* milliseconds since 1970; 0: there is none */
};

enum { METRIC_GAUGES = 40 };

struct metric_sheet {
    struct metric_gauge gauges[METRIC_GAUGES];
    int64_t numbers[METRIC_GAUGES];
    size_t count;
};

/* One more number, of this gauge with this label's value, or NULL. */
void metric_add(struct metric_sheet *sheet, const struct metric_gauge *gauge,
                const char *value, int64_t number);

/*
 * What was found: those of a family together; always the same ones in the same
 * order.
 */
void metric_measured(const struct metric_sheet *sheet);

#endif
