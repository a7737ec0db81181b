#!/usr/bin/env bats
# A disk that can't be written, under programs that run (tests/disk/failing.c):
# full, made read-only by the kernel, broken; and databases that somebody else
# has locked. Quick programs, waiting ones and workers say 503, none hangs, none
# dies; when the disk can be written again everything goes on by itself, and
# nothing that was acknowledged is gone.
# shellcheck disable=SC1091,SC2031,SC2154,SC2317  # lib.bash, tools.bash

load ../lib.bash
load ../tools.bash

setup_file() {
    export TILL_DISK_FAILS
    till_home THREADS=4 PAYMENT_LEASE=1 WORKER_LEASE=1
    TILL_DISK_FAILS=$TILL_HOME/fails
    LD_PRELOAD=${tools%/tools}/disk-failing.so TILL_DISK_FOLDER=$TILL_HOME/data \
        ASAN_OPTIONS=verify_asan_link_order=0 till start
}

teardown_file() { till_stop; }

setup() {
    . "$root/tests/faults/stores.bash"
    cd "$TILL_HOME" || return
    register_and_login
    admin=$(user_token '' admin)
    order_something
    paid=$order_id
    pay "$paid"
    expect 200 .status Paid
    order_something
    is_quiet() { [ -z "$(open_work)" ]; }
    wait_for 30 is_quiet
    pids=$(pgrep -P "$(cat run/*.pid | paste -sd,)" | sort)
}

teardown() {
    rm -f "$TILL_DISK_FAILS"
    exec 8>&- 9>&-
}

order() {
    api POST /api/order '{"product_name":"Tea","quantity":1,"price":10}' "$token"
}

pay() {
    api POST /api/pay-order "{\"order_id\":\"$1\"}" "$token"
}

refund() {
    api POST /api/refund "{\"order_id\":\"$paid\",\"amount\":1}" "$admin"
}

# The receipt of this order was asked for: only a new one is a write.
ask_for_receipt() {
    api POST /api/notify "{\"user_id\":\"$user_id\",\"order_id\":\"$paid\"}" \
        "$token" -H "Idempotency-Key: $RANDOM-$RANDOM"
}

# An event of somebody else's payment, signed as Stripe would.
tell() {
    local at event signature
    at=$(date +%s)
    event=$(jq -nc --arg id "evt_$RANDOM$RANDOM$at" '
        {id: $id, object: "event", type: "payment_intent.processing",
            livemode: false, created: (now | floor), data: {object: {
                id: "pi_of_nobody", object: "payment_intent", metadata: {}}}}')
    signature=$(printf '%s.%s' "$at" "$event" |
        openssl dgst -sha256 -hmac whsec_sandbox | sed 's/.* //')
    api POST /api/stripe/webhook "$event" '' \
        -H "Stripe-Signature: t=$at,v1=$signature"
}

# What can't be done now is 503, soon enough, by each of the programs named.
expect_unavailable() {
    local call begin
    for call; do
        begin=$SECONDS
        $call "$order_id"
        expect_problem 503 || {
            echo "that was: $call" >&2
            return 1
        }
        [ "$(header Retry-After)" -ge 1 ] && [ $((SECONDS - begin)) -le 20 ]
    done
}

# No thread is taken for good by more calls than there are threads.
crowd() {
    local i calls=
    for i in {1..12}; do
        (BATS_TEST_TMPDIR=$(mktemp -d -p "$BATS_TEST_TMPDIR") && pay "$order_id" &&
            [ "$status" = 503 ]) 3>&- &
        calls="$calls $!"
    done
    for i in $calls; do
        wait "$i"
    done
}

# Everything works again, by the same processes; and what was begun is done.
expect_healed() {
    order
    expect 201
    tell
    expect 200
    ask_for_receipt
    expect 200 .id "receipt_$paid"
    payable() { pay "$order_id" && [ "$status" = 200 ]; }
    wait_for 15 payable
    refund
    expect 200 .status Succeeded
    order_something
    cancel
    expect 200 .status Cancelled
    wait_for 60 is_quiet
    [ "$(pgrep -P "$(cat run/*.pid | paste -sd,)" | sort)" = "$pids" ]
    "$root/tests/faults/invariant" "$TILL_HOME" >&2
}

is_shown() {
    api GET "/api/order/$paid" '' "$token" && expect 200 .status Paid &&
        api GET "/api/payment/$paid" '' "$token" && expect 200
}

# bad_disk ERRNO
bad_disk() {
    local charges lock
    charges=$(ledger "$order_id" | jq '.charges | length')
    echo "$1" >"$TILL_DISK_FAILS"
    expect_unavailable order tell cancel pay refund ask_for_receipt
    is_shown
    crowd
    # nor does one that failed keep the others out
    for lock in data/*.lock; do
        flock -w 10 "$lock" true
    done
    [ "$(ledger "$order_id" | jq '.charges | length')" = "$charges" ]
    rm "$TILL_DISK_FAILS"
    expect_healed
}

@test "a full disk: 503 everywhere, nothing is charged, and it heals" {
    bad_disk 28
}

@test "a disk that has become read-only: 503 everywhere, nothing is charged, and it heals" {
    bad_disk 30
}

@test "a broken disk: 503 everywhere, nothing is charged, and it heals" {
    bad_disk 5
}

@test "a charge whose outcome can't be written is found out when the disk has room" {
    faults '[{"method":"POST","path":"/v1/payment_intents/*/confirm","delay_ms":1500}]'
    pay "$order_id" >/dev/null &
    is_sent() {
        ledger | jq -e --arg key "till-pay_$order_id-confirm-1" \
            'any(.requests[]; .idempotency_key == $key)' >/dev/null
    }
    wait_for 15 is_sent
    echo 28 >"$TILL_DISK_FAILS"
    wait $!
    has_charge() { [ "$(ledger "$order_id" | jq '.charges | length')" = 1 ]; }
    wait_for 15 has_charge
    api GET "/api/order/$order_id" '' "$token"
    expect 200 .status Pending
    rm "$TILL_DISK_FAILS"
    is_paid() { api GET "/api/order/$order_id" '' "$token" && [ "$(member .status)" = Paid ]; }
    wait_for 30 is_paid
    wait_for 60 is_quiet
    "$root/tests/faults/invariant" "$TILL_HOME" >&2
}

@test "locks that somebody holds: 503 in seconds, reads go on, and it heals" {
    exec 8<>data/payment.db.lock 9<>data/notification.db.lock
    flock 8
    flock 9
    expect_unavailable tell pay refund ask_for_receipt
    is_shown
    crowd
    flock -u 8
    flock -u 9
    expect_healed
}
