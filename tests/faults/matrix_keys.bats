#!/usr/bin/env bats
# The matrix of Idempotency-Keys that get no answer to keep: a refusal, and an
# outcome that isn't known.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

prepare() {
    register_and_login && order_something
}

notify() {
    api POST /api/notify "{\"user_id\":\"$user_id\",\"order_id\":\"$order_id\"}" \
        "$token" -H "Idempotency-Key: notify-$order_id"
}

act() {
    faults >/dev/null
    faults "[{\"order_id\":\"$order_id\",\"method\":\"POST\",
        \"path\":\"/v1/payment_intents/*/confirm\",\"status\":500},
        {\"order_id\":\"$order_id\",\"method\":\"GET\",
        \"path\":\"/v1/payment_intents/*\",\"status\":500}]" >/dev/null
    notify || true
    # the second takes the key over
    pay '' -H "Idempotency-Key: pay-$order_id" || true
    pay '' -H "Idempotency-Key: pay-$order_id" || true
}

settled() { is_at_rest; }
holds() { is_paid_or_not; }

# Without the keys, which a program that was killed holds for its lease; with
# them nothing more happens.
finish() {
    faults >/dev/null
    pay_in_the_end || return
    notify && pay '' -H "Idempotency-Key: pay-$order_id" && has_mails 1 &&
        pay_in_the_end
}

@test "whatever fails while a key gets no answer: one charge, one receipt" {
    run_matrix
}
