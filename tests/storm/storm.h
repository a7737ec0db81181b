/*
 * till-storm: customers, some dozens at once, who order, pay, cancel, ask for
 * their money back and repeat themselves; and somebody at Stripe's dashboard.
 * What everybody did and was answered is written into journals, for
 * tests/faults/invariant to judge. tests/faults/storm runs it.
 *
 * What a customer wants comes from the seed alone; what becomes of it doesn't.
 */
#ifndef STORM_H
#define STORM_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include <cjson/cJSON.h>
#include <curl/curl.h>

/* --- dice.c --- */

struct dice {
    uint64_t state;
};

struct dice dice_new(uint64_t seed, uint64_t stream);
int dice_roll(struct dice *dice, int sides); /* 0 to sides - 1 */
bool dice_chance(struct dice *dice, int percent);

/* --- main.c --- */

/* Set before anybody begins. */
struct storm {
    const char *shop, *sandbox; /* URLs */
    const char *admin_token;
    uint64_t seed;
};

extern struct storm storm;

bool storm_is_over(void);

/* --- call.c --- */

struct person {
    int number;
    struct dice dice;
    FILE *journal;
    CURLM *multi;
    char email[64], token[2048];
    int wishes; /* so many orders were wished for */
};

enum { AT_ONCE = 6 };

/* A request, and its answer. */
struct call {
    const char *what; /* for the journal; NULL: not in it */
    const char *method, *base;
    char path[160];
    const char *token;    /* or NULL */
    const char *user;     /* for HTTP's Basic authentication, or NULL */
    const char *order_id; /* that it is about, or NULL; for the journal */
    char key[64];         /* Idempotency-Key, or "" */
    cJSON *body;          /* or NULL */
    long status;          /* 0: no answer */
    cJSON *answer;        /* NULL: none, or no JSON */
    const char *fault;    /* libcurl's, where there was no answer */
};

/* A call of the shop's API, with the person's own token. */
struct call call_shop(struct person *me, const char *what, const char *method,
                      const char *path);

/* The same once more: as somebody who presses a button twice. */
struct call call_copy(const struct call *call);

/* Sends all at once, waits for every answer, writes all into the journal. */
void calls_send(struct person *me, struct call *calls, int count);
void calls_free(struct call *calls, int count);

/* Sends one; again up to `times` while nobody can tell what came of it. */
void call_insist(struct person *me, struct call *call, int times);

/* No answer, or one that says: ask again. */
bool call_is_doubtful(const struct call *call);

const char *answer_text(const struct call *call, const char *name);
void person_rest(struct person *me, int milliseconds_most);

/* --- customer.c, order.c, bank.c, refund.c --- */

struct order {
    char id[64], user_id[64], currency[4], intent[64];
    long long total; /* minor units */
    int decimals;
    bool is_paid;      /* somebody was told so */
    bool is_cancelled; /* likewise */
    bool waits;        /* the bank asks the customer */
    int refunds;       /* so many were wished for */
};

void customer_live(struct person *me);

/* False: nobody knows whether there is such an order. */
bool order_place(struct person *me, struct order *ret_order);
struct call order_cancel(struct person *me, const struct order *order);

void payment_try(struct person *me, struct order *order);
void bank_visit(struct person *me, struct order *order);
void refund_ask(struct person *me, struct order *order);

/* --- dashboard.c --- */

void dashboard_live(struct person *me);

#endif
