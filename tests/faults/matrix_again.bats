#!/usr/bin/env bats
# The matrix of Idempotency-Keys of an order that is paid already: an answer
# that is kept, a refusal, and a service that is away. Nothing happens twice.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

# only the keys are this flow's
elsewhere+='|/(api|v1|gmail)/|/token$| payment (insert|save)_work| notification (insert|claim|update|put_mailbox)_work| mongo_[a-z_]* (order|payments|notifications|mailboxes)'

# two orders, one of which is paid
prepare() {
    register_and_login && order_something || return
    unpaid=$order_id
    order_something || return
    pay
    expect 200 && wait_for 20 has_mails 1 && wait_for 20 is_at_rest
}

# notify ORDER: with a key of its own
notify() {
    api POST /api/notify "{\"user_id\":\"$user_id\",\"order_id\":\"$1\"}" \
        "$token" -H "Idempotency-Key: notify-$1"
}

refused() {
    api POST /api/pay-order \
        "{\"order_id\":\"$order_id\",\"payment_method\":7}" "$token" \
        -H "Idempotency-Key: refused-$order_id"
}

act() {
    local show=$TILL_HOME/run/order-show.sock
    notify "$order_id" || true
    refused || true
    # and with the process go the connections that nginx keeps
    mv "$show" "$show.away"
    wait_for 5 process_of order-show >/dev/null
    kill -9 "$(process_of order-show)"
    notify "$unpaid" || true # which asks for the order
    mv "$show.away" "$show"
    notify "$unpaid" || true # takes the key over, and is refused
}

settled() { is_at_rest; }

holds() {
    order_is Paid && has_mails 1 &&
        [ "$(in_ledger '[.charges[].amount] == [100000]')" = true ]
}

# 409: a program that was killed holds a key for its lease.
finish() {
    is_told() { notify "$order_id" && [[ $status = 200 || $status = 409 ]]; }
    is_refused() { refused && [[ $status = 422 || $status = 409 ]]; }
    wait_for 10 is_refused && wait_for 10 is_told || return
    [ "$status" = 409 ] || [ "$(member .id)" = "receipt_$order_id" ] || return
    notify "$unpaid" && expect 409 && holds && pay_in_the_end
}

@test "whatever fails while a paid order's keys are used: no charge, no mail more" {
    run_matrix
}
