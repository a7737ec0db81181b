/*
 * The frame round every request for a vendor: it is written down on arrival
 * and again when it is answered, and the faults that wait for it happen.
 */
#ifndef SANDBOX_VENDOR_H
#define SANDBOX_VENDOR_H

#include "http.h"

void vendor_serve(struct request *request, struct answer *answer);

#endif
