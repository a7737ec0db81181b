# Misbehaviour of the sandbox beyond what sandbox.bats has: by key and order,
# lasting, with the vendors' own reasons; and the page that plays the bank.

load ../sandbox/lib.bash

@test "a rule may wait for a key" {
    create
    fault '{"path":"*","key":"pay-*","status":500}'
    confirm pm_card_visa_chargeDeclined
    is 402 "$status"
    confirm pm_card_visa -H 'Idempotency-Key: pay-1'
    is 500 "$status"
    confirm pm_card_visa -H 'Idempotency-Key: pay-1'
    is 200 "$status"
}

@test "a rule may wait for an order, at whatever is done with it" {
    fault '{"path":"*","order_id":"o1","status":500,"times":5}'
    create -d 'metadata[order_id]=o1'
    is 500 "$status"
    create -d 'metadata[order_id]=o2'
    is 200 "$status"
    call -X DELETE "$URL/sandbox/faults"
    pay pm_card_visa
    fault '{"path":"*","order_id":"o1","status":500,"times":5}'
    stripe "/v1/payment_intents/$id"
    is 500 "$status"
    confirm pm_card_visa
    is 500 "$status"
    stripe /v1/refunds -d "payment_intent=$id"
    is 500 "$status"
    stripe "/v1/charges/$charge"
    is 500 "$status"
    stripe /v1/events
    is 200 "$status"
    is '0 1' "$(ledger '"\(.refunds | length) \(.charges | length)"')"
}

@test "hang: the effect is there or not, the answer never comes" {
    for when in before after; do
        create
        fault "{\"path\":\"*/confirm\",\"hang\":\"$when\"}"
        lost confirm pm_card_visa --max-time 0.3 -H "Idempotency-Key: $when"
        stripe "/v1/payment_intents/$id"
        echo "$when $(field .status)" >>"$WORK/states"
    done
    is 'before requires_payment_method after succeeded' "$(paste -sd' ' "$WORK/states")"
    wait_for eval '[ "$(ledger "[.requests[] | select(.status == 0)] | length")" = 2 ]'
    confirm pm_card_visa -H 'Idempotency-Key: after'
    is '200 true' "$status $(header Idempotent-Replayed)"
}

@test "hang: clearing the faults closes the connection" {
    fault '{"path":"/token","hang":"after"}'
    refresh 2>/dev/null 3>&- &
    slow=$!
    wait_for eval '[ "$(ledger ".requests | length")" = 1 ]'
    call -X DELETE "$URL/sandbox/faults"
    wait_for eval '[ "$(ledger ".requests[0].status")" = 0 ]'
    wait "$slow" || true
}

@test "a fault's headers stand instead of the vendor's own" {
    fault '{"path":"*","status":503,"headers":{"Retry-After":"7","Stripe-Should-Retry":"true"},"effect":true}'
    create
    is '503 7 true' "$status $(header Retry-After) $(header Stripe-Should-Retry)"
    for headers in '{"a":1}' '[]' '{"a":"b\nc"}'; do
        call "$URL/sandbox/faults" -d "[{\"path\":\"*\",\"headers\":$headers}]"
        is 400 "$status"
    done
}

@test "Stripe: a fault's reason is the code of the error" {
    fault '{"path":"*","status":429,"reason":"lock_timeout"}, {"path":"*","status":402,"reason":"insufficient_funds"}, {"path":"*","status":424}, {"path":"*","status":409}'
    create
    is '429 lock_timeout' "$status $(field .error.code)"
    create
    is '402 card_declined insufficient_funds' "$status $(field '.error | "\(.code) \(.decline_code)"')"
    create
    is '424 invalid_request_error' "$status $(field .error.type)"
    create
    is '409 idempotency_key_in_use' "$status $(field .error.code)"
    call "$URL/sandbox/faults" -d '[{"path":"*","reason":"x"}]'
    is 400 "$status"
}

@test "Gmail: a fault's reason is Google's, in its place" {
    token
    while read -r code reason domain state; do
        fault "{\"path\":\"/gmail/*\",\"status\":$code,\"reason\":\"$reason\"}"
        gmail /gmail/v1/users/me/drafts
        is "$code $code $reason $domain $state" "$status $(field \
            '.error | "\(.code) \(.errors[0].reason) \(.errors[0].domain) \(.status)"')"
    done <<'END'
403 rateLimitExceeded usageLimits PERMISSION_DENIED
403 userRateLimitExceeded usageLimits PERMISSION_DENIED
403 dailyLimitExceeded usageLimits PERMISSION_DENIED
403 domainPolicy global PERMISSION_DENIED
403 insufficientPermissions global PERMISSION_DENIED
429 userRateLimitExceeded usageLimits RESOURCE_EXHAUSTED
401 authError global UNAUTHENTICATED
500 backendError global INTERNAL
503 backendError global UNAVAILABLE
END
    fault '{"path":"/token","status":400,"reason":"invalid_scope"}'
    refresh
    is '400 invalid_scope' "$status $(field .error)"
}

@test "Google: a revoked token stays revoked, over a kill, until it is restored" {
    token
    call -X POST "$URL/sandbox/tokens/revoke"
    is 204 "$status"
    gmail /gmail/v1/users/me/drafts
    is '401 authError' "$status $(field '.error.errors[0].reason')"
    stop KILL || true
    start
    for n in 1 2; do
        refresh
        is '400 invalid_grant' "$status $(field .error)"
    done
    call -X POST "$URL/sandbox/tokens/restore"
    token
    gmail /gmail/v1/users/me/drafts
    is 200 "$status"
    call -X POST "$URL/sandbox/tokens/burn"
    is 404 "$status"
}

@test "a confirm and a cancel at once: one of them, never both" {
    for round in 1 2 3 4 5; do
        create -d "metadata[order_id]=r$round"
        for n in $(seq 10); do
            for verb in confirm cancel; do
                printf 'url = "%s/v1/payment_intents/%s/%s"\nuser = "sk_test_x:"\nheader = "Idempotency-Key: %s-%s-%s"\noutput = "/dev/null"\n' \
                    "$URL" "$id" "$verb" "$verb" "$round" "$n"
                [ "$verb" = cancel ] && echo 'request = POST' ||
                    echo 'data = "payment_method=pm_card_visa"'
                echo next
            done
        done >"$WORK/all"
        at_once 20
        stripe "/v1/payment_intents/$id"
        call "$URL/sandbox/ledger?order_id=r$round"
        [[ "$(field '"\(.intents[0].status) \(.charges | length)"')" == @(succeeded 1|canceled 0) ]]
    done
    is 5 "$(events 'types[]=payment_intent.succeeded&types[]=payment_intent.canceled' | wc -w)"
}

@test "the bank: approving pays, and the customer comes back" {
    create
    confirm pm_card_threeDSecure2Required -d 'return_url=https://shop.example/back?order=1'
    is 'redirect_to_url' "$(field .next_action.type)"
    secret=$(field .client_secret)
    page=$(field .next_action.redirect_to_url.url)
    is "$URL/sandbox/bank/$id" "$page"
    call "$page"
    is '200 text/html; charset=utf-8' "$status $(header Content-Type)"
    grep -q "action=\"/sandbox/bank/$id/refuse\"" <<<"$body"
    action=$(sed -n 's/.*action="\([^"]*approve\)".*/\1/p' <<<"$body")
    call -X POST "$URL$action"
    is "303 https://shop.example/back?order=1&payment_intent=$id&payment_intent_client_secret=$secret&redirect_status=succeeded" \
        "$status $(header Location)"
    stripe "/v1/payment_intents/$id"
    is succeeded "$(field .status)"
    call -X POST "$URL$action"
    is 409 "$status"
    is 1 "$(ledger '.charges | length')"
}

@test "the bank: refusing leaves the intent payable" {
    create
    confirm pm_card_authenticationRequired -d return_url=https://shop.example/back
    call -X POST "$URL/sandbox/bank/$id/refuse"
    [[ "$status $(header Location)" == "303 https://shop.example/back?payment_intent=$id&"*redirect_status=failed ]]
    stripe "/v1/payment_intents/$id"
    is 'requires_payment_method payment_intent_authentication_failure' \
        "$(field '"\(.status) \(.last_payment_error.code)"')"
}

@test "the bank: without a return_url the SDK is to show the page" {
    create
    confirm pm_card_authenticationRequired
    is "use_stripe_sdk $URL/sandbox/bank/$id" \
        "$(field '.next_action | "\(.type) \(.use_stripe_sdk.stripe_js)"')"
    create
    confirm pm_card_authenticationRequired -d use_stripe_sdk=true \
        -d return_url=https://shop.example/
    is use_stripe_sdk "$(field .next_action.type)"
    call -X POST "$URL/sandbox/bank/$id/approve"
    is 200 "$status"
    stripe "/v1/payment_intents/$id"
    is succeeded "$(field .status)"
    call "$URL/sandbox/bank/pi_none"
    is 404 "$status"
}
