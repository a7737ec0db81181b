/*
 * A webhook endpoint that takes whatever comes, for tests of what is sent.
 *
 * POST   /sandbox/inbox[/{status}]    keeps it; answers 200, or the status
 * GET    /sandbox/inbox               [{"signature", "body"}], in order
 * DELETE /sandbox/inbox               forgets them
 */
#ifndef SANDBOX_INBOX_H
#define SANDBOX_INBOX_H

#include "http.h"

void inbox_serve(struct request *request, struct answer *answer);

#endif
