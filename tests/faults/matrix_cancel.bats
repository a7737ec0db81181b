#!/usr/bin/env bats
# The matrix of cancelling an order whose payment was begun.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

prepare() {
    register_and_login && order_something || return
    pay pm_card_authenticationRequired
    expect 202
}

act() {
    cancel || true
}

settled() {
    is_at_rest
}

# A Cancelled order can't be charged any more; nobody was charged.
holds() {
    [ "$(in_ledger '.charges | length')" = 0 ] || return
    case $(order_status) in
    Cancelled) [ "$(in_ledger '.intents[0].status' | jq -r .)" = canceled ] ;;
    Pending) true ;;
    *) false ;;
    esac
}

finish() {
    cancelled() { cancel && [ "$status" = 200 ]; }
    wait_for 10 cancelled && holds && order_is Cancelled
}

@test "whatever fails while an order is cancelled: nothing is charged afterwards" {
    run_matrix
}
