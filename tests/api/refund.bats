#!/usr/bin/env bats
# Refunds and cancelling, with the sandbox as Stripe: what was given back is
# asked of its ledger.

load ../lib.bash

setup_file() {
    till_start
    no_webhooks
    register_and_login
    till admin make-admin "$email" >/dev/null
    api POST /api/login "$(jq -nc --arg email "$email" \
        --arg password "$password" '{email: $email, password: $password}')"
    export admin=$(member .token)
}
teardown_file() { till_stop; }

setup() {
    register_and_login
    order_something
}

teardown() { faults; }

# refund [AMOUNT [CURL OPTION ...]]
refund() {
    local amount=${1:-}
    shift $(($# > 0))
    api POST /api/refund \
        "{\"order_id\":\"$order_id\"${amount:+,\"amount\":$amount}}" "$admin" "$@"
}

refunded() {
    ledger "$order_id" | jq '[.refunds[] | select(.status == "succeeded") | .amount] | add // 0'
}

mails() {
    ledger "$order_id" | jq '.mails | length'
}
has_mails() { [ "$(mails)" = "$1" ]; }

@test "an admin refunds a whole payment, and the order is Refunded" {
    pay
    refund
    expect 200 .status Succeeded
    [ "$(member .payment_id)" = "pay_$order_id" ]
    [ "$(refunded)" = 100000 ]
    order_is Refunded
    wait_for 10 has_mails 2
}

@test "parts may be refunded, never more than was paid" {
    pay
    refund 300
    expect 200 .status Succeeded
    order_is PartiallyRefunded
    refund '"200.50"'
    expect 200
    order_is PartiallyRefunded
    refund 500
    expect_problem 422 /amount
    refund 499.50
    expect 200
    order_is Refunded
    refund 0.01
    expect_problem 409
    [ "$(refunded)" = 100000 ]
    wait_for 10 has_mails 4
    api GET "/api/payment/$order_id" '' "$token"
    [ "$(member '[.refunds[].status] | unique | join(" ")')" = Succeeded ]
}

@test "what wasn't paid can't be refunded" {
    refund
    expect_problem 404
    pay pm_card_visa_chargeDeclined
    refund
    expect_problem 409
}

@test "only an admin refunds" {
    pay
    api POST /api/refund "{\"order_id\":\"$order_id\"}" "$token"
    expect_problem 403
    api POST /api/refund "{\"order_id\":\"$order_id\"}"
    expect_problem 401
    [ "$(refunded)" = 0 ]
}

@test "a bad amount is refused, and names the field" {
    pay
    for amount in 0 -1 0.001 '"x"' true null 1e400 100001 '[]'; do
        refund "$amount"
        [ "$status" = 422 ] || [ "$status" = 400 ]
        expect_problem "$status"
    done
    [ "$(refunded)" = 0 ]
}

@test "a refund whose answer is lost is made once" {
    for fault in '"drop":"after"' '"drop":"before"' '"status":500,"effect":true' \
        '"status":503' '"cut":20'; do
        order_something
        pay
        faults "[{\"method\":\"POST\",\"path\":\"/v1/refunds\",$fault}]"
        refund
        [ "$status" = 200 ] || expect 202 .status Processing
        wait_for 20 order_is Refunded
        [ "$(refunded)" = 100000 ]
        [ "$(ledger "$order_id" | jq '.refunds | length')" = 1 ]
    done
}

@test "a refund that Stripe failed to make, as it repeats for a day, has Failed" {
    pay
    # too much of it is given back in the dashboard, and Till hasn't heard of it
    curl -sSf -d "$(ledger "$order_id" |
        jq -c '{payment_intent: .charges[0].payment_intent, amount: 99900}')" \
        "$(sandbox_url)/sandbox/refunds"
    faults '[{"method":"POST","path":"/v1/refunds","status":500,"effect":true}]'
    refund 5
    expect_problem 409
    api GET "/api/payment/$order_id" '' "$token"
    [ "$(member '[.refunds[].status] | sort | join(" ")')" = 'Failed Succeeded' ]
    [ "$(refunded)" = 99900 ]
    refund 1
    expect 200 .status Succeeded
    order_is Refunded
}

@test "a refund that is killed on its way is made once" {
    pay
    faults '[{"method":"POST","path":"/v1/refunds","delay_ms":60000}]'
    refund &
    is_asked() {
        ledger | jq -e --arg key "till-pay_$order_id-refund-1" \
            'any(.requests[]; .idempotency_key == $key and .status == null)'
    }
    wait_for 5 is_asked
    kill -9 $(process_of payment-refund)
    wait
    faults
    wait_for 40 order_is Refunded
    [ "$(refunded)" = 100000 ]
    [ "$(ledger "$order_id" | jq '.refunds | length')" = 1 ]
}

@test "cancelling an order cancels its intent: it can't be charged afterwards" {
    pay pm_card_authenticationRequired
    expect 202
    api PATCH "/api/order/$order_id" '{"status":"Cancelled"}' "$token"
    expect 200 .status Cancelled
    [ "$(ledger "$order_id" | jq -r '.intents[0].status')" = canceled ]
    intent=$(ledger "$order_id" | jq -r '.intents[0].id')
    run curl -sSf -X POST "$(sandbox_url)/sandbox/intents/$intent/complete"
    [ "$(ledger "$order_id" | jq '.charges | length')" = 0 ]
    pay
    expect_problem 409
}

@test "an order that is paid can't be cancelled" {
    pay
    api PATCH "/api/order/$order_id" '{"status":"Cancelled"}' "$token"
    expect_problem 409
    order_is Paid
}

@test "an order for which the browser has gone on after a decline can't be cancelled" {
    pay pm_card_visa_chargeDeclined
    expect_problem 402
    intent=$(ledger "$order_id" | jq -r '.intents[0].id')
    curl -sSf -u sk_test_sandbox: -d payment_method=pm_usBankAccount_processing \
        "$(sandbox_url)/v1/payment_intents/$intent/confirm" >/dev/null
    api PATCH "/api/order/$order_id" '{"status":"Cancelled"}' "$token"
    expect_problem 409
    order_is Pending
    curl -sSf -X POST "$(sandbox_url)/sandbox/intents/$intent/complete" >/dev/null
    api GET "/api/payment/$order_id" '' "$token"
    expect 200 .status Succeeded
    order_is Paid
    [ "$(refunded)" = 0 ]
}

@test "an order whose charge has an open outcome can't be cancelled until it is known" {
    faults '[{"method":"POST","path":"/v1/payment_intents/*/confirm","drop":"after"},
             {"method":"GET","path":"/v1/payment_intents/*","status":500},
             {"method":"POST","path":"/v1/payment_intents/*/confirm","status":503},
             {"method":"GET","path":"/v1/payment_intents/*","status":500}]'
    pay
    api PATCH "/api/order/$order_id" '{"status":"Cancelled"}' "$token"
    [ "$status" = 503 ] || [ "$status" = 409 ]
    faults
    wait_for 40 order_is Paid
    [ "$(ledger "$order_id" | jq '.charges | length')" = 1 ]
}

@test "a success that comes for a cancelled order is given back, and the customer is told" {
    # the order is cancelled behind the payment service's back
    api POST /api/pay-order "{\"order_id\":\"$order_id\",\"confirm\":false}" "$token"
    intent=$(member .client_secret | sed 's/_secret_.*//')
    set_kept order orders status Cancelled id "$order_id"
    set_kept order orders version 9 id "$order_id"
    curl -sSf -u sk_test_sandbox: -d payment_method=pm_card_visa \
        "$(sandbox_url)/v1/payment_intents/$intent/confirm" >/dev/null
    api GET "/api/payment/$order_id" '' "$token"
    is_returned() { [ "$(refunded)" = 100000 ]; }
    wait_for 10 is_returned
    order_is Cancelled
    wait_for 10 has_mails 1
    api GET "/api/payment/$order_id" '' "$token"
    [ "$(member '.refunds | length')" = 1 ]
}

@test "a refund made in Stripe's dashboard shows, and moves the order" {
    pay
    intent=$(ledger "$order_id" | jq -r '.intents[0].id')
    curl -sSf -d payment_intent="$intent" -d amount=40000 -u sk_test_sandbox: \
        "$(sandbox_url)/v1/refunds" >/dev/null
    body_sent=$(jq -nc --arg intent "$intent" --argjson now "$(date +%s)" \
        '{id: "evt_dashboard_\($now)", object: "event", created: $now,
          livemode: false, type: "charge.refunded",
          data: {object: {id: "ch_1", object: "charge", payment_intent: $intent, metadata: {}}}}')
    now=$(date +%s)
    signature=$(printf '%s' "$now.$body_sent" |
        openssl dgst -sha256 -hmac whsec_sandbox -r | cut -d ' ' -f 1)
    api POST /api/stripe/webhook "$body_sent" '' \
        -H "Stripe-Signature: t=$now,v1=$signature"
    expect 200
    wait_for 10 order_is PartiallyRefunded
    wait_for 10 has_mails 2
}

@test "a part that is refunded before it is known that the order is Paid stays a part" {
    pay
    wait_for 10 has_mails 1
    # the order is Paid, and the answer that said so was lost
    if is_in_mongo payment; then
        set_kept payment payments effects.MarkPaid Pending order_id "$order_id"
    else
        sqlite3 -cmd '.timeout 2000' "$TILL_HOME/data/payment.db" \
            "UPDATE effects SET state = 'Pending'
             WHERE order_id = '$order_id' AND kind = 'MarkPaid'"
    fi
    refund 300
    expect 200 .status Succeeded
    wait_for 10 order_is PartiallyRefunded
    is_at_rest() {
        [ "$(kept payment payments due_at order_id "$order_id")" = 0 ]
    }
    wait_for 20 is_at_rest
    [ "$(refunded)" = 30000 ]
    order_is PartiallyRefunded
}

@test "a customer can't ask for a mail about a refund" {
    pay
    api POST /api/notify "{\"user_id\":\"$user_id\",\"order_id\":\"$order_id\",\"refund\":1,\"amount\":5}" "$token"
    expect_problem 403
    api POST /api/notify "{\"user_id\":\"$user_id\",\"order_id\":\"$order_id\",\"amount\":5}" "$token"
    expect_problem 403
}

# age_payment OLD NEW, age_order OLD NEW: gives it the id of an older order
age_payment() {
    local table
    if is_in_mongo payment; then
        mongo_rename payments "$1" "$2"
        return
    fi
    for table in payments attempts effects; do
        set_kept payment $table order_id "$2" order_id "$1"
    done
}

age_order() {
    if is_in_mongo order; then
        mongo_rename orders "$1" "$2"
    else
        set_kept order orders id "$2" id "$1"
    fi
}

# made_days_ago DAYS ORDER: the order and its payment get the id of an older one
made_days_ago() {
    local older
    # ids hold their time
    older=$(printf '%012x' $((($(date +%s) - $1 * 86400) * 1000)))
    order_id=${older:0:8}-${older:8:4}${2:13}
    age_payment "$2" "$order_id"
    age_order "$2" "$order_id"
}

@test "an order that nobody pays expires; a younger one doesn't, nor one whose customer is at the bank" {
    pay pm_card_authenticationRequired
    young=$order_id
    order_something
    at_bank_before=$order_id
    pay pm_card_authenticationRequired
    made_days_ago 9 "$at_bank_before"
    at_bank=$order_id
    order_something
    old=$order_id
    pay pm_card_authenticationRequired
    # tried after the one before it, as the newest come first
    made_days_ago 10 "$old"
    age_attempt "$order_id" 2
    set_kept payment turns next_at 1 name expiry
    wait_for 15 order_is Expired
    [ "$(ledger "$old" | jq -r '.intents[0].status')" = canceled ]
    pay
    expect_problem 409
    order_id=$young
    order_is Pending
    order_id=$at_bank
    order_is Pending
    intent=$(ledger "$at_bank_before" | jq -r '.intents[0].id')
    curl -sSf -X POST "$(sandbox_url)/sandbox/intents/$intent/complete" >/dev/null
    [ "$(ledger "$at_bank_before" | jq '.charges | length')" = 1 ]
}

@test "cancelling an order whose charge was never taken charges nobody" {
    faults '[{"method":"POST","path":"/v1/payment_intents/*/confirm","drop":"before"},
             {"method":"POST","path":"/v1/payment_intents/*/confirm","drop":"before"},
             {"method":"GET","path":"/v1/payment_intents/*","status":500}]'
    pay
    expect_problem 503
    faults
    api PATCH "/api/order/$order_id" '{"status":"Cancelled"}' "$token"
    # the worker may have been faster, with the charge's own key
    if [ "$status" = 200 ]; then
        [ "$(ledger "$order_id" | jq '.charges | length')" = 0 ]
        [ "$(ledger "$order_id" | jq -r '.intents[0].status')" = canceled ]
    else
        expect_problem 409
        wait_for 20 order_is Paid
    fi
}
