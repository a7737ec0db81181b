#!/usr/bin/env bats
# The matrix of a success that comes when the order is Cancelled already: the
# money goes back, and the customer is told.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

# mailing has matrices of its own
elsewhere+='| notification | mongo_[a-z_]* (notification|mailbox)|/gmail/|/token$|/api/user/'

prepare() {
    register_and_login && order_something || return
    api POST /api/pay-order "{\"order_id\":\"$order_id\",\"confirm\":false}" "$token"
    expect 201 || return
    intent=$(in_ledger '.intents[0].id' | jq -r .)
    # behind the payment service's back
    set_kept order orders status Cancelled id "$order_id"
    set_kept order orders version 2 id "$order_id"
    curl -sSf -u sk_test_sandbox: -d payment_method=pm_card_visa \
        "$(sandbox_url)/v1/payment_intents/$intent/confirm" >/dev/null
}

act() {
    wait_for 10 deliver
}

settled() {
    is_at_rest && [ "$(sql payment "SELECT count(*) FROM refunds
        WHERE order_id = '$order_id' AND state = 'Succeeded'")" = 1 ]
}

holds() {
    order_is Cancelled && has_mails 1 &&
        [ "$(in_ledger '[.charges[].amount] == [100000]')" = true ] &&
        [ "$(in_ledger '[.refunds[].amount] == [100000]')" = true ]
}

finish() {
    pay
    [ "$status" = 409 ] && holds
}

@test "whatever fails after a late success: the money is given back once, with one mail" {
    run_matrix
}
