/*
 * The tests' way in, everything below /sandbox/. Not a part of any vendor.
 *
 * GET    /sandbox/ledger[?order_id=]      what was charged and mailed
 * GET    /sandbox/mails/{id}              a mail, byte by byte
 * *      /sandbox/faults                  misbehaviour, see faults.h
 * POST   /sandbox/intents/{id}/complete   the customer authenticates, or the
 *                                         bank pays at last
 * POST   /sandbox/intents/{id}/fail       neither does
 * DELETE /sandbox/tokens                  access tokens are expired from now
 * POST   /sandbox/clock {"advance": N}    N seconds pass, for keys and tokens
 */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

#include "http.h"

void control_serve(struct request *request, struct answer *answer);

/* {"error": why} */
void control_refuse(struct request *request, struct answer *answer,
                    unsigned status, const char *why);

#endif
