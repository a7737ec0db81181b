/*
 * Google's side: the token endpoint (RFC 6749, section 6) and the part of the
 * Gmail API that sends mail (developers.google.com/gmail/api/reference/rest).
 */
#ifndef SANDBOX_GOOGLE_H
#define SANDBOX_GOOGLE_H

#include "faults.h"
#include "http.h"

/* Below /gmail/v1/ and /upload/gmail/v1/, and /token. */
void google_serve(struct request *request, const struct fault *fault,
                  struct answer *answer);

/* Answers with the fault's status, and its body or Google's own for it. */
void google_fault(struct request *request, const struct fault *fault,
                  struct answer *answer);

/* Google's error object as the answer; always false. */
bool google_refuse(struct request *request, struct answer *answer,
                   unsigned status, const char *message);

/* POST /token. Inside a transaction. */
void token_serve(struct request *request, struct answer *answer);

/* Whether the request carries a living access token, else the 401. */
bool token_check(struct request *request, struct answer *answer);

/*
 * A call of the Gmail API with a good token, inside a transaction; false when
 * it was refused, so that nothing may have changed.
 */
bool gmail_serve(struct request *request, struct answer *answer);

#endif
