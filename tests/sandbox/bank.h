/*
 * The page that plays the bank of a customer who has to authenticate: it is
 * what next_action points to.
 *
 * GET  /sandbox/bank/{intent}            asks
 * POST /sandbox/bank/{intent}/approve    and /refuse: the customer answers;
 *                                        303 to the return_url if the intent
 *                                        was confirmed with one
 */
#ifndef SANDBOX_BANK_H
#define SANDBOX_BANK_H

#include "http.h"

void bank_serve(struct request *request, struct answer *answer);

#endif
