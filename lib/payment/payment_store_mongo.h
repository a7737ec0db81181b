/* What the parts of the MongoDB home of payments share. */
#ifndef TILL_PAYMENT_STORE_MONGO_H
#define TILL_PAYMENT_STORE_MONGO_H

#include "io/mongo.h"
#include "payment/payment_store.h"

#define PAYMENTS "payments"
#define EVENTS "events"
#define TURNS "turns"

/* Those of a payment, as a list for its document. */
const struct mongo_doc *payment_mongo_attempts(struct ctx *cx,
                                               const struct payment *payment);
const struct mongo_doc *payment_mongo_refunds(struct ctx *cx,
                                              const struct payment *payment);
const struct mongo_doc *payment_mongo_reviews(struct ctx *cx,
                                              const struct payment *payment);

/* From its document; false: they aren't as they are written here. */
bool payment_mongo_read_attempts(struct ctx *cx, const struct mongo_doc *doc,
                                 struct payment *payment);
bool payment_mongo_read_refunds(struct ctx *cx, const struct mongo_doc *doc,
                                struct payment *payment);
bool payment_mongo_read_reviews(struct ctx *cx, const struct mongo_doc *doc,
                                struct payment *payment);

/* What is due, and longest: the first by `due_at`. NULL: nothing is. */
enum err payment_mongo_due(struct ctx *cx, struct payment_store *store,
                           const char *collection, int64_t now,
                           const struct mongo_doc **ret_doc);

/* Fills in the functions for events and turns, and for what waits. */
void payment_mongo_add_events(struct payment_store *store);
void payment_mongo_add_waiting(struct payment_store *store);

#endif
