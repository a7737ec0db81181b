#include "payment/retrying.h"

#include "base/clock.h"

/* How often a change that was overtaken is made anew. */
enum { TRIES = 16 };

enum err
payment_retry(struct ctx *cx, struct payment_store *store, const char *order_id)
{
    enum err err = OK;

    for (int i = 0; i < TRIES; i++) {
        struct payment *payment;

        ctx_forgive(cx); /* of the try before, which was overtaken */
        if ((err = store->get(cx, store, order_id, &payment)))
            return err;
        if (payment->due_at == 0)
            return fail(cx, ERR_CONFLICT, "nothing of its payment is open");
        /* whoever works on it has its lease, and leaves a due_at of their own
         */
        if (payment->lease_until > clock_now())
            return OK;
        payment->due_at = clock_now();
        if ((err = store->save(cx, store, payment)) != ERR_CONFLICT)
            return err;
    }
    return err;
}
