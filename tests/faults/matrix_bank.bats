#!/usr/bin/env bats
# The matrix of what comes later: the customer's bank has said yes, and Stripe
# tells so by webhook, until it gets its 200.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

prepare() {
    register_and_login && order_something || return
    pay pm_card_authenticationRequired
    expect 202 || return
    intent=$(in_ledger '.intents[0].id' | jq -r .)
    curl -sSf -X POST "$(sandbox_url)/sandbox/intents/$intent/complete" >/dev/null
}

act() {
    wait_for 10 deliver
}

settled() {
    is_at_rest && [ "$(sql payment "SELECT count(*) FROM payments
        WHERE order_id = '$order_id' AND state = 'Succeeded'")" = 1 ]
}

holds() {
    order_is Paid && [ "$(in_ledger '.charges | length')" = 1 ] && has_mails 1
}

finish() { pay_in_the_end; }

@test "whatever fails after the bank's yes: one charge, Paid, one receipt" {
    run_matrix
}
