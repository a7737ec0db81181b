/* What the parts of the SQLite home of payments share. */
#ifndef TILL_PAYMENT_STORE_SQLITE_H
#define TILL_PAYMENT_STORE_SQLITE_H

#include "payment/payment_store.h"

/* The refunds of a payment that was read; of one that is being written. */
enum err payment_sqlite_read_refunds(struct ctx *cx, struct db *db,
                                     struct payment *payment);
enum err payment_sqlite_write_refunds(struct ctx *cx, struct db *db,
                                      const struct payment *payment);

/* The same for its reviews. */
enum err payment_sqlite_read_reviews(struct ctx *cx, struct db *db,
                                     struct payment *payment);
enum err payment_sqlite_write_reviews(struct ctx *cx, struct db *db,
                                      const struct payment *payment);

/* Fills in the functions for reviews, for events, and for what waits. */
void payment_sqlite_add_reviews(struct payment_store *store);
void payment_sqlite_add_waiting(struct payment_store *store);
void payment_sqlite_add_events(struct payment_store *store);

#endif
