#!/usr/bin/env bats
# The payment service through the real nginx, with the sandbox as Stripe. What
# was charged is asked of the sandbox's ledger, never of a log.

load ../lib.bash
load ../tools.bash

setup_file() { till_start; }
teardown_file() { till_stop; }

setup() {
    register_and_login
    order_something
}

teardown() {
    faults
    webhooks '{}'
}

# webhooks JSON: how the sandbox tells of its events
webhooks() {
    curl -sSf -m 10 -d "$1" "$(sandbox_url)/sandbox/webhook" >/dev/null
}

# confirm_fault JSON-MEMBERS: the next confirmation goes wrong
confirm_fault() {
    faults "[{\"method\":\"POST\",\"path\":\"/v1/payment_intents/*/confirm\",\"times\":1,$1}]"
}

# The invariant: one charge of the order's total, and the order Paid by it.
is_paid_once() {
    [ "$(charges)" = 1 ] || return
    [ "$(ledger "$order_id" | jq -r '.charges[0].amount')" = 100000 ] || return
    order_is Paid
    [ "$(member .payment_id)" = "pay_$order_id" ]
}

is_not_charged() {
    [ "$(charges)" = 0 ] && order_is Pending
}

@test "the mission's body pays, and the order is Paid by that payment" {
    pay
    expect 200 .status Paid
    [ "$(member .order_id)" = "$order_id" ]
    [ "$(member .payment_id)" = "pay_$order_id" ]
    is_paid_once
}

@test "an order that is Paid answers with the payment that paid it, and charges nothing" {
    pay
    first=$body
    pay
    expect 200
    [ "$body" = "$first" ]
    pay pm_card_mastercard
    expect 200
    [ "$body" = "$first" ]
    is_paid_once
}

@test "a declined card is 402, and the order stays payable" {
    pay pm_card_visa_chargeDeclined
    expect_problem 402
    [ "$(member .type)" = /problems/payment-declined ]
    is_not_charged
    pay pm_card_visa_chargeDeclinedInsufficientFunds
    expect_problem 402
    is_not_charged
    pay pm_card_visa
    expect 200 .status Paid
    is_paid_once
}

@test "the same declined card may be tried again" {
    pay pm_card_visa_chargeDeclined
    expect_problem 402
    pay pm_card_visa_chargeDeclined
    expect_problem 402
    api GET "/api/payment/$order_id" '' "$token"
    [ "$(member '.attempts | length')" = 2 ]
}

@test "a bank that asks is 202 with a client_secret, and completes the payment" {
    pay pm_card_authenticationRequired
    expect 202 .status RequiresAction
    member .client_secret
    is_not_charged
    pay
    expect 202 .status RequiresAction
    intent=$(ledger "$order_id" | jq -r '.intents[0].id')
    curl -sSf -X POST "$(sandbox_url)/sandbox/intents/$intent/complete"
    api GET "/api/payment/$order_id" '' "$token"
    expect 200 .status Succeeded
    is_paid_once
}

# pay_and_return URL [TOKEN]
pay_and_return() {
    api POST /api/pay-order "$(jq -nc --arg order "$order_id" --arg url "$1" \
        '{order_id: $order, payment_method: "pm_card_authenticationRequired", return_url: $url}')" \
        "${2:-$token}"
}

@test "with a return_url the bank has a page of its own, and sends the customer back" {
    pay_and_return 'https://shop.example/thanks?order=1'
    expect 202 .status RequiresAction
    page=$(member .redirect_url)
    # again is the same page
    pay_and_return 'https://shop.example/thanks?order=1'
    expect 202 .redirect_url "$page"
    back=$(curl -sS -o /dev/null -w '%{redirect_url}' -X POST "$page/approve")
    [[ "$back" == 'https://shop.example/thanks?order=1&payment_intent='*'redirect_status=succeeded' ]]
    wait_for 15 order_is Paid
    is_paid_once
    pay_and_return 'https://shop.example/thanks?order=1'
    expect 200 .redirect_url null
}

@test "a return_url is a parameter of its attempt: the same when it is sent again" {
    faults '[{"method":"POST","path":"*/confirm","status":500}]'
    pay_and_return https://shop.example/first
    expect_problem 503
    pay_and_return https://shop.example/second
    expect 202 .status RequiresAction
    [ "$(ledger "$order_id" | jq '.intents | length')" = 1 ]
    back=$(curl -sS -o /dev/null -w '%{redirect_url}' -X POST "$(member .redirect_url)/approve")
    [[ "$back" == https://shop.example/first* ]]
    wait_for 15 order_is Paid
}

@test "what can't be gone back to is no return_url" {
    for url in shop.example /thanks javascript:alert 'ftp://shop.example' \
        https:// https:///x 'https://shop.example/a b' 'https://shöp.example'; do
        pay_and_return "$url"
        expect_problem 422 /return_url
    done
    is_not_charged
}

@test "the client_secret and the bank's page are for the owner alone" {
    admin=$(user_token "$(new_user_id)" admin)
    pay_and_return https://shop.example/ "$admin"
    expect 202 .status RequiresAction
    [ "$(member '[.client_secret, .redirect_url] | all(. == null)')" = true ]
    pay_and_return https://shop.example/
    expect 202
    member .client_secret
    member .redirect_url
    api GET "/api/payment/$order_id" '' "$token"
    [[ "$body" != *_secret_* ]]
}

# How often Stripe was asked for this order's intent.
asked_for_intent() {
    ledger "$order_id" | jq '(.intents[0].id) as $id | [.requests[] | select(
        .method == "GET" and .path == "/v1/payment_intents/\($id)")] | length'
}

@test "whoever looks again and again gets what is known, and Stripe is asked once in 2 s" {
    pay pm_card_authenticationRequired
    before=$(asked_for_intent)
    begin=$(date +%s%3N)
    for _ in {1..30}; do
        api GET "/api/payment/$order_id" '' "$token"
        expect 200 .status RequiresAction
    done
    # three more for what the webhooks tell of this intent
    most=$((4 + ($(date +%s%3N) - begin) / 2000))
    asked=$(($(asked_for_intent) - before))
    [ "$asked" -ge 1 ]
    [ "$asked" -le "$most" ]
    intent=$(ledger "$order_id" | jq -r '.intents[0].id')
    curl -sSf -X POST "$(sandbox_url)/sandbox/intents/$intent/complete"
    is_seen() { api GET "/api/payment/$order_id" '' "$token" && expect 200 .status Succeeded; }
    wait_for 4 is_seen
    is_paid_once
}

@test "what the bank says is heard by webhook: the order turns Paid by itself" {
    pay pm_card_authenticationRequired
    expect 202
    intent=$(ledger "$order_id" | jq -r '.intents[0].id')
    curl -sSf -X POST "$(sandbox_url)/sandbox/bank/$intent/approve"
    wait_for 15 order_is Paid
    is_paid_once
}

@test "a bank that says no leaves the order payable" {
    pay pm_card_authenticationRequired
    expect 202
    intent=$(ledger "$order_id" | jq -r '.intents[0].id')
    curl -sSf -X POST "$(sandbox_url)/sandbox/intents/$intent/fail"
    api GET "/api/payment/$order_id" '' "$token"
    expect 200 .status Failed
    # in words for the customer, not in Stripe's for programmers
    [[ $(member '.attempts[-1].message') == 'Your bank has not confirmed'* ]]
    is_not_charged
    pay pm_card_visa
    expect 200 .status Paid
    is_paid_once
}

@test "a customer may give another card instead of answering the bank" {
    pay pm_card_authenticationRequired
    expect 202
    pay pm_card_visa
    expect 200 .status Paid
    is_paid_once
}

@test "a browser can confirm by itself: 201 with a client_secret, nothing charged" {
    api POST /api/pay-order "{\"order_id\":\"$order_id\",\"confirm\":false}" "$token"
    expect 201 .status RequiresPaymentMethod
    secret=$(member .client_secret)
    [ "$(header Location)" = "/api/payment/$order_id" ]
    is_not_charged
    # the same intent when asked again
    api POST /api/pay-order "{\"order_id\":\"$order_id\",\"confirm\":false}" "$token"
    expect 201 .client_secret "$secret"
    [ "$(ledger "$order_id" | jq '.intents | length')" = 1 ]
    # Stripe.js, so to speak
    intent=${secret%_secret_*}
    curl -sSf -u sk_test_sandbox: -d payment_method=pm_card_visa \
        "$(sandbox_url)/v1/payment_intents/$intent/confirm" >/dev/null
    pay
    expect 200 .status Paid
    is_paid_once
}

@test "an answer that is lost after the charge is never charged again" {
    for fault in '"drop":"after"' '"cut":40' '"status":500,"effect":true' \
        '"status":503,"effect":true'; do
        order_something
        confirm_fault "$fault"
        pay
        pay
        expect 200 .status Paid
        is_paid_once
    done
}

@test "a request that is lost before the charge is sent again with its own key" {
    for fault in '"drop":"before"' '"status":429' '"status":409' '"status":424'; do
        order_something
        confirm_fault "$fault"
        pay
        pay
        expect 200 .status Paid
        is_paid_once
        keys=$(ledger | jq -r --arg key "till-pay_$order_id-confirm-" \
            '[.requests[].idempotency_key // "" | select(startswith($key))] | unique | length')
        [ "$keys" = 1 ]
    done
}

@test "what Stripe wants to be sent again is no refusal, whatever its status" {
    confirm_fault '"status":400,"headers":{"Stripe-Should-Retry":"true"}'
    pay
    expect_problem 503
    pay
    expect 200 .status Paid
    [ "$(kept payment attempts count\(*\) order_id "$order_id")" = 1 ]
}

@test "an outcome that is not known is 503 with Retry-After, and the order stays Pending" {
    faults '[{"method":"POST","path":"/v1/payment_intents/*/confirm","status":500},
             {"method":"GET","path":"/v1/payment_intents/*","status":500}]'
    pay
    expect_problem 503
    [ "$(member .type)" = /problems/outcome-unknown ]
    [ "$(header Retry-After)" -ge 1 ]
    is_not_charged
    faults
    pay
    expect 200 .status Paid
    is_paid_once
}

@test "a key that is refused while a charge's outcome is open doesn't say that it failed" {
    faults '[{"method":"POST","path":"/v1/payment_intents/*/confirm","drop":"after"},
             {"method":"POST","path":"/v1/payment_intents/*/confirm","status":401,"times":50},
             {"method":"GET","path":"/v1/payment_intents/*","status":401,"times":50}]'
    pay
    expect_problem 503
    pay
    expect_problem 503
    [ "$(kept payment payments state order_id "$order_id")" = Unknown ]
    faults
    wait_for 40 order_is Paid
    is_paid_once
}

@test "a Stripe that fails to make the intent is asked again, and charges once" {
    for fault in '"status":500,"effect":true' '"status":500' '"drop":"after"' '"drop":"before"' '"cut":10'; do
        order_something
        faults "[{\"method\":\"POST\",\"path\":\"/v1/payment_intents\",\"times\":1,$fault}]"
        pay
        faults
        pay
        expect 200 .status Paid
        is_paid_once
    done
}

@test "a Stripe that is away is 503, and the payment is made when it is back" {
    process=$(cat "$TILL_HOME/run/sandbox.pid")
    kill -9 "$process"
    # not `kill -0`: where nobody reaps it, its process stays for ever
    wait_for 5 eval '! ledger >/dev/null 2>&1'
    pay
    expect_problem 503
    till start
    pay
    expect 200 .status Paid
    is_paid_once
}

@test "two hundred calls at once for one order charge once and mail once" {
    for i in $(seq 200); do
        curl -sS -m 60 -o "$BATS_TEST_TMPDIR/$i" -w '%{http_code}\n' \
            -H "Authorization: Bearer $token" -H 'Content-Type: application/json' \
            -d "{\"order_id\":\"$order_id\"}" "$TILL_URL/api/pay-order" &
    done >"$BATS_TEST_TMPDIR/statuses"
    wait
    [ "$(sort "$BATS_TEST_TMPDIR/statuses" | uniq -c | tr -s ' ')" = " 200 200" ]
    is_paid_once
    has_one_mail() { [ "$(ledger "$order_id" | jq '.mails | length')" = 1 ]; }
    wait_for 10 has_one_mail
}

# Starts to pay; returns when Stripe has the confirmation and hasn't answered.
begin_to_pay() {
    confirm_fault '"delay_ms":60000'
    pay &
    is_asked() {
        ledger | jq -e --arg key "till-pay_$order_id-confirm-1" \
            'any(.requests[]; .idempotency_key == $key and .status == null)'
    }
    wait_for 5 is_asked
}

@test "a payment program that is killed while Stripe charges leaves one charge" {
    begin_to_pay
    kill -9 $(process_of payment-pay)
    wait
    faults
    # as long as the lease of whoever was killed lasts
    paid() { pay && [ "$status" = 200 ]; }
    wait_for 40 paid
    is_paid_once
}

@test "what was interrupted is finished though no customer asks again" {
    begin_to_pay
    kill -9 $(process_of payment-pay)
    wait
    faults
    wait_for 40 order_is Paid
    is_paid_once
}

@test "who hangs up while Stripe charges has paid all the same, and gets one mail" {
    webhooks '{"hold":true}'
    programs=$(process_of payment-pay)
    confirm_fault '"delay_ms":1500'
    run pay '' -m 0.5
    [ "$status" = 28 ]
    # a worker would come when the lease has run out, after 20 s
    wait_for 10 order_is Paid
    is_paid_once
    has_one_mail() { [ "$(ledger "$order_id" | jq '.mails | length')" = 1 ]; }
    wait_for 10 has_one_mail
    [ "$(ledger "$order_id" | jq --arg key "till-pay_$order_id-confirm-1" \
        '[.requests[] | select(.idempotency_key == $key)] | length')" = 1 ]
    [ "$(process_of payment-pay)" = "$programs" ]
    pay
    expect 200 .status Paid
    is_paid_once
}

@test "an order service that is away leaves the payment Processing, then the order is Paid" {
    without order-update pay
    expect 202 .status Processing
    [ "$(charges)" = 1 ]
    wait_for 10 order_is Paid
    pay
    expect 200 .status Paid
    is_paid_once
}

@test "a notification service that is away delays the receipt, not the order" {
    without notification-notify pay
    expect 200 .status Paid
    has_one_mail() { [ "$(ledger "$order_id" | jq '.mails | length')" = 1 ]; }
    wait_for 15 has_one_mail
    is_paid_once
}

@test "a payment service that is away leaves an order Pending, to be cancelled again" {
    without payment-cancel cancel
    expect_problem 503
    order_is Pending
    is_cancelled() { cancel && expect 200 .status Cancelled; }
    wait_for 10 is_cancelled
    [ "$(charges)" = 0 ]
}

@test "a cancelled order can't be paid" {
    api PATCH "/api/order/$order_id" '{"status":"Cancelled"}' "$token"
    expect 200
    pay
    expect_problem 409
    [ "$(charges)" = 0 ]
}

@test "nobody pays or sees what is somebody else's" {
    mine=$order_id
    register_and_login
    api POST /api/pay-order "{\"order_id\":\"$mine\"}" "$token"
    expect_problem 404
    api GET "/api/payment/$mine" '' "$token"
    expect_problem 404
    order_id=$mine
    [ "$(charges)" = 0 ]
}

@test "an order that nobody has tried to pay has no payment" {
    api GET "/api/payment/$order_id" '' "$token"
    expect_problem 404
}

@test "a payment shows what was tried, and an ETag that fits it" {
    pay pm_card_visa_chargeDeclined
    pay
    api GET "/api/payment/$order_id" '' "$token"
    expect 200 .status Succeeded
    [ "$(member '[.attempts[].status] | join(" ")')" = "Failed Succeeded" ]
    [ "$(member .amount)" = 1000 ] || [ "$(member .amount)" = 1000.00 ]
    # what follows from the payment may still be noted in it
    is_unchanged() {
        api GET "/api/payment/$order_id" '' "$token" &&
            api GET "/api/payment/$order_id" '' "$token" \
                -H "If-None-Match: $(header ETag)" && [ "$status" = 304 ]
    }
    wait_for 10 is_unchanged
}

@test "a payment method that doesn't exist is 422 and names the field" {
    pay pm_card_of_nobody
    expect_problem 422 /payment_method
    is_not_charged
    pay
    expect 200 .status Paid
}

@test "a total that Stripe doesn't charge is 409, and says so" {
    api POST /api/order '{"product_name":"Dust","quantity":1,"price":"0.01"}' "$token"
    order_id=$(member .id)
    pay
    expect_problem 409
    [ "$(charges)" = 0 ]
}

@test "neither the client_secret nor the key is ever in a log or a database" {
    pay pm_card_authenticationRequired
    secret=$(member .client_secret)
    run grep -rlaF -e "$secret" -e sk_test_sandbox "$TILL_HOME/log" "$TILL_HOME/data"
    [ -z "$output" ]
}
