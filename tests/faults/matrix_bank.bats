#!/usr/bin/env bats
# The matrix of what comes later: the customer's bank has said yes, and Stripe
# tells so by webhook, until it gets its 200.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

prepare() {
    register_and_login && order_something || return
    api POST /api/pay-order \
        "{\"order_id\":\"$order_id\",\"payment_method\":\"pm_card_authenticationRequired\"}" "$token"
    expect 202 || return
    intent=$(in_ledger '.intents[0].id' | jq -r .)
    curl -sSf -X POST "$(sandbox_url)/sandbox/intents/$intent/complete" >/dev/null
}

deliver() {
    local event now
    now=$(date +%s)
    event=$(jq -nc --arg intent "$intent" --arg order "$order_id" --argjson now "$now" \
        '{id: "evt_\($intent)", object: "event", created: $now, livemode: false,
          type: "payment_intent.succeeded",
          data: {object: {id: $intent, object: "payment_intent", metadata: {order_id: $order}}}}')
    api POST /api/stripe/webhook "$event" '' -H "Stripe-Signature: t=$now,v1=$(
        printf '%s' "$now.$event" |
            openssl dgst -sha256 -hmac whsec_sandbox -r | cut -d ' ' -f 1
    )"
    [ "$status" = 200 ]
}

act() {
    wait_for 10 deliver
}

settled() {
    is_at_rest && [ "$(sql payment "SELECT count(*) FROM payments
        WHERE order_id = '$order_id' AND state = 'Succeeded'")" = 1 ]
}

holds() {
    order_is Paid && [ "$(in_ledger '.charges | length')" = 1 ] &&
        [ "$(in_ledger '.mails | length')" = 1 ]
}

finish() {
    paid() {
        api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token" &&
            [ "$status" = 200 ]
    }
    wait_for 10 paid && wait_for 20 settled && holds
}

@test "whatever fails after the bank's yes: one charge, Paid, one receipt" {
    run_matrix
}

@test "every durable write of events is a point of this matrix" {
    for work in "payment insert_event_work" "payment save_event_work"; do
        grep -qx "$work" "$BATS_FILE_TMPDIR/points"
    done
}
