#!/usr/bin/env bats
# An outage that lasts longer than Stripe knows a key, 24 hours: a request that
# was lost in it can't be repeated any more, and is neither made twice nor
# forgotten. Once the day has passed the customer comes first, or a worker.
# shellcheck disable=SC2154  # variables of lib.bash

load ../lib.bash
load ../tools.bash

setup_file() {
    till_start
    no_webhooks
    admin=$(user_token "$(new_user_id)" admin)
    export admin
}
teardown_file() { till_stop; }

setup() {
    register_and_login
    order_something
}

teardown() {
    faults
    go_on payment-worker
}

# a_day_passes: 25 hours, and Stripe is well again
a_day_passes() {
    curl -sSf -m 10 -d '{"advance":90000}' "$(sandbox_url)/sandbox/clock" >/dev/null
    faults
}

# lose_confirmation WHEN: "before" it is carried out, or "after"
lose_confirmation() {
    faults "[{\"method\":\"POST\",\"path\":\"/v1/payment_intents/*/confirm\",\"drop\":\"$1\",\"times\":50},
             {\"method\":\"GET\",\"path\":\"/v1/payment_intents/*\",\"status\":500,\"times\":50}]"
    pay
    expect_problem 503
    age_attempt "$order_id" 25
    before=$(confirmed 1)
    a_day_passes
}

# confirmed N: how often the Nth attempt was sent to Stripe. Over a connection
# that was kept, curl itself repeats what is dropped.
confirmed() {
    ledger "$order_id" | jq --arg key "till-pay_$order_id-confirm-$1" \
        '[.requests[] | select(.idempotency_key == $key)] | length'
}

is_paid_once() {
    [ "$(charges)" = 1 ] && order_is Paid
}

payment_is() {
    [ "$(kept payment payments state order_id "$order_id")" = "$1" ]
}

@test "a charge whose answer was lost is met by the customer, and not made again" {
    charged() {
        lose_confirmation after
        pay
        expect 200 .status Paid
    }
    without payment-worker charged
    is_paid_once
    [ "$(confirmed 1)" = "$before" ]
    [ "$(confirmed 2)" = 0 ]
}

@test "a charge whose answer was lost is met by a worker, and not made again" {
    without payment-worker lose_confirmation after
    wait_for 20 order_is Paid
    is_paid_once
    [ "$(confirmed 1)" = "$before" ]
}

@test "a charge that never arrived is tried anew by the customer, with a key of its own" {
    tried() {
        lose_confirmation before
        pay '' -H "Idempotency-Key: $order_id"
        expect 200 .status Paid
    }
    without payment-worker tried
    is_paid_once
    [ "$(confirmed 1)" = "$before" ]
    [ "$(confirmed 2)" = 1 ]
}

@test "a charge that never arrived is not made by a worker, and the order stays payable" {
    without payment-worker lose_confirmation before
    wait_for 20 payment_is Failed
    [ "$(charges)" = 0 ]
    pay
    expect 200 .status Paid
    is_paid_once
    [ "$(confirmed 1)" = "$before" ]
}

@test "an intent whose making was lost charges nothing, and another one is paid" {
    faults '[{"method":"POST","path":"/v1/payment_intents","drop":"after","times":50}]'
    pay
    expect_problem 503
    a_day_passes
    pay
    expect 200 .status Paid
    is_paid_once
    [ "$(ledger "$order_id" | jq '[.intents[].status] | sort | join(" ")')" = \
        '"requires_payment_method succeeded"' ]
}

# lose_refund WHEN: as lose_confirmation
lose_refund() {
    faults "[{\"method\":\"POST\",\"path\":\"/v1/refunds\",\"drop\":\"$1\",\"times\":50},
             {\"method\":\"GET\",\"path\":\"/v1/refunds\",\"status\":500,\"times\":50}]"
    api POST /api/refund "{\"order_id\":\"$order_id\",\"amount\":300}" "$admin"
    expect 202 .status Processing
    a_day_passes
}

@test "a refund that was lost, or its answer, is made once" {
    for when in before after; do
        order_something
        pay
        expect 200
        without payment-worker lose_refund "$when"
        wait_for 20 order_is PartiallyRefunded
        [ "$(ledger "$order_id" | jq -c '[.refunds[].amount]')" = '[30000]' ]
    done
}
