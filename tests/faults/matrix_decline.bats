#!/usr/bin/env bats
# The matrix of a card that is declined: nothing is charged, and the next card
# pays.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

prepare() {
    register_and_login && order_something
}

act() {
    pay pm_card_visa_chargeDeclined -H "Idempotency-Key: pay-$order_id" || true
}

settled() { is_at_rest; }

holds() {
    order_is Pending && [ "$(in_ledger '.charges | length')" = 0 ] &&
        has_mails 0
}

finish() { pay_in_the_end; }

@test "whatever fails while a card is declined: no charge, and another one pays" {
    run_matrix
}
