/*
 * Work on one payment under a lease: finds out what came of what was sent,
 * and carries out what follows from success. Used by the request that pays,
 * by whoever looks, and by whatever finishes what was interrupted.
 *
 * The lease keeps others from sending the same again while an answer is
 * awaited; so what is asked of others while it is held ends with it. It is no
 * lock that money depends on: that each key is used for one request, and that
 * an intent succeeds once, holds without it.
 */
#ifndef TILL_SETTLEMENT_H
#define TILL_SETTLEMENT_H

#include "payment/payment_store.h"
#include "peer/order_client.h"

/* What the payment service calls itself, where it calls another one. */
#define PAYMENT_SERVICE "payment"

/* Milliseconds that must be left to send a charge and hear of it. */
enum { SETTLEMENT_LEAST = 2000 };

struct settlement {
    struct payment_store *store;
    struct payment *payment;
    bool has_lease;
    const char *owner; /* of the lease: an id of this work's own */
    int64_t deadline;  /* cx's, as it is without the lease */
    bool has_looked;   /* and so many attempts there were then: */
    int64_t attempts_seen;
    bool was_under_way;        /* an attempt had no outcome yet when we came */
    const char *client_secret; /* of the intent, if Stripe was asked, */
    const char *redirect_url;  /* and where its customer has to go, or NULL */
};

/*
 * Gets the order's payment and takes its lease, waiting a few seconds for
 * whoever has it. ERR_CONFLICT: somebody is still at it.
 *
 * With an order, to be paid: makes the payment where there is none; and one
 * that is all done is returned without its lease (has_lease is false).
 * Without: ERR_NOT_FOUND where there is none.
 */
enum err settlement_begin(struct ctx *cx, struct settlement *work,
                          const char *order_id,
                          const struct remote_order *order);

/* Takes the lease of a payment that was read. ERR_CONFLICT: it isn't free. */
enum err settlement_try(struct ctx *cx, struct settlement *work);

/*
 * Finds out what came of what is under way: sends a doubtful attempt again
 * with its own key, or asks Stripe for the intent. OK: it is known, or
 * nothing was under way. ERR_DECLINED: known, too.
 */
enum err settlement_settle(struct ctx *cx, struct settlement *work);

/* Asks Stripe for the intent and takes in what it says. */
enum err settlement_look(struct ctx *cx, struct settlement *work);

/*
 * The same where a person is to look into the intent, and nobody has closed
 * that: should Stripe say by now that all is well, as once the right key is set
 * again, it needs nobody any more. ERR_CONFLICT: it is as it was.
 */
enum err settlement_look_again(struct ctx *cx, struct settlement *work);

/*
 * Somebody says that there is news of an intent: asks Stripe, and takes in
 * what decides. An intent of the same order becomes the payment's own where it
 * has none. Beside its own one it is cancelled; one that has succeeded is noted
 * for review.
 */
enum err settlement_hear(struct ctx *cx, struct settlement *work,
                         const char *intent_id);

/* Sends the newest attempt's confirmation and takes in the answer. */
enum err settlement_submit(struct ctx *cx, struct settlement *work);

/*
 * Cancels the intent, if there is one that could still succeed. The payment's
 * state tells whether it was in time.
 */
enum err settlement_cancel(struct ctx *cx, struct settlement *work);

/*
 * Keeps the payment as it is now, and the lease for longer. Where it can't,
 * work->payment is as the store has it: what was changed is forgotten.
 */
enum err settlement_save(struct ctx *cx, struct settlement *work);

/*
 * After success: marks the order Paid, asks for the receipt; what is done is
 * not done again. ERR_CONFLICT: the order can't become Paid any more. What
 * couldn't be reached stays to be done, and is no error.
 */
enum err settlement_carry_out(struct ctx *cx, struct settlement *work);

/* True: something has changed, and has to be kept. */
typedef bool settlement_change_function(struct payment *payment,
                                        const void *arg);

/*
 * Makes a change that holds whatever else has happened meanwhile, and keeps
 * it, and the lease for longer: `make` is called again on the payment as it is
 * then. Tells the log of reviews that it has raised.
 */
enum err settlement_change(struct ctx *cx, struct settlement *work,
                           settlement_change_function *make, const void *arg);

/* Gives the lease back. */
void settlement_end(struct ctx *cx, struct settlement *work);

/* Gives it back, but so that nobody gets it for the next two seconds. */
void settlement_hold(struct ctx *cx, struct settlement *work);

#endif
