/* The tests' way in, everything below /sandbox/. Not a part of any vendor. */
#ifndef SANDBOX_CONTROL_H
#define SANDBOX_CONTROL_H

#include "http.h"

void control_serve(struct request *request, struct answer *answer);

/* {"error": why} */
void control_refuse(struct request *request, struct answer *answer,
                    unsigned status, const char *why);

#endif
