#include "notification/attempt.h"

#include <string.h>

#include "base/clock.h"
#include "io/worker.h"

/* Keeps what the attempt has come to, and begins its lease anew. */
static enum err
keep(struct ctx *cx, struct attempt *attempt)
{
    const struct delivery *delivery = attempt->delivery;
    struct notification *it = attempt->it;
    enum err err;

    it->due_at = worker_begin_lease(cx, delivery->lease);
    it->updated_at = clock_now();
    err = delivery->store->update(cx, delivery->store, it);
    if (!err)
        it->version++;
    /* if it was kept after all, its version overtakes what we do from here */
    return err == ERR_UNKNOWN_OUTCOME ? ERR_UNAVAILABLE : err;
}

bool
attempt_has_drafts(const struct attempt *attempt)
{
    return attempt->delivery->gateway.draft != NULL;
}

bool
attempt_can_settle(const struct attempt *attempt)
{
    const struct notification *it = attempt->it;

    return attempt_has_drafts(attempt) && it->draft_id && it->mailbox &&
           !strcmp(it->mailbox, attempt->delivery->gateway.name);
}

static void
forget_draft(struct attempt *attempt)
{
    attempt->it->draft_id = NULL;
    attempt->it->send_started_at = 0;
    attempt->was_started = false;
}

static enum err
compose(struct ctx *cx, struct attempt *attempt, struct parcel *ret_parcel)
{
    const struct delivery *delivery = attempt->delivery;
    struct sender sender = { delivery->gateway.from, delivery->shop_name };
    struct receipt receipt;
    struct mail mail;
    enum err err;

    if ((err = delivery->look_up(cx, attempt->it, &receipt)))
        return err;
    mail = receipt_mail(cx, &receipt, delivery->shop_name, delivery->shop_url);
    ret_parcel->to = mail.to;
    return mail_compose(cx, &sender, &mail, &ret_parcel->bytes,
                        &ret_parcel->size);
}

/* Makes a draft and keeps its id, before anything is sent. */
static enum err
make_draft(struct ctx *cx, struct attempt *attempt, const struct parcel *parcel)
{
    const struct mail_gateway *gateway = &attempt->delivery->gateway;
    const char *draft_id;
    enum err err;

    if ((err = gateway->draft(cx, gateway, parcel, &draft_id)))
        return err;
    attempt->it->draft_id = draft_id;
    err = keep(cx, attempt);
    if (err == ERR_CONFLICT) /* somebody else makes one of their own */
        (void)gateway->discard(cx, gateway, draft_id);
    return err;
}

/* What there is to send: the draft of before, or a new one, or the mail. */
static enum err
prepare(struct ctx *cx, struct attempt *attempt, struct parcel *ret_parcel)
{
    enum err err;

    if (attempt_can_settle(attempt))
        return OK;
    /* without drafts it is kept since when there is a doubt */
    if (attempt_has_drafts(attempt) || !attempt->was_started)
        forget_draft(attempt);
    attempt->it->mailbox = attempt->delivery->gateway.name;
    if ((err = compose(cx, attempt, ret_parcel)) ||
        !attempt_has_drafts(attempt))
        return err;
    return make_draft(cx, attempt, ret_parcel);
}

static enum err
start_send(struct ctx *cx, struct attempt *attempt)
{
    enum err err;

    if (attempt->was_started)
        return OK;
    attempt->it->send_started_at = clock_now();
    if ((err = keep(cx, attempt)))
        attempt->it->send_started_at = 0;
    return err;
}

enum err
attempt_send(struct ctx *cx, struct attempt *attempt)
{
    const struct mail_gateway *gateway = &attempt->delivery->gateway;
    struct parcel parcel = { 0 };
    enum err err;

    if ((err = prepare(cx, attempt, &parcel)) ||
        (err = start_send(cx, attempt)))
        return err;
    err = gateway->send(cx, gateway, attempt->it->draft_id, &parcel);
    if (err == ERR_NOT_FOUND && attempt->was_started) {
        ctx_forgive(cx);
        return OK; /* the send before has done it */
    }
    if (err == ERR_NOT_FOUND) { /* somebody has deleted the draft */
        forget_draft(attempt);
        return ERR_UNAVAILABLE;
    }
    /* a refusal proves that this send, the first one, did nothing */
    if (err && err != ERR_UNKNOWN_OUTCOME && !attempt->was_started)
        attempt->it->send_started_at = 0;
    return err;
}
