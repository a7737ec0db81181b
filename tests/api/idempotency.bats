#!/usr/bin/env bats
# Idempotency-Key on every route that honours it, through the real nginx. What
# was made is asked of the stores, what was charged of the sandbox's ledger.

bats_require_minimum_version 1.5.0 # run !
load ../lib.bash
load ../tools.bash

setup_file() { till_start; }
teardown_file() { till_stop; }

setup() {
    register_and_login
    key=key-$RANDOM$RANDOM$RANDOM
    tea='{"product_name":"Tea","quantity":1,"price":1}'
}

teardown() {
    faults
}

# order [JSON [KEY]]: asks for one
order() {
    api POST /api/order "${1:-$tea}" "$token" \
        -H "Idempotency-Key: ${2:-$key}"
}

# pay [JSON MEMBERS [KEY]]: the order of this test
pay() {
    api POST /api/pay-order "{\"order_id\":\"$order_id\"${1:+,$1}}" "$token" \
        -H "Idempotency-Key: ${2:-$key}"
}

notify() {
    api POST /api/notify \
        "{\"user_id\":\"$user_id\",\"order_id\":\"$order_id\"}" "$token" \
        -H "Idempotency-Key: ${1:-$key}"
}

# The last answer, as far as a repeated one must be the same.
remember() {
    first="$status $body $(header Location) $(header ETag) $(header Content-Type)"
    [ -z "$(header Idempotency-Replayed)" ]
}

is_replay() {
    [ "$(header Idempotency-Replayed)" = true ] || return
    [ "$first" = "$status $body $(header Location) $(header ETag) $(header Content-Type)" ]
}

is_new() {
    [ -z "$(header Idempotency-Replayed)" ]
}

# How many orders this user has.
orders() {
    kept order orders id user_id "$user_id" | wc -l
}

is_paid_once() {
    [ "$(charges)" = 1 ] || return
    api GET "/api/order/$order_id" '' "$token"
    expect 200 .status Paid
}

@test "an order that is sent again is the same order, answered the same" {
    order
    expect 201
    remember
    for again in "$key" "\"$key\""; do
        order "$tea" "$again"
        expect 201
        is_replay
    done
    [ "$(orders)" = 1 ]
    order "$tea" other
    expect 201
    is_new
    [ "$(orders)" = 2 ]
}

@test "the same key with another body is 422, and makes nothing" {
    order
    expect 201
    order '{"product_name":"Tea","quantity":2,"price":1}'
    expect_problem 422
    [ "$(member .type)" = /problems/key-reused ]
    order "$tea "
    expect_problem 422
    [ "$(orders)" = 1 ]
}

@test "another user's same key is another key" {
    order
    expect 201
    mine=$(member .id)
    register_and_login
    order
    expect 201
    is_new
    [ "$(member .id)" != "$mine" ]
    [ "$(orders)" = 1 ]
}

@test "two hundred at once with one key make one order" {
    for i in $(seq 200); do
        curl -sS -m 60 -o "$BATS_TEST_TMPDIR/body-$i" -w '%{http_code}\n' \
            -H "Authorization: Bearer $token" -H "Idempotency-Key: $key" \
            -H 'Content-Type: application/json' -d "$tea" \
            "$TILL_URL/api/order" &
    done >"$BATS_TEST_TMPDIR/statuses"
    wait
    if is_in_mongo order; then
        # there some come while the first is still running
        [ -z "$(grep -v -e 201 -e 409 "$BATS_TEST_TMPDIR/statuses")" ]
        grep -q 201 "$BATS_TEST_TMPDIR/statuses"
    else
        [ "$(sort "$BATS_TEST_TMPDIR/statuses" | uniq -c | xargs)" = '200 201' ]
    fi
    [ "$(grep -hv '"status":409' "$BATS_TEST_TMPDIR"/body-* | sort -u | wc -l)" = 1 ]
    [ "$(orders)" = 1 ]
}

@test "what is refused leaves its key free for the corrected request" {
    api POST /api/order "$tea" '' -H "Idempotency-Key: $key"
    expect_problem 401
    order '{"product_name":'
    expect_problem 400
    order '{"product_name":"Tea","quantity":0,"price":1}'
    expect_problem 422 /quantity
    api POST /api/order '' "$token" -H "Idempotency-Key: $key" \
        -H 'Content-Type: text/plain' -d "$tea"
    expect_problem 415
    api POST /api/order "$(printf '%20000s' '')" "$token" \
        -H "Idempotency-Key: $key"
    expect_problem 413
    order '{"product_name":"Tea","quantity":1,"price":1,"user_id":"01890a5d-ac96-774b-bcce-b302099a8057"}'
    expect_problem 404
    order
    expect 201
    is_new
    [ "$(orders)" = 1 ]
}

@test "keys that are no keys are 400, and two are" {
    long=$(printf '%0256d' 0)
    for bad in '"' '""' 'a b' '"a' '"a" b' 'é' "$long" "\"$long\"" '"a\b"'; do
        order "$tea" "$bad"
        expect_problem 400
    done
    api POST /api/order "$tea" "$token" -H 'Idempotency-Key;'
    expect_problem 400
    api POST /api/order "$tea" "$token" -H "Idempotency-Key: $key" \
        -H "Idempotency-Key: $key"
    expect_problem 400
    [ "$(orders)" = 0 ]
    for good in "${long#0}" "'; DROP TABLE orders; --" '{}' '%00' '"a\"\\"'; do
        order "$tea" "${good// /}"
        expect 201
    done
    [ "$(orders)" = 5 ]
}

# send NUMBER FILE: the order with that key; a line "NUMBER STATUS ID"
send() {
    local said
    said=$(curl -s -m 60 -w '\n%{http_code}' \
        -H "Authorization: Bearer $token" -H "Idempotency-Key: $key-$1" \
        -H 'Content-Type: application/json' -d "$tea" \
        "$TILL_URL/api/order") || true
    echo "$1 ${said##*$'\n'} $(printf '%s' "$said" | head -1 |
        jq -r '.id // "-"' 2>/dev/null)" >>"$2"
}

@test "programs that are killed between lose no order and make none twice" {
    for round in 1 2 3; do
        for i in $(seq 40); do
            send "$round-$i" "$BATS_TEST_TMPDIR/before" &
            [ $((i % 20)) != 0 ] || kill -9 $(process_of order-create) || true
        done
        wait
    done
    ready() { order "$tea" "$key-ready" && [ "$status" = 201 ]; }
    wait_for 10 ready
    # where the key isn't in one transaction with its order, what was killed
    # holds it for up to 30 s
    is_answered() {
        send "$1" "$BATS_TEST_TMPDIR/once_more"
        tail -n 1 "$BATS_TEST_TMPDIR/once_more" | grep -q ' 201 '
    }
    for round in 1 2 3; do
        for i in $(seq 40); do
            wait_for 40 is_answered "$round-$i"
        done
    done
    grep ' 201 ' "$BATS_TEST_TMPDIR/once_more" >"$BATS_TEST_TMPDIR/after"
    [ "$(grep -c ' 201 ' "$BATS_TEST_TMPDIR/after")" = 120 ]
    [ "$(orders)" = 121 ]
    # an order that was confirmed is the one that the key stands for
    [ -z "$(grep ' 201 ' "$BATS_TEST_TMPDIR/before" |
        grep -vxFf "$BATS_TEST_TMPDIR/after")" ]
}

@test "an answer is kept for a day, then the key is free" {
    order
    expect 201
    remember
    move() {
        local expires_at
        expires_at=$(kept order idempotency_keys expires_at | sort -n | tail -n 1)
        set_kept order idempotency_keys expires_at $((expires_at - $1))
    }
    move $((23 * 3600 * 1000))
    order
    is_replay
    move $((3600 * 1000))
    order
    expect 201
    is_new
    [ "$(orders)" = 2 ]
}

# as_cgi PROGRAM PATH JSON: one request to a program that runs as plain CGI
as_cgi() {
    local build=${TILL_BUILD:-build} said
    case $build in /*) ;; *) build=$root/$build ;; esac
    said=$(cd "$TILL_HOME" && printf '%s' "$3" | env -i PATH="$PATH" \
        ASAN_OPTIONS="${ASAN_OPTIONS:-}" UBSAN_OPTIONS="${UBSAN_OPTIONS:-}" \
        TILL_ENV="$TILL_ENV" GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=POST \
        PATH_INFO="$2" CONTENT_TYPE=application/json CONTENT_LENGTH=${#3} \
        HTTP_AUTHORIZATION="Bearer $token" HTTP_IDEMPOTENCY_KEY="$key" \
        ${ORDER_DB:+"ORDER_DB=$ORDER_DB"} \
        "$build/cgi-bin/$1" 2>/dev/null | tr -d '\r')
    headers=$BATS_TEST_TMPDIR/headers
    printf '%s\n' "$said" | sed '/^$/q' >"$headers"
    body=$(printf '%s' "$said" | sed '1,/^$/d')
    status=$(header Status)
}

@test "in plain CGI the same holds, and beside FastCGI" {
    as_cgi order-create /api/order "$tea"
    expect 201
    remember
    as_cgi order-create /api/order "$tea"
    is_replay
    order
    is_replay
    as_cgi order-create /api/order '{"product_name":"B","quantity":1,"price":1}'
    expect 422
    [ "$(orders)" = 1 ]
    # where the orders are in MongoDB, those who come meanwhile are 409
    is_made() { as_cgi order-create /api/order "$tea" && [ "$status" = 201 ]; }
    ids=$BATS_TEST_TMPDIR/ids
    for _ in 1 2 3 4 5 6 7 8; do
        (
            key=$key-2
            BATS_TEST_TMPDIR=$(mktemp -d -p "$BATS_TEST_TMPDIR") # its answers'
            wait_for 40 is_made && member .id
        ) >>"$ids" &
    done
    wait
    [ "$(sort "$ids" | uniq -c | awk '{ print $1 }')" = 8 ]
    [ "$(orders)" = 2 ]
}

@test "a payment that is asked for again is answered the same" {
    order_something
    pay
    expect 200 .status Paid
    remember
    pay
    is_replay
    pay '"payment_method":"pm_card_visa"'
    expect_problem 422
    pay '' "$key-2"
    expect 200 .status Paid
    is_new
    is_paid_once
}

@test "a decline is repeated for its key, and another key tries again" {
    order_something
    pay '"payment_method":"pm_card_visa_chargeDeclined"'
    expect_problem 402
    remember
    pay '"payment_method":"pm_card_visa_chargeDeclined"'
    is_replay
    api GET "/api/payment/$order_id" '' "$token"
    [ "$(member '.attempts | length')" = 1 ]
    pay '' "$key-2"
    expect 200 .status Paid
    is_paid_once
}

@test "a client_secret is repeated, and in no file" {
    order_something
    pay '"confirm":false'
    expect 201
    remember
    secret=$(member .client_secret)
    pay '"confirm":false'
    is_replay
    run ! grep -aqF "$secret" "$TILL_HOME"/data/* "$TILL_HOME"/log/*
}

@test "an outcome that is not known is not repeated, but found out" {
    order_something
    faults '[{"method":"POST","path":"/v1/payment_intents/*/confirm","status":500},
             {"method":"GET","path":"/v1/payment_intents/*","status":500}]'
    pay
    expect_problem 503
    faults
    pay
    expect 200 .status Paid
    is_new
    pay
    expect 200
    [ "$(header Idempotency-Replayed)" = true ]
    is_paid_once
}

@test "an order that can't be paid yet or any more is not held against its key" {
    order_something
    api PATCH "/api/order/$order_id" '{"status":"Cancelled"}' "$token"
    pay
    expect_problem 409
    order_something
    pay
    expect 200 .status Paid
    is_new
}

# Starts to pay; returns when Stripe has the confirmation and hasn't answered.
begin_to_pay() {
    faults "[{\"method\":\"POST\",\"path\":\"/v1/payment_intents/*/confirm\",\"times\":1,\"delay_ms\":${1:-60000}}]"
    pay &
    is_asked() {
        ledger | jq -e --arg key "till-pay_$order_id-confirm-1" \
            'any(.requests[]; .idempotency_key == $key and .status == null)'
    }
    wait_for 5 is_asked
}

@test "while the first is running the others are 409, and then the same" {
    order_something
    begin_to_pay 6000
    for _ in 1 2 3; do
        pay
        expect_problem 409
        [ "$(header Retry-After)" -ge 1 ]
        is_new
    done
    wait
    pay
    expect 200 .status Paid
    [ "$(header Idempotency-Replayed)" = true ]
    is_paid_once
}

@test "a hundred payments at once with one key charge once, and answer once" {
    order_something
    for i in $(seq 100); do
        curl -sS -m 60 -o "$BATS_TEST_TMPDIR/body-$i" -w '%{http_code}\n' \
            -H "Authorization: Bearer $token" -H "Idempotency-Key: $key" \
            -H 'Content-Type: application/json' \
            -d "{\"order_id\":\"$order_id\"}" "$TILL_URL/api/pay-order" &
    done >"$BATS_TEST_TMPDIR/statuses"
    wait
    run ! grep -vxE '200|409' "$BATS_TEST_TMPDIR/statuses"
    pay
    expect 200 .status Paid
    [ "$(header Idempotency-Replayed)" = true ]
    is_paid_once
}

@test "a payment whose program is killed between is finished by the same key" {
    order_something
    begin_to_pay
    kill -9 $(process_of payment-pay)
    wait
    faults
    ready() { pay && [ "$status" != 502 ]; }
    wait_for 10 ready
    expect_problem 409
    # as long as the claim of whoever was killed lasts
    paid() { pay && [ "$status" = 200 ]; }
    wait_for 40 paid
    remember
    pay
    is_replay
    is_paid_once
}

@test "a receipt that is asked for again is answered the same" {
    order_something
    notify
    expect_problem 409 # it isn't Paid yet: nothing to repeat
    pay '' "$key-pay"
    expect 200 .status Paid
    notify
    expect 200 .id "receipt_$order_id"
    remember
    notify
    is_replay
    has_one_mail() { [ "$(ledger "$order_id" | jq '.mails | length')" = 1 ]; }
    wait_for 15 has_one_mail
}

# refund AMOUNT [KEY]: of the order of this test, by an admin
refund() {
    api POST /api/refund "{\"order_id\":\"$order_id\",\"amount\":$1}" \
        "$(user_token "$user_id" admin)" -H "Idempotency-Key: ${2:-$key}"
}

refunded() {
    ledger "$order_id" | jq '[.refunds[].amount] | add'
}

@test "a refund that is asked for again is one refund" {
    order_something
    pay
    expect 200 .status Paid
    refund 300
    expect 200 .status Succeeded
    remember
    refund 300
    is_replay
    [ "$(refunded)" = 30000 ]
    refund 301
    expect_problem 422
    refund 300 "$key-2"
    expect 200
    [ "$(refunded)" = 60000 ]
}

@test "a refund that Stripe refused did nothing: its key may be used again" {
    order_something
    pay
    expect 200 .status Paid
    for wish in 300 300 250; do
        faults '[{"method":"POST","path":"/v1/refunds","status":400,"times":1}]'
        refund "$wish"
        expect_problem 409
    done
    faults
    refund 200
    expect 200 .status Succeeded
    [ -z "$(header Idempotency-Replayed)" ]
    remember
    refund 200
    is_replay
    refund 201
    expect_problem 422
    [ "$(refunded)" = 20000 ]
}

@test "routes without the promise don't care for the header" {
    order
    order_id=$(member .id)
    for bad in "$key" '"' 'a b'; do
        api PATCH "/api/order/$order_id" '{"status":"Cancelled"}' "$token" \
            -H "Idempotency-Key: $bad"
        expect 200
        is_new
        api GET "/api/order/$order_id" '' "$token" -H "Idempotency-Key: $bad"
        expect 200
    done
}
