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
#include "payment/backlog.h"
#include "payment/catch_up.h"
#include "payment/expiry.h"
#include "payment/inbox.h"

typedef enum err turn_function(struct ctx *cx, struct payment_store *store,
                               bool *ret_is_idle);

/* News first: they may settle what is due. */
static turn_function *const kinds[] = { inbox_turn, checkout_resume,
                                        catch_up_turn, expiry_turn };

/*
 * One piece of each kind: one that has no end, as events in a busy shop, keeps
 * no other waiting; nor does one that fails.
 */
static enum err
turn(struct ctx *cx, bool *ret_is_idle)
{
    enum err first = OK;

    *ret_is_idle = true;
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
        struct ctx own = *cx;
        bool is_idle = true;
        enum err err = kinds[i](&own, payment_store(), &is_idle);

        *ret_is_idle = *ret_is_idle && is_idle;
        if (!err || first)
            continue;
        first = err;
        cx->fault = own.fault;
        cx->cause = own.cause;
    }
    return first;
}

static enum err
measure(struct ctx *cx)
{
    return backlog_measure(cx, payment_store());
}

static const struct worker worker = {
    .name = "payment-worker",
    .open = payment_open,
    .turn = turn,
    .measure = measure,
    .close = payment_store_close,
};

int
main(int argc, char **argv)
{
    return worker_run(&worker, argc, argv);
}
