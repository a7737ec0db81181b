/*
 * payment-worker: finishes what was interrupted, though no customer asks
 * again. Asks Stripe about what its webhooks told, and what they didn't tell
 * while they couldn't be delivered. Takes up each payment whose time has come
 * and that nobody works on: finds out what came of a doubtful attempt or
 * refund, with its own key; asks Stripe for payments that wait for a bank;
 * marks orders Paid and asks for mails where the other service was away. Lets
 * orders expire that nobody pays.
 *
 * As many as you like may run, on several machines with the same database.
 * --once ends when nothing is due any more, for cron. SIGTERM ends it after
 * the payment it is at, SIGHUP restarts it in place.
 */
#include "payment_json.h"

#include "io/worker.h"
#include "payment/catch_up.h"
#include "payment/expiry.h"
#include "payment/inbox.h"

/* News first: they may settle what is due. */
static enum err
turn(struct ctx *cx, bool *ret_is_idle)
{
    enum err err = inbox_turn(cx, payment_store(), ret_is_idle);

    if (!err && *ret_is_idle)
        err = checkout_resume(cx, payment_store(), ret_is_idle);
    if (!err && *ret_is_idle)
        err = catch_up_turn(cx, payment_store(), ret_is_idle);
    if (!err && *ret_is_idle)
        err = expiry_turn(cx, payment_store(), ret_is_idle);
    return err;
}

static const struct worker worker = {
    .name = "payment-worker",
    .open = payment_open,
    .turn = turn,
    .close = payment_store_close,
};

int
main(int argc, char **argv)
{
    return worker_run(&worker, argc, argv);
}
