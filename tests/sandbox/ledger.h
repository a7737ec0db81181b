/* What was really charged and mailed, for the tests to ask. */
#ifndef SANDBOX_LEDGER_H
#define SANDBOX_LEDGER_H

#include "http.h"

/*
 * GET /sandbox/ledger[?order_id=][&brief=1]. The order narrows all but the
 * requests; brief leaves out the mails' raw bytes:
 *
 * charges   that took money; declined attempts and mere holds are none
 * mails     that were sent; order_id is their X-Till-Order
 * drafts    how many wait
 * intents   with their status; order_id is their metadata's
 * refunds   whatever their status; order_id is their charge's
 * disputes  likewise
 * requests  the last 1000 to a vendor; status is null while one is under way
 *           and 0 when it was dropped without an answer
 */
void ledger_serve(struct request *request, struct answer *answer);

/* GET /sandbox/mails/{id}: the message as it was sent, byte by byte. */
void ledger_mail(struct request *request, struct answer *answer,
                 const char *id);

#endif
