#!/usr/bin/env bats
# Stripe's webhooks: who is believed, and what comes of what is told.

load ../lib.bash

secret=whsec_sandbox

# what comes here, comes from these tests
setup_file() { till_start && no_webhooks; }
teardown_file() { till_stop; }

# event TYPE OBJECT-JSON [LIVEMODE]: leaves an envelope with an id of its own
# in $envelope, its id in $event_id
event() {
    event_id=evt_$RANDOM$RANDOM$RANDOM
    envelope=$(jq -nc --arg id "$event_id" --arg type "$1" --argjson object "$2" \
        --argjson livemode "${3:-false}" --argjson now "$(date +%s)" \
        '{id: $id, object: "event", api_version: "2026-07-29.dahlia",
          created: $now, data: {object: $object}, livemode: $livemode,
          pending_webhooks: 1, request: {id: null, idempotency_key: null},
          type: $type}')
}

# sign BODY [SECRET [TIME]]: v1 of Stripe-Signature
sign() {
    printf '%s' "${3:-$(date +%s)}.$1" |
        openssl dgst -sha256 -hmac "${2:-$secret}" -r | cut -d ' ' -f 1
}

# deliver BODY [SIGNATURE HEADER]
deliver() {
    local now
    now=$(date +%s)
    api POST /api/stripe/webhook "$1" '' \
        -H "Stripe-Signature: ${2:-t=$now,v1=$(sign "$1" "$secret" "$now")}"
}

in_events() {
    kept payment events id id "$1" | wc -l
}

@test "an event that Stripe has signed is kept, and answered 200" {
    event customer.created '{"id":"cus_1","object":"customer"}'
    deliver "$envelope"
    expect 200 .received true
    [ "$(in_events "$event_id")" = 1 ]
}

@test "the same event again is kept once" {
    event customer.created '{"id":"cus_1","object":"customer"}'
    for i in 1 2 3; do
        deliver "$envelope"
        expect 200
    done
    [ "$(in_events "$event_id")" = 1 ]
}

@test "who can't sign is not believed" {
    event customer.created '{"id":"cus_1","object":"customer"}'
    now=$(date +%s)
    right=$(sign "$envelope" "$secret" "$now")
    for header in "t=$now,v1=$(sign "$envelope" whsec_other "$now")" \
        "t=$((now + 1)),v1=$right" "v1=$right" "t=$now" "t=$now,v0=$right" \
        "t=$now,v1=" "t=x,v1=$right" "t=$now,v1=${right}00" \
        "t=$now,v1=${right%?}" nonsense; do
        deliver "$envelope" "$header"
        expect_problem 400
    done
    api POST /api/stripe/webhook "$envelope"
    expect_problem 400
    deliver "${envelope/cus_1/cus_2}" "t=$now,v1=$right"
    expect_problem 400
    [ "$(in_events "$event_id")" = 0 ]
}

@test "a signature older than 300 seconds is refused" {
    event customer.created '{"id":"cus_1","object":"customer"}'
    old=$(($(date +%s) - 310))
    deliver "$envelope" "t=$old,v1=$(sign "$envelope" "$secret" "$old")"
    expect_problem 400
    recent=$(($(date +%s) - 250))
    deliver "$envelope" "t=$recent,v1=$(sign "$envelope" "$secret" "$recent")"
    expect 200
}

@test "any of several v1 signatures will do" {
    event customer.created '{"id":"cus_1","object":"customer"}'
    now=$(date +%s)
    deliver "$envelope" "t=$now,v1=$(sign "$envelope" whsec_old "$now"),v1=$(sign "$envelope" "$secret" "$now"),v0=x"
    expect 200
}

@test "what is signed but not an event is 400" {
    for envelope in '{}' '[]' 'null' '{"id":"evt_1"}' '{"id":1,"type":"x","created":1,"data":{"object":{}}}' '{'; do
        deliver "$envelope"
        expect_problem 400
    done
}

@test "an event of the other mode is answered, and does nothing" {
    event customer.created '{"id":"cus_1","object":"customer"}' true
    deliver "$envelope"
    expect 200 .received false
    [ "$(in_events "$event_id")" = 0 ]
}

@test "an event about a payment that isn't ours is dealt with" {
    event payment_intent.succeeded '{"id":"pi_stranger","object":"payment_intent","metadata":{}}'
    deliver "$envelope"
    expect 200
    is_dealt_with() {
        [ "$(kept payment events due_at id "$event_id")" = 0 ]
    }
    wait_for 10 is_dealt_with
}

@test "what the customer's bank says by webhook sets the order Paid" {
    register_and_login
    order_something
    api POST /api/pay-order "{\"order_id\":\"$order_id\",\"payment_method\":\"pm_card_authenticationRequired\"}" "$token"
    expect 202
    intent=$(ledger "$order_id" | jq -r '.intents[0].id')
    curl -sSf -X POST "$(sandbox_url)/sandbox/intents/$intent/complete"
    event payment_intent.succeeded "{\"id\":\"$intent\",\"object\":\"payment_intent\",\"metadata\":{\"order_id\":\"$order_id\"}}"
    deliver "$envelope"
    expect 200
    wait_for 10 order_is Paid
}

@test "an event that lies changes nothing: Stripe is asked" {
    register_and_login
    order_something
    api POST /api/pay-order "{\"order_id\":\"$order_id\",\"payment_method\":\"pm_card_visa_chargeDeclined\"}" "$token"
    expect 402
    intent=$(ledger "$order_id" | jq -r '.intents[0].id')
    event payment_intent.succeeded "{\"id\":\"$intent\",\"object\":\"payment_intent\",\"amount_received\":100000,\"status\":\"succeeded\",\"metadata\":{\"order_id\":\"$order_id\"}}"
    deliver "$envelope"
    expect 200
    is_dealt_with() {
        [ "$(kept payment events outcome id "$event_id")" = heard ]
    }
    wait_for 10 is_dealt_with
    order_is Pending
}

# make_intent ORDER: a PaymentIntent that Till doesn't know: $stray
make_intent() {
    stray=$(curl -sSf -u sk_test_sandbox: -d amount=100000 -d currency=usd \
        -d 'payment_method_types[]=card' -d "metadata[order_id]=$1" \
        "$(sandbox_url)/v1/payment_intents" | jq -r .id)
}

stray_status() {
    curl -sSf -u sk_test_sandbox: "$(sandbox_url)/v1/payment_intents/$stray" |
        jq -r .status
}

tell_of_stray() {
    event payment_intent.created "$(jq -nc --arg id "$stray" --arg order "$1" \
        '{id: $id, object: "payment_intent", metadata: {order_id: $order}}')"
    deliver "$envelope"
    expect 200
}

stray_is() { [ "$(stray_status)" = "$1" ]; }

is_dealt_with() {
    [ "$(kept payment events due_at id "$event_id")" = 0 ]
}

@test "an intent beside the order's own is cancelled, and the order is paid by its own" {
    register_and_login
    order_something
    api POST /api/pay-order "{\"order_id\":\"$order_id\",\"confirm\":false}" "$token"
    expect 201
    make_intent "$order_id"
    tell_of_stray "$order_id"
    wait_for 15 stray_is canceled
    api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token"
    expect 200 .status Paid
    [ "$(ledger "$order_id" | jq '[.charges[].amount] == [100000]')" = true ]
}

@test "an intent that comes before the order's own, or of an order unknown, is left alone" {
    register_and_login
    order_something
    faults '[{"method":"POST","path":"/v1/payment_intents","drop":"before"},
             {"method":"POST","path":"/v1/payment_intents","drop":"before"}]'
    api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token"
    expect_problem 503
    for order in "$order_id" 01a20e00-0000-7000-8000-000000000000; do
        make_intent "$order"
        tell_of_stray "$order"
        wait_for 15 is_dealt_with
        stray_is requires_payment_method
    done
}

@test "what no webhook brought is caught up with: a refund made in Stripe's dashboard" {
    register_and_login
    order_something
    api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token"
    expect 200
    intent=$(ledger "$order_id" | jq -r '.intents[0].id')
    curl -sSf -d payment_intent="$intent" -d amount=40000 -u sk_test_sandbox: \
        "$(sandbox_url)/v1/refunds" >/dev/null
    # the next look is due now, not in five minutes
    set_kept payment turns next_at 1 name events
    wait_for 15 order_is PartiallyRefunded
}

@test "of what no webhook brought only what is about payments is asked for" {
    register_and_login
    order_something
    api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token"
    expect 200
    set_kept payment turns next_at 1 name events
    kinds() { kept payment events type order_id "$order_id" | sort -u; }
    has_come() { kinds | grep -qx "$1"; }
    wait_for 15 has_come payment_intent.succeeded
    wait_for 15 has_come payment_intent.created
    # Stripe has it: https://docs.stripe.com/api/events/types
    curl -sSf -u sk_test_sandbox: "$(sandbox_url)/v1/events?type=charge.succeeded" |
        jq -e --arg order "$order_id" \
            'any(.data[]; .data.object.metadata.order_id == $order)'
    [ "$(kinds | grep -vc '^payment_intent\.')" = 0 ]
}

@test "also after hours without a webhook, window by window" {
    register_and_login
    order_something
    api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token"
    expect 200
    intent=$(ledger "$order_id" | jq -r '.intents[0].id')
    curl -sSf -d payment_intent="$intent" -d amount=40000 -u sk_test_sandbox: \
        "$(sandbox_url)/v1/refunds" >/dev/null
    hours_ago=$((($(date +%s) - 5 * 3600) * 1000))
    set_kept payment turns known "$hours_ago" name events
    set_kept payment turns next_at 1 name events
    wait_for 20 order_is PartiallyRefunded
}

# What a backup from before this order was paid lacks.
forget_payment() {
    local table
    if is_in_mongo payment; then
        mongo "{\"delete\": \"payments\", \"deletes\":
            [{\"q\": {\"_id\": \"$order_id\"}, \"limit\": 1}]}" >/dev/null
        return
    fi
    for table in events effects attempts payments; do
        sqlite3 -cmd '.timeout 5000' "$TILL_HOME/data/payment.db" \
            "DELETE FROM $table WHERE order_id = '$order_id'"
    done
}

@test "what a restored backup lacks is learnt from Stripe's events" {
    register_and_login
    order_something
    api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token"
    expect 200
    forget_payment
    api GET "/api/payment/$order_id" '' "$token"
    expect 404
    set_kept payment turns known $((($(date +%s) - 3600) * 1000)) name events
    set_kept payment turns next_at 1 name events
    is_known() {
        api GET "/api/payment/$order_id" '' "$token" &&
            [ "$(member .status)" = Succeeded ]
    }
    wait_for 20 is_known
    api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token"
    expect 200 .status Paid
    [ "$(ledger "$order_id" | jq '.charges | length')" = 1 ]
}

@test "events are forgotten when Stripe has forgotten them, not before" {
    for days in 40 30; do
        event customer.created '{"id":"cus_1","object":"customer"}'
        deliver "$envelope"
        expect 200
        set_kept payment events due_at 0 id "$event_id"
        set_kept payment events received_at \
            $(($(date +%s%3N) - days * 86400000)) id "$event_id"
        eval "id_$days=\$event_id"
    done
    set_kept payment turns next_at 1 name events
    is_forgotten() { [ "$(in_events "$id_40")" = 0 ]; }
    wait_for 15 is_forgotten
    [ "$(in_events "$id_30")" = 1 ]
}

@test "events that keep coming keep no payment that is due from being taken up" {
    register_and_login
    order_something
    api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token"
    expect 200
    paid=$(ledger "$order_id" | jq -r '.intents[0].id')
    order_something
    api POST /api/pay-order "{\"order_id\":\"$order_id\",\"payment_method\":\"pm_card_authenticationRequired\"}" "$token"
    expect 202
    intent=$(ledger "$order_id" | jq -r '.intents[0].id')
    curl -sSf -X POST "$(sandbox_url)/sandbox/intents/$intent/complete"
    # each event takes as long as Stripe's answer
    faults '[{"method":"GET","path":"/v1/refunds*","times":100,"delay_ms":500}]'
    for _ in {1..40}; do
        event charge.refunded "{\"id\":\"ch_1\",\"object\":\"charge\",\"payment_intent\":\"$paid\",\"metadata\":{}}"
        deliver "$envelope"
        expect 200
    done
    set_kept payment payments due_at 1 order_id "$order_id"
    wait_for 60 order_is Paid
    kept payment events due_at | grep -qvx 0
    faults
}

@test "Stripe's Retry-After is passed on, and no worker asks sooner" {
    register_and_login
    order_something
    faults '[{"method":"POST","path":"/v1/payment_intents/*/confirm",
              "status":503,"headers":{"Retry-After":"30"}}]'
    pay
    expect_problem 503
    [ "$(header Retry-After)" = 30 ]
    [ "$(kept payment payments due_at order_id "$order_id")" -gt \
        $(($(date +%s%3N) + 25000)) ]
    pay
    expect 200 .status Paid
    [ "$(charges)" = 1 ]
}

# the other form of RFC 9110, 10.2.3
@test "a Retry-After of Stripe's that is a date is passed on in seconds" {
    local date
    register_and_login
    order_something
    date=$(LC_ALL=C date -u -d '90 seconds' '+%a, %d %b %Y %H:%M:%S GMT')
    faults "[{\"method\":\"POST\",\"path\":\"/v1/payment_intents/*/confirm\",
              \"status\":503,\"headers\":{\"Retry-After\":\"$date\"}}]"
    pay
    expect_problem 503
    [ "$(header Retry-After)" -gt 30 ]
    [ "$(header Retry-After)" -le 90 ]
    pay
    expect 200 .status Paid
    [ "$(charges)" = 1 ]
}

@test "a Retry-After of Stripe's that has gone by counts as not said" {
    register_and_login
    order_something
    faults '[{"method":"POST","path":"/v1/payment_intents/*/confirm","status":503,
              "headers":{"Retry-After":"Fri, 31 Dec 1999 23:59:59 GMT"}}]'
    pay
    expect_problem 503
    [ "$(header Retry-After)" = 1 ]
}
