/*
 * notification-worker [--once]: mails what POST /api/notify has queued.
 *
 * Through Gmail's API where GMAIL_CLIENT_ID, GMAIL_CLIENT_SECRET,
 * GMAIL_REFRESH_TOKEN and EMAIL_USER are set; over SMTP where EMAIL_USER and
 * EMAIL_PASS are. With neither it says so and ends: receipts stay queued.
 *
 * As many as you like may run, on several machines with the same database.
 * --once ends when nothing is due any more, for cron. SIGTERM ends it after
 * the mail it is at, SIGHUP restarts it in place.
 */
#include "io/worker.h"
#include "notification/delivery.h"
#include "notification/outbox.h"

static struct arena *arena; /* holds the settings made out of several */
static struct delivery delivery;

static enum err
open(struct ctx *cx, struct db **ret_db)
{
    enum err err;

    if ((err = notification_store_open(cx, ret_db)))
        return err;
    arena = arena_create();
    delivery_open(arena, notification_store(), &delivery);
    return OK;
}

static enum err
turn(struct ctx *cx, bool *ret_is_idle)
{
    enum err err = delivery_turn(cx, &delivery, ret_is_idle);

    return err || !*ret_is_idle ? err : delivery_sweep(cx, &delivery);
}

static enum err
measure(struct ctx *cx)
{
    return outbox_measure(cx, notification_store());
}

static void
close(void)
{
    notification_store_close();
    arena_free(arena);
}

static const struct worker worker = {
    .name = "notification-worker",
    .open = open,
    .turn = turn,
    .measure = measure,
    .close = close,
};

int
main(int argc, char **argv)
{
    return worker_run(&worker, argc, argv);
}
