/*
 * An order that is over, Cancelled or Expired, is not charged afterwards.
 */
#ifndef TILL_CANCELLATION_H
#define TILL_CANCELLATION_H

#include "payment/settlement.h"

/*
 * Before an order is marked so: cancels what was begun to pay it, so that it
 * can't succeed any more, and keeps everybody from beginning anew for as long
 * as marking it takes. OK also where nothing was begun. ERR_CONFLICT: it is
 * paid, or about to be.
 */
enum err cancellation_prepare(struct ctx *cx, struct payment_store *store,
                              const char *order_id);

/*
 * The same, and without waiting, for an order that nobody cancels but its age.
 * ERR_CONFLICT also while a charge's outcome is open, and within an hour of an
 * attempt with which its customer was sent to the bank.
 */
enum err cancellation_prepare_expiry(struct ctx *cx,
                                     struct payment_store *store,
                                     const char *order_id);

/*
 * Under the payment's lease, where the customer can go on without us, at the
 * bank or in the browser: should the order be over by now, the payment is
 * cancelled, and that is ERR_CONFLICT. OK: it isn't over, or that can't be
 * told now.
 */
enum err cancellation_follow(struct ctx *cx, struct settlement *work);

#endif
