/* Which rule waits for a request. */
#ifndef SANDBOX_FAULTS_MATCH_H
#define SANDBOX_FAULTS_MATCH_H

#include "http.h"

/*
 * Uses up a turn of the first that fits; NULL: none. Inside a transaction, so
 * that the turn is gone even if the sandbox is killed before it answers.
 */
const cJSON *rule_take(const struct request *request);

#endif
