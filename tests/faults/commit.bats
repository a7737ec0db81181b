#!/usr/bin/env bats
# A disk that is full when all the work of a write has run, and only its commit
# is left: the caller is told, and nothing is kept.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }
settled() { is_at_rest; }

setup() {
    register_and_login && order_something
    rm -f "$TILL_HOME/fault"
}

# full_at POINT
full_at() { echo "full 1 $1" >"$TILL_HOME/fault"; }

kept() {
    stored payment "SELECT order_id FROM $1 WHERE $2" | jq length
}

@test "a program of one thread: Stripe gets a 503, and tells again" {
    local type=payment_intent.processing
    local object='{"id":"pi_nobody","object":"payment_intent","metadata":{}}'
    intent=$order_id
    full_at 'before payment commit'
    deliver $type "$object" || true
    expect_problem 503
    [ ! -s "$TILL_HOME/fault" ]
    [ "$(kept events "id = 'evt_$intent$type'")" = 0 ]
    deliver $type "$object"
    [ "$(kept events "id = 'evt_$intent$type'")" = 1 ]
}

@test "a program with threads: the customer gets a 503, and Stripe isn't asked" {
    full_at 'commit payment insert_work'
    pay
    expect_problem 503
    [ ! -s "$TILL_HOME/fault" ]
    [ "$(kept payments "order_id = '$order_id'")" = 0 ]
    [ "$(in_ledger '.intents | length')" = 0 ]
    pay_in_the_end
}
