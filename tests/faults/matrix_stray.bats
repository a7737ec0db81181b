#!/usr/bin/env bats
# The matrix of intents beside the order's own one. The first was made by a try
# to pay whose answer was lost, and Stripe has forgotten its key since: it is
# cancelled. The second was paid, by somebody in Stripe's dashboard, or before a
# backup was restored: nothing more is charged until a person has given it back.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

# a person has given the second back
expected=('2 successful charges' 'charged by %' 're_% Till has it as nothing'
    'Paid, but charged 200000 and refunded 100000' 'Stray needs a person%')

hand_out() {
    api POST /api/pay-order "{\"order_id\":\"$order_id\",\"confirm\":false}" "$token"
}

# An intent that was lost, the order's own, and one that was paid.
prepare() {
    register_and_login && order_something || return
    faults "[{\"order_id\":\"$order_id\",\"method\":\"POST\",
        \"path\":\"/v1/payment_intents\",\"drop\":\"after\",\"times\":50}]" >/dev/null
    hand_out
    expect 503 || return
    faults >/dev/null
    lost=$(in_ledger '.intents[0].id' | jq -r .)
    curl -sSf -d '{"advance":90000}' "$(sandbox_url)/sandbox/clock" >/dev/null
    hand_out
    expect 201 || return
    paid=$(pay_beside)
}

act() {
    intent=$lost
    wait_for 10 deliver payment_intent.created
    intent=$paid
    wait_for 10 deliver
}

settled() { is_at_rest && [ "$(reviews)" = 1 ]; }

holds() {
    order_is Pending && has_mails 0 &&
        intents_are canceled requires_payment_method succeeded
}

finish() {
    pay
    expect 409 && holds || return
    stripe refunds -d payment_intent="$paid" >/dev/null &&
        till admin resolve "$order_id" --note 'that one is given back' || return
    pay
    expect 200 .status Paid && wait_for 20 has_mails 1 && wait_for 20 settled &&
        has_mails 1 && order_is Paid &&
        intents_are canceled succeeded succeeded
}

@test "whatever fails while strays are heard of: no second charge, none forgotten" {
    run_matrix
}
