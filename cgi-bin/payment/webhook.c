/*
 * POST /api/stripe/webhook: what Stripe tells of its own accord.
 *
 * Who     Stripe, by its signature
 * In      an event (docs.stripe.com/api/events), and Stripe-Signature over
 *         its raw bytes, made with STRIPE_WEBHOOK_SECRET in the last 300 s
 * Out     200 the event is kept; payment-worker follows it up
 *         400 the signature doesn't fit or is too old, or it isn't an event
 *         503 it could not be kept, or no secret is set: Stripe tries again
 * Again   the same event is kept once
 */
#include "payment_json.h"

#include "payment/inbox.h"

static enum err
open_all(struct ctx *cx, struct db **ret_db)
{
    stripe_event_init();
    return payment_open(cx, ret_db);
}

static enum err
handle(struct ctx *cx, const struct request *request, struct reply *reply)
{
    struct writer *writer;
    bool is_ours;
    enum err err;

    if ((err = inbox_receive(cx, payment_store(), request->stripe_signature,
                             request->body, request->body_size, &is_ours)))
        return err;
    writer = reply_json(reply, HTTP_OK);
    writer_object(writer, NULL);
    writer_bool(writer, "received", is_ours);
    writer_object_end(writer);
    return OK;
}

static const struct app app = {
    .name = "payment-webhook",
    .method = "POST",
    .path = "/api/stripe/webhook",
    .callers = ANYONE,
    .body_max = 256 * KIB,
    .open = open_all,
    .handle = handle,
    .close = payment_store_close,
};

int
main(void)
{
    return app_run(&app);
}
