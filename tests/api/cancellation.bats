# An order that is cancelled while somebody pays it: whoever comes later, it is
# not charged afterwards.
# shellcheck disable=SC2154  # variables of lib.bash

load ../lib.bash
load ../tools.bash

setup_file() { till_start PAYMENT_LEASE=5; }
teardown_file() { till_stop; }

setup() {
    register_and_login
    order_something
}

teardown() {
    faults
    webhooks '{}'
}

# webhooks JSON [/flush]
webhooks() {
    curl -sSf -m 30 -d "$1" "$(sandbox_url)/sandbox/webhook${2:-}"
}

# As when the order service wrote it in the very moment in which a payment that
# it had not heard of was begun.
cancel_unheard() {
    api PATCH "/api/order/$order_id" '{"status":"Cancelled"}' \
        "$(service_token payment)"
    expect 200 .status Cancelled
}

# The last intent of this order is in this state, and nothing was charged.
expect_intent() {
    [ "$(ledger "$order_id" | jq -r '.intents[-1].status')" = "$1" ] &&
        [ "$(ledger "$order_id" | jq '.charges | length')" = 0 ]
}

# is_asked PATH: Stripe has a request that ends so, and hasn't answered it
is_asked() {
    ledger | jq -e --arg path "$1" \
        'any(.requests[]; .status == null and (.path | endswith($path)))'
}

@test "a payment that waits while its order is cancelled charges nothing" {
    pay pm_card_authenticationRequired
    expect 202
    faults '[{"method":"POST","path":"*/cancel","delay_ms":1000}]'
    cancel &
    wait_for 5 is_asked /cancel
    pay pm_card_visa
    expect 409
    wait
    expect_intent canceled
    api GET "/api/order/$order_id" '' "$token"
    expect 200 .status Cancelled
}

@test "an order that is cancelled while Stripe is asked leaves nothing to approve" {
    faults '[{"method":"POST","path":"*/confirm","delay_ms":60000}]'
    pay pm_card_authenticationRequired &
    wait_for 5 is_asked /confirm
    cancel_unheard
    faults
    wait $!
    wait_for 5 expect_intent canceled
    pay pm_card_visa
    expect 409
    expect_intent canceled
}

@test "what waits for the bank is cancelled by whoever looks, if its order is over" {
    pay pm_card_authenticationRequired
    expect 202
    cancel_unheard
    api GET "/api/payment/$order_id" '' "$token"
    expect 200 .status Canceled
    expect_intent canceled
}

@test "what can't be cancelled at once is cancelled though nobody looks again" {
    webhooks '{"hold":true}'
    pay pm_card_authenticationRequired
    expect 202
    cancel_unheard
    faults '[{"method":"POST","path":"*/cancel","status":503}]'
    api GET "/api/payment/$order_id" '' "$token"
    expect 200 .status RequiresAction
    wait_for 20 expect_intent canceled
}

@test "a webhook of a payment whose order is over has it cancelled" {
    webhooks '{"hold":true}'
    pay pm_card_authenticationRequired
    expect 202
    cancel_unheard
    webhooks '{}' /flush
    wait_for 20 expect_intent canceled
}
