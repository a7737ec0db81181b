/* What was really charged and mailed, for the tests to ask. */
#ifndef SANDBOX_LEDGER_H
#define SANDBOX_LEDGER_H

#include "http.h"

/* GET /sandbox/ledger[?order_id=] */
void ledger_serve(struct request *request, struct answer *answer);

/* GET /sandbox/mails/{id}: the message as it was sent, byte by byte. */
void ledger_mail(struct request *request, struct answer *answer,
                 const char *id);

#endif
