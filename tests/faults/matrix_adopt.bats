#!/usr/bin/env bats
# The matrix of an intent that somebody else has made and paid, for an order
# that was cancelled, with its own intent: it becomes the payment's own, with all
# that Stripe has of it, and the money goes back.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

# mailing has matrices of its own, and so has giving back what came too late
elsewhere+='| PATCH | POST /api/notify$|/api/order/|/v1/refunds|'
elsewhere+=' notification | mongo_[a-z_]* (notification|mailbox)|/gmail/|/token$|/api/user/'

prepare() {
    register_and_login && order_something || return
    pay pm_card_authenticationRequired
    expect 202 && cancel && expect 200 .status Cancelled || return
    # nobody waits until the payment may be worked on again
    set_kept payment payments lease_until 0 order_id "$order_id"
    set_kept payment payments due_at 0 order_id "$order_id"
    intent=$(pay_beside)
}

act() {
    wait_for 10 deliver
}

settled() {
    is_at_rest && [ "$(sql payment "SELECT count(*) FROM refunds
        WHERE order_id = '$order_id' AND state = 'Succeeded'")" = 1 ]
}

holds() {
    order_is Cancelled && has_mails 1 && intents_are canceled succeeded &&
        [ "$(in_ledger '[.refunds[].amount] == [100000]')" = true ]
}

finish() {
    pay
    expect 409 && holds
}

@test "whatever fails while an intent is heard of that paid a cancelled order: the money goes back once" {
    run_matrix
}
