/*
 * The tests' way in, everything below /sandbox/. Not a part of any vendor.
 *
 * GET    /sandbox/ledger[?order_id=]      what was charged and mailed
 * GET    /sandbox/mails/{id}              a mail, byte by byte
 * *      /sandbox/faults                  misbehaviour, see faults.h
 * POST   /sandbox/intents/{id}/complete   the customer authenticates, or the
 *                                         bank pays at last
 * POST   /sandbox/intents/{id}/fail       neither does
 * POST   /sandbox/intents/{id}/distort {...}
 *                                         Stripe is mistaken: these members
 *                                         stand in place of the intent's own
 * *      /sandbox/bank/{intent}           the same as a page, see bank.h
 * POST   /sandbox/refunds {...}           a refund made in the dashboard: the
 *                                         members are those of /v1/refunds
 * POST   /sandbox/refunds/{id}/succeed    the bank has paid it out
 * POST   /sandbox/refunds/{id}/fail       it couldn't; also after a success
 * POST   /sandbox/disputes {"payment_intent" or "charge", "reason"}
 *                                         the card's holder disputes
 * POST   /sandbox/disputes/{id}/win       for the shop, which keeps the money
 * POST   /sandbox/disputes/{id}/lose
 * *      /sandbox/webhook...              see webhook_control.c
 * *      /sandbox/inbox                   a webhook to try it with, inbox.h
 * DELETE /sandbox/tokens                  access tokens are expired from now
 * POST   /sandbox/tokens/revoke           nor can there be new ones, until
 * POST   /sandbox/tokens/restore
 * POST   /sandbox/clock {"advance": N}    N seconds pass, for keys, tokens,
 *                                         refunds and webhooks
 */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

#include "http.h"

void control_serve(struct request *request, struct answer *answer);

/* What happens to money outside of the API; false: there's no such route. */
bool control_money(struct request *request, struct answer *answer);

/* {"error": why} */
void control_refuse(struct request *request, struct answer *answer,
                    unsigned status, const char *why);

#endif
