/*
 * payment-worker: finishes what was interrupted, though no customer asks
 * again. Takes up each payment whose time has come and that nobody works on:
 * finds out what came of a doubtful attempt, with its own key; asks Stripe
 * for payments that wait for a bank; marks orders Paid and asks for receipts
 * where the other service was away.
 *
 * As many as you like may run, on several machines with the same database.
 * --once ends when nothing is due any more, for cron. SIGTERM ends it after
 * the payment it is at, SIGHUP restarts it in place.
 */
#include "payment_json.h"

#include "io/worker.h"

static enum err
turn(struct ctx *cx, bool *ret_is_idle)
{
    return checkout_resume(cx, payment_store(), ret_is_idle);
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
