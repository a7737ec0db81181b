# The sandbox is held to the vendors' rules: what Till learns from it must be
# true at Stripe and Gmail as well. Every test has a sandbox of its own.

bats_require_minimum_version 1.5.0 # run !
load ../sandbox/lib.bash

@test "it says on its output and in each answer that it is a sandbox" {
    grep -q 'no money moves and no mail leaves' "$WORK/out"
    for path in /v1/payment_intents /token /gmail/v1/x /sandbox/ledger /x; do
        call "$URL$path"
        is 'no money moves and no mail leaves' "$(header Till-Sandbox)"
    done
}

@test "it listens on 127.0.0.1 alone" {
    port=${URL##*:}
    hex=$(printf '%04X' "$port")
    is 0100007F "$(awk -v port=":$hex" '$4 == "0A" && $2 ~ port "$" {
        sub(/:.*/, "", $2); print $2 }' /proc/net/tcp /proc/net/tcp6)"
}

@test "SIGTERM ends it with 0, also while an answer is delayed" {
    fault '{"path":"*","delay_ms":60000}'
    curl -sS -o /dev/null "$URL/token" 3>&- 2>/dev/null &
    wait_for eval '[ "$(ledger ".requests | length")" = 1 ]'
    stop TERM
}

@test "a second sandbox on the same state is refused" {
    run "$SANDBOX" --state "$STATE"
    is 1 "$status"
    [[ "$output" == *"another sandbox"* ]]
}

@test "a start on the same state takes the same port again" {
    first=$URL
    stop TERM
    start
    is "$first" "$URL"
}

@test "kill -9 loses nothing: intents, charges, keys, drafts, mails, tokens, faults" {
    create -H 'Idempotency-Key: make' -d 'metadata[order_id]=o1'
    confirm pm_card_visa -H 'Idempotency-Key: pay'
    draft && send && draft
    fault '{"path":"/never","times":3}'
    before=$(ledger 'del(.requests)')
    stop KILL || true
    start
    is "$before" "$(ledger 'del(.requests)')"
    is '[{"path":"/never","times":3}]' "$(curl -sS "$URL/sandbox/faults")"
    confirm pm_card_visa -H 'Idempotency-Key: pay'
    is 'true 200' "$(header Idempotent-Replayed) $status"
    send
    is 200 "$status"
    is 2 "$(ledger '.mails | length')"
}

@test "Stripe: Bearer and Basic do, no key is 401" {
    call -H 'Authorization: Bearer sk_test_x' "$URL/v1/payment_intents"
    is 200 "$status"
    stripe /v1/payment_intents
    is 200 "$status"
    call "$URL/v1/payment_intents"
    is '401 invalid_request_error' "$status $(field .error.type)"
    call -u nonsense: "$URL/v1/payment_intents"
    is 401 "$status"
    call -u pk_test_x: "$URL/v1/payment_intents"
    refused 403 secret_key_required null
}

@test "Stripe: a live key is refused, and that is loud" {
    call -H 'Authorization: Bearer sk_live_x' "$URL/v1/payment_intents" \
        -d amount=1000 -d currency=usd
    is 401 "$status"
    grep -q 'REFUSED A LIVE' "$WORK/err"
    run ! grep -q sk_live_x "$WORK/err"
    is 0 "$(ledger '.intents | length')"
}

@test "Stripe: JSON bodies and unknown routes are refused" {
    stripe /v1/payment_intents -H 'Content-Type: application/json' \
        -d '{"amount":1000,"currency":"usd"}'
    is '400 invalid_request_error' "$status $(field .error.type)"
    [[ "$(field .error.message)" == *application/x-www-form-urlencoded* ]]
    stripe /v1/nothing
    is 404 "$status"
    stripe /v1/payment_intents -X DELETE
    is 404 "$status"
}

@test "Stripe: a broken escape or invalid UTF-8 is 400" {
    stripe /v1/payment_intents/%ff
    is 400 "$status"
    stripe '/v1/payment_intents?starting_after=%ff'
    is 400 "$status"
    for text in 'amount=%zz' 'description=%ff' 'description=a%00b'; do
        stripe /v1/payment_intents -d "$text"
        is 400 "$status"
    done
}

@test "Stripe: the version is echoed, an ill-formed one refused" {
    create -H 'Stripe-Version: 2026-06-24.dahlia'
    is '200 2026-06-24.dahlia' "$status $(header Stripe-Version)"
    [[ "$(header Request-Id)" == req_* ]]
    create -H 'Stripe-Version: newest'
    is 400 "$status"
}

@test "Stripe: create checks what it is sent and names the parameter" {
    make() { stripe /v1/payment_intents "$@"; }
    make -d currency=usd
    refused 400 parameter_missing amount
    make -d amount=1000
    refused 400 parameter_missing currency
    make -d amount=10.5 -d currency=usd
    refused 400 parameter_invalid_integer amount
    make -d amount=0 -d currency=usd
    refused 400 parameter_invalid_integer amount
    make -d amount=-500 -d currency=usd
    refused 400 parameter_invalid_integer amount
    make -d amount=49 -d currency=usd
    refused 400 amount_too_small amount
    make -d amount=100000000 -d currency=usd
    refused 400 amount_too_large amount
    make -d amount=1000 -d currency=USD
    refused 400 null currency
    make -d amount=1000 -d currency=xxx
    refused 400 null currency
    make -d amount=1001 -d currency=kwd
    refused 400 null amount
    make -d amount= -d currency=usd
    refused 400 parameter_invalid_empty amount
    make -d amount=1000 -d currency=usd -d order_id=1
    refused 400 parameter_unknown order_id
    make -d amount=1000 -d currency=usd -d 'automatic_payment_methods[on]=true'
    refused 400 parameter_unknown 'automatic_payment_methods[on]'
    make -d amount=1000 -d currency=usd -d automatic_payment_methods=true
    refused 400 null automatic_payment_methods
    make -d amount=1000 -d currency=usd -d payment_method=pm_none
    refused 400 resource_missing payment_method
    is 0 "$(ledger '.intents | length')"
}

@test "Stripe: what only goes with confirm=true is refused without it" {
    for pair in return_url=https://shop.example off_session=true \
        error_on_requires_action=true; do
        create -d "$pair"
        refused 400 null "${pair%%=*}"
    done
}

@test "Stripe: payment_method_types and automatic_payment_methods exclude each other" {
    create -d 'payment_method_types[]=card'
    refused 400 null null
    stripe /v1/payment_intents -d amount=1000 -d currency=usd \
        -d 'payment_method_types[0]=card'
    is '200 ["card"] null' "$status $(jq -c .payment_method_types <<<"$body") $(field .automatic_payment_methods)"
    stripe /v1/payment_intents -d amount=1000 -d currency=usd \
        -d 'payment_method_types[]=cash'
    is 400 "$status"
}

@test "Stripe: metadata has its limits and comes back" {
    create --data-urlencode 'metadata[order_id]=ö & 1' -d 'metadata[user_id]=7'
    is 'ö & 1 7' "$(field '"\(.metadata.order_id) \(.metadata.user_id)"')"
    create -d "metadata[$(printf '%041d' 1)]=x"
    is 400 "$status"
    create -d "metadata[x]=$(printf '%0501d' 1)"
    is 400 "$status"
    create $(seq -f '-d metadata[k%g]=v' 51)
    is 400 "$status"
    create -d metadata=x
    is 400 "$status"
}

@test "Stripe: a new intent waits for a method, one with a method for confirmation" {
    create -d description=Shoes -d receipt_email=a@b.example
    is '200 payment_intent requires_payment_method 1000 usd 0 null null false' \
        "$status $(field '"\(.object) \(.status) \(.amount) \(.currency) \(.amount_received) \(.latest_charge) \(.last_payment_error) \(.livemode)"')"
    [[ "$(field .client_secret)" == "${id}_secret_"* ]]
    created=$body
    stripe "/v1/payment_intents/$id"
    is "$created" "$body"
    create -d payment_method=pm_card_visa
    is requires_confirmation "$(field .status)"
    [[ "$(field .payment_method)" == pm_1* ]]
    is 0 "$(ledger '.charges | length')"
}

@test "Stripe: confirm charges once" {
    create -d 'metadata[order_id]=o1'
    confirm pm_card_visa
    is '200 succeeded 1000' "$status $(field '"\(.status) \(.amount_received)"')"
    charge=$(field .latest_charge)
    is "[\"$id\",\"$charge\",\"o1\",1000,\"usd\",\"succeeded\"]" "$(
        ledger '.charges[] | [.payment_intent, .charge, .order_id, .amount, .currency, .status] | tostring')"
    stripe "/v1/charges/$charge"
    is "$id true o1" "$(field '"\(.payment_intent) \(.paid) \(.metadata.order_id)"')"
    confirm pm_card_visa
    is '400 payment_intent_unexpected_state succeeded' \
        "$status $(field '"\(.error.code) \(.error.payment_intent.status)"')"
    is 1 "$(ledger '.charges | length')"
}

@test "Stripe: create with confirm=true pays in one call" {
    create -d confirm=true -d payment_method=pm_card_mastercard
    is '200 succeeded' "$status $(field .status)"
    is 1 "$(ledger '.charges | length')"
}

@test "Stripe: a confirm without any method is refused" {
    create
    stripe "/v1/payment_intents/$id/confirm" -X POST
    is "400 payment_intent_unexpected_state $id" \
        "$status $(field '"\(.error.code) \(.error.payment_intent.id)"')"
}

@test "Stripe: where a redirect may come, a confirm needs return_url" {
    stripe /v1/payment_intents -d amount=1000 -d currency=usd
    id=$(field .id)
    is always "$(field .automatic_payment_methods.allow_redirects)"
    confirm pm_card_visa
    refused 400 null null
    [[ "$(field .error.message)" == *return_url* ]]
    confirm pm_card_visa -d return_url=https://shop.example/back
    is '200 succeeded' "$status $(field .status)"
}

@test "Stripe: confirm refuses what it doesn't know, metadata included" {
    create
    confirm pm_card_visa -d 'metadata[order_id]=o1'
    refused 400 parameter_unknown 'metadata[order_id]'
    confirm pm_none
    refused 400 resource_missing payment_method
    id=pi_none
    confirm pm_card_visa
    refused 404 resource_missing intent
}

@test "Stripe: each declining card gives its 402, and the intent can be paid after" {
    while read -r card code decline; do
        create
        confirm "$card"
        is "402 card_error $code $decline" \
            "$status $(field '"\(.error.type) \(.error.code) \(.error.decline_code)"')"
        is "$id requires_payment_method null $decline" "$(field '.error.payment_intent |
            "\(.id) \(.status) \(.payment_method) \(.last_payment_error.decline_code)"')"
        [[ "$(field .error.charge)" == ch_* ]]
    done <<'END'
pm_card_visa_chargeDeclined card_declined generic_decline
pm_card_visa_chargeDeclinedInsufficientFunds card_declined insufficient_funds
pm_card_visa_chargeDeclinedLostCard card_declined lost_card
pm_card_visa_chargeDeclinedStolenCard card_declined stolen_card
pm_card_visa_chargeDeclinedVelocityLimitExceeded card_declined card_velocity_exceeded
pm_card_chargeDeclinedExpiredCard expired_card expired_card
pm_card_chargeDeclinedIncorrectCvc incorrect_cvc incorrect_cvc
pm_card_chargeDeclinedProcessingError processing_error processing_error
pm_card_chargeCustomerFail card_declined generic_decline
END
    is 0 "$(ledger '.charges | length')"
    confirm pm_card_visa
    is '200 succeeded null' "$status $(field '"\(.status) \(.last_payment_error)"')"
    is 1 "$(ledger '.charges | length')"
}

@test "Stripe: a method that was charged, or declined, can't be used again" {
    create
    confirm pm_card_visa_chargeDeclined
    used=$(field .error.payment_method.id)
    confirm "$used"
    is 400 "$status"
    [[ "$(field .error.message)" == *'may not be used again'* ]]
}

@test "Stripe: 3-D Secure asks for an action, and nothing is charged before it" {
    for card in pm_card_authenticationRequired pm_card_threeDSecure2Required \
        pm_card_authenticationRequiredOnSetup; do
        create
        confirm "$card"
        is '200 requires_action use_stripe_sdk' \
            "$status $(field '"\(.status) \(.next_action.type)"')"
    done
    is 0 "$(ledger '.charges | length')"
    call -X POST "$URL/sandbox/intents/$id/complete"
    is 200 "$status"
    stripe "/v1/payment_intents/$id"
    is 'succeeded 1000 null' "$(field '"\(.status) \(.amount_received) \(.next_action)"')"
    is 1 "$(ledger '.charges | length')"
    call -X POST "$URL/sandbox/intents/$id/complete"
    is 409 "$status"
}

@test "Stripe: a failed 3-D Secure leaves the intent payable" {
    create
    confirm pm_card_authenticationRequired -d return_url=https://shop.example/x
    is 'redirect_to_url https://shop.example/x' \
        "$(field '.next_action | "\(.type) \(.redirect_to_url.return_url)"')"
    call -X POST "$URL/sandbox/intents/$id/fail"
    is 'requires_payment_method payment_intent_authentication_failure' \
        "$(field '"\(.status) \(.last_payment_error.code)"')"
    confirm pm_card_visa
    is succeeded "$(field .status)"
}

@test "Stripe: an action that may not be asked for is a decline" {
    for pair in off_session=true error_on_requires_action=true; do
        create
        confirm pm_card_authenticationRequired -d "$pair"
        is '402 card_error authentication_required requires_payment_method' \
            "$status $(field '.error | "\(.type) \(.code) \(.payment_intent.status)"')"
    done
}

@test "Stripe: a bank account stays processing until it is moved on" {
    create
    confirm pm_usBankAccount_processing
    is '200 processing 0' "$status $(field '"\(.status) \(.amount_received)"')"
    is 0 "$(ledger '.charges | length')"
    confirm pm_card_visa
    is '400 payment_intent_unexpected_state' "$status $(field .error.code)"
    call -X POST "$URL/sandbox/intents/$id/complete"
    is 'succeeded 1000' "$(field '"\(.status) \(.amount_received)"')"
    is 1 "$(ledger '.charges | length')"
    create
    confirm pm_usBankAccount_processing
    call -X POST "$URL/sandbox/intents/$id/fail"
    is requires_payment_method "$(field .status)"
    is 1 "$(ledger '.charges | length')"
}

@test "Stripe: cancel ends an intent, but not one that succeeded" {
    create
    stripe "/v1/payment_intents/$id/cancel" -d cancellation_reason=abandoned
    is '200 canceled abandoned' "$status $(field '"\(.status) \(.cancellation_reason)"')"
    confirm pm_card_visa
    is '400 payment_intent_unexpected_state canceled' \
        "$status $(field '"\(.error.code) \(.error.payment_intent.status)"')"
    create
    stripe "/v1/payment_intents/$id/cancel" -d cancellation_reason=bored
    is 400 "$status"
    confirm pm_card_visa
    stripe "/v1/payment_intents/$id/cancel" -X POST
    is '400 succeeded' "$status $(field .error.payment_intent.status)"
}

@test "Stripe: an intent that it doesn't know is 404, whatever is asked of it" {
    create
    stripe /v1/payment_intents/pi_none
    refused 404 resource_missing intent
    is "No such payment_intent: 'pi_none'" "$(field .error.message)"
    for action in confirm cancel capture; do
        stripe "/v1/payment_intents/pi_none/$action" -X POST
        refused 404 resource_missing intent
    done
    stripe "/v1/payment_intents/$id"
    is '200 requires_payment_method' "$status $(field .status)"
}

@test "Stripe: a manual capture holds the money first" {
    create -d capture_method=manual
    confirm pm_card_visa
    is 'requires_capture 1000 0' "$(field '"\(.status) \(.amount_capturable) \(.amount_received)"')"
    is 0 "$(ledger '.charges | length')"
    stripe "/v1/payment_intents/$id/capture" -X POST
    is 'succeeded 0 1000' "$(field '"\(.status) \(.amount_capturable) \(.amount_received)"')"
    is 1 "$(ledger '.charges | length')"
}

@test "Stripe: the list is newest first, by pages, by time" {
    for n in 1 2 3; do
        create -d "metadata[n]=$n"
    done
    stripe '/v1/payment_intents?limit=2'
    is 'list true [3,2]' "$(field '"\(.object) \(.has_more) \([.data[].metadata.n | tonumber])"')"
    stripe "/v1/payment_intents?limit=2&starting_after=$(field '.data[1].id')"
    is 'false [1]' "$(field '"\(.has_more) \([.data[].metadata.n | tonumber])"')"
    now=$(field '.data[0].created')
    stripe "/v1/payment_intents?created[gte]=$now" -g
    is 3 "$(field '.data | length')"
    stripe "/v1/payment_intents?created[gte]=$((now + 3600))" -g
    is 0 "$(field '.data | length')"
    stripe '/v1/payment_intents?limit=101'
    is 400 "$status"
    stripe '/v1/payment_intents?starting_after=pi_none'
    is 400 "$status"
}

@test "idempotency: the first answer comes again, byte by byte" {
    create -H 'Idempotency-Key: k'
    first=$body
    request=$(header Request-Id)
    is 'k ' "$(header Idempotency-Key) $(header Idempotent-Replayed)"
    create -H 'Idempotency-Key: k'
    is "$first" "$body"
    is "true $request" "$(header Idempotent-Replayed) $(header Original-Request)"
    [ "$(header Request-Id)" != "$request" ]
    is 1 "$(ledger '.intents | length')"
}

@test "idempotency: the order of the parameters doesn't matter" {
    stripe /v1/payment_intents -d amount=1000 -d currency=usd -H 'Idempotency-Key: k'
    stripe /v1/payment_intents -d currency=usd -d amount=1000 -H 'Idempotency-Key: k'
    is '200 true' "$status $(header Idempotent-Replayed)"
}

@test "idempotency: a 402 and an unexpected state are kept and replayed" {
    create
    confirm pm_card_visa_chargeDeclined -H 'Idempotency-Key: k'
    first=$body
    confirm pm_card_visa_chargeDeclined -H 'Idempotency-Key: k'
    is "402 true" "$status $(header Idempotent-Replayed)"
    is "$first" "$body"
    confirm pm_card_visa
    confirm pm_card_visa -H 'Idempotency-Key: late'
    confirm pm_card_visa -H 'Idempotency-Key: late'
    is '400 true payment_intent_unexpected_state' \
        "$status $(header Idempotent-Replayed) $(field .error.code)"
}

@test "idempotency: a failed validation isn't kept" {
    create -d bad=1 -H 'Idempotency-Key: k'
    is 400 "$status"
    create -H 'Idempotency-Key: k'
    is '200 ' "$status $(header Idempotent-Replayed)"
}

@test "idempotency: other parameters or another route with a key are refused" {
    create -H 'Idempotency-Key: k'
    create -d description=other -H 'Idempotency-Key: k'
    is '400 idempotency_error' "$status $(field .error.type)"
    confirm pm_card_visa -H 'Idempotency-Key: k'
    is '400 idempotency_error' "$status $(field .error.type)"
    is '1 0' "$(ledger '"\(.intents | length) \(.charges | length)"')"
}

@test "idempotency: a key that is too long is refused, and GET ignores keys" {
    create -H "Idempotency-Key: $(printf '%0256d' 1)"
    is 400 "$status"
    create -H "Idempotency-Key: $(printf '%0255d' 1)"
    is 200 "$status"
    stripe "/v1/payment_intents/$id" -H 'Idempotency-Key: g'
    stripe /v1/payment_intents -H 'Idempotency-Key: g'
    is '200 ' "$status $(header Idempotent-Replayed)"
}

@test "idempotency: a key whose request is under way is 409, then replays" {
    create
    fault '{"path":"*/confirm","delay_ms":60000}'
    curl -sS -o "$WORK/slow" -u sk_test_x: -H 'Idempotency-Key: k' \
        -d payment_method=pm_card_visa \
        "$URL/v1/payment_intents/$id/confirm" 3>&- &
    slow=$!
    wait_for eval '[ "$(ledger ".requests[-1] | \"\(.idempotency_key) \(.status)\"")" = "k null" ]'
    confirm pm_card_visa -H 'Idempotency-Key: k'
    refused 409 idempotency_key_in_use null
    is true "$(header Stripe-Should-Retry)"
    call -X DELETE "$URL/sandbox/faults"
    wait "$slow"
    confirm pm_card_visa -H 'Idempotency-Key: k'
    is '200 true' "$status $(header Idempotent-Replayed)"
    is 1 "$(ledger '.charges | length')"
}

@test "idempotency: after a day a key is new" {
    create -H 'Idempotency-Key: k'
    call "$URL/sandbox/clock" -d '{"advance":86300}'
    create -H 'Idempotency-Key: k'
    is true "$(header Idempotent-Replayed)"
    call "$URL/sandbox/clock" -d '{"advance":101}'
    create -H 'Idempotency-Key: k'
    is '200 ' "$status $(header Idempotent-Replayed)"
    is 2 "$(ledger '.intents | length')"
}

@test "two hundred confirms at once: one charge" {
    create
    for n in $(seq 200); do
        printf 'url = "%s/v1/payment_intents/%s/confirm"\nuser = "sk_test_x:"\ndata = "payment_method=pm_card_visa"\nheader = "Idempotency-Key: k%d"\noutput = "/dev/null"\nnext\n' \
            "$URL" "$id" "$n"
    done >"$WORK/all"
    at_once 200
    is 1 "$(ledger '.charges | length')"
    is '1 199' "$(ledger '[.requests[] | select(.idempotency_key)] |
        "\(map(select(.status == 200)) | length) \(map(select(.status == 400)) | length)"')"
}

@test "a status without effect: nothing has happened, and the key is free" {
    create
    fault '{"method":"POST","path":"/v1/payment_intents/*/confirm","status":500}'
    confirm pm_card_visa -H 'Idempotency-Key: k'
    is '500 api_error' "$status $(field .error.type)"
    is 0 "$(ledger '.charges | length')"
    confirm pm_card_visa -H 'Idempotency-Key: k'
    is '200 ' "$status $(header Idempotent-Replayed)"
}

@test "a 5xx with effect: the charge stands, and the key replays the 5xx" {
    create
    fault '{"path":"*/confirm","status":503,"effect":true}'
    confirm pm_card_visa -H 'Idempotency-Key: k'
    is '503 false' "$status $(header Stripe-Should-Retry)"
    confirm pm_card_visa -H 'Idempotency-Key: k'
    is '503 true' "$status $(header Idempotent-Replayed)"
    stripe "/v1/payment_intents/$id"
    is succeeded "$(field .status)"
    is 1 "$(ledger '.charges | length')"
}

@test "a fault's own body is sent as it is" {
    fault '{"path":"*","status":429,"body":{"error":{"code":"lock_timeout"}}}, {"path":"*","status":502,"body":"<html>"}'
    create
    is '429 lock_timeout' "$status $(field .error.code)"
    stripe /v1/payment_intents
    is '502 <html>' "$status $body"
}

@test "drop before: no answer and no effect; drop after: no answer, but the effect" {
    create
    fault '{"path":"*/confirm","drop":"before"}, {"path":"*/confirm","drop":"after"}'
    lost confirm pm_card_visa -H 'Idempotency-Key: k'
    is 0 "$(ledger '.charges | length')"
    lost confirm pm_card_visa -H 'Idempotency-Key: k'
    is 1 "$(ledger '.charges | length')"
    is '0 0' "$(ledger '.requests[-2:] | map(.status) | join(" ")')"
    confirm pm_card_visa -H 'Idempotency-Key: k'
    is '200 succeeded true' "$status $(field .status) $(header Idempotent-Replayed)"
}

@test "cut: the answer stops in its middle" {
    fault '{"path":"*","cut":20}'
    lost stripe /v1/payment_intents -d amount=1000 -d currency=usd
    is 20 "$(wc -c <"$WORK/body")"
    is 1 "$(ledger '.intents | length')"
}

@test "a delay holds up nobody else, and ends when the faults are cleared" {
    create
    fault '{"path":"*/confirm","delay_ms":60000}'
    curl -sS -o /dev/null -u sk_test_x: -d payment_method=pm_card_visa \
        "$URL/v1/payment_intents/$id/confirm" 2>/dev/null 3>&- &
    slow=$!
    wait_for eval '[ "$(ledger ".requests[-1].status")" = null ]'
    stripe "/v1/payment_intents/$id"
    is '200 requires_payment_method' "$status $(field .status)"
    call -X DELETE "$URL/sandbox/faults"
    wait "$slow"
    stripe "/v1/payment_intents/$id"
    is '200 succeeded' "$status $(field .status)"
}

@test "faults are used up, listed, cleared, and checked" {
    fault '{"method":"GET","path":"/v1/*","status":500,"times":2}'
    create
    is 200 "$status"
    stripe /v1/payment_intents
    is 500 "$status"
    is 1 "$(curl -sS "$URL/sandbox/faults" | jq '.[0].times')"
    stripe /v1/payment_intents
    is 500 "$status"
    stripe /v1/payment_intents
    is 200 "$status"
    is '[]' "$(curl -sS "$URL/sandbox/faults")"
    fault '{"path":"/v1/*","status":500}'
    call -X DELETE "$URL/sandbox/faults"
    is '[]' "$body"
    stripe /v1/payment_intents
    is 200 "$status"
    for rule in '{}' '[1]' '[{"path":"*","status":500,"drop":"after"}]' \
        '[{"path":"*","drop":"later"}]' '[{"path":"*","sttus":500}]' \
        '[{"status":500}]' '[{"path":"*","effect":true}]' \
        '[{"path":"*","times":0}]' '[{"path":"*","delay_ms":1e400}]'; do
        call "$URL/sandbox/faults" -d "$rule"
        is 400 "$status"
    done
}

@test "Google: a refresh gives a token, wrong credentials their error" {
    refresh
    is '200 Bearer' "$status $(field .token_type)"
    [ "$(field .expires_in)" -gt 3000 ]
    refresh refresh_token=wrong
    is '400 invalid_grant' "$status $(field .error)"
    refresh client_secret=wrong
    is '401 invalid_client' "$status $(field .error)"
    refresh client_id=wrong
    is '401 invalid_client' "$status $(field .error)"
    refresh grant_type=password
    is '400 unsupported_grant_type' "$status $(field .error)"
    call "$URL/token" -d grant_type=refresh_token
    is '400 invalid_request' "$status $(field .error)"
    call "$URL/token" -H 'Content-Type: application/json' -d '{}'
    is 400 "$status"
}

@test "Google: invalid_grant and invalid_client on demand" {
    fault '{"path":"/token","status":400}, {"path":"/token","status":401}'
    refresh
    is '400 invalid_grant' "$status $(field .error)"
    refresh
    is '401 invalid_client' "$status $(field .error)"
}

@test "Gmail: no token, a wrong one and an expired one are 401" {
    call "$URL/gmail/v1/users/me/drafts"
    is '401 UNAUTHENTICATED authError' \
        "$status $(field '.error | "\(.status) \(.errors[0].reason)"')"
    [[ "$(header WWW-Authenticate)" == Bearer* ]]
    TOKEN=wrong gmail /gmail/v1/users/me/drafts
    is 401 "$status"
    token
    gmail /gmail/v1/users/me/drafts
    is 200 "$status"
    call "$URL/sandbox/clock" -d '{"advance":3600}'
    gmail /gmail/v1/users/me/drafts
    is 401 "$status"
    token
    call -X DELETE "$URL/sandbox/tokens"
    gmail /gmail/v1/users/me/drafts
    is 401 "$status"
}

@test "Gmail: a draft is sent once, and again is 404" {
    draft
    is '200 DRAFT' "$status $(field '.message.labelIds[0]')"
    is '1 0' "$(ledger '"\(.drafts) \(.mails | length)"')"
    send
    is '200 SENT' "$status $(field '.labelIds[0]')"
    send
    is '404 NOT_FOUND notFound' "$status $(field '.error | "\(.status) \(.errors[0].reason)"')"
    is '0 1 buyer@shop.example|Your receipt|o1' "$(ledger '"\(.drafts) \(.mails | length) \(.mails[0] | "\(.to)|\(.subject)|\(.order_id)")"')"
}

@test "Gmail: a hundred sends of one draft at once mail once" {
    draft
    for n in $(seq 100); do
        printf 'url = "%s/gmail/v1/users/me/drafts/send"\nheader = "Authorization: Bearer %s"\nheader = "Content-Type: application/json"\ndata = "{\\"id\\":\\"%s\\"}"\noutput = "/dev/null"\nnext\n' \
            "$URL" "$TOKEN" "$draft"
    done >"$WORK/all"
    at_once 100
    is 1 "$(ledger '.mails | length')"
    is '1 99' "$(ledger '[.requests[] | select(.path | endswith("/send"))] |
        "\(map(select(.status == 200)) | length) \(map(select(.status == 404)) | length)"')"
}

@test "Gmail: a send whose answer is lost has mailed: the second try is 404" {
    draft
    fault '{"path":"*/drafts/send","drop":"after"}'
    lost send
    send
    is 404 "$status"
    is 1 "$(ledger '.mails | length')"
}

@test "Gmail: drafts can be listed, read and deleted" {
    gmail /gmail/v1/users/me/drafts
    is '{"resultSizeEstimate":0}' "$body"
    draft
    first=$draft
    draft
    gmail '/gmail/v1/users/me/drafts?maxResults=1'
    is "$draft" "$(field '.drafts[0].id')"
    gmail "/gmail/v1/users/me/drafts?maxResults=1&pageToken=$(field .nextPageToken)"
    is "$first null" "$(field '"\(.drafts[0].id) \(.nextPageToken)"')"
    gmail '/gmail/v1/users/me/drafts?pageToken=x'
    is '400 Invalid pageToken' "$status $(field .error.message)"
    gmail "/gmail/v1/users/me/drafts/$draft?format=metadata"
    is o1 "$(field '.message.payload.headers[] | select(.name == "X-Till-Order").value')"
    gmail "/gmail/v1/users/me/drafts/$draft?format=raw"
    is "$(mail)" "$(field .message.raw)"
    gmail "/gmail/v1/users/me/drafts/$draft" -X DELETE
    is 204 "$status"
    gmail "/gmail/v1/users/me/drafts/$draft"
    is 404 "$status"
    is '1 0' "$(ledger '"\(.drafts) \(.mails | length)"')"
}

@test "Gmail: a message is kept byte by byte" {
    draft "$(mail 'To: a@b.example' 'Message-ID: <o1@shop.example>')"
    send
    curl -sS "$URL/sandbox/mails/$(field .id)" -o "$WORK/mail"
    is "$(mail 'To: a@b.example' 'Message-ID: <o1@shop.example>')" \
        "$(basenc --base64url -w0 <"$WORK/mail")"
    is '<o1@shop.example>' "$(ledger '.mails[0].message_id')"
}

@test "Gmail: an ill-formed Message-ID is replaced and kept aside" {
    draft "$(mail 'To: a@b.example' 'Message-ID: no brackets')"
    send
    [[ "$(ledger '.mails[0].message_id')" == '<CA'*'@mail.gmail.com>' ]]
    [[ "$(ledger '.mails[0].raw')" == *'X-Google-Original-Message-ID: no brackets'* ]]
    [[ "$(ledger '.mails[0].raw')" == *'Thank you.'* ]]
}

@test "Gmail: a mail to nobody is refused when it is sent" {
    draft "$(mail 'X-None: 1')"
    is 200 "$status"
    send
    is '400 Recipient address required INVALID_ARGUMENT' \
        "$status $(field '.error | "\(.message) \(.status)"')"
    gmail /gmail/v1/users/me/messages/send -d "{\"raw\":\"$(mail 'To: nobody')\"}"
    is 400 "$status"
    is '1 0' "$(ledger '"\(.drafts) \(.mails | length)"')"
}

@test "Gmail: ill-formed messages are refused" {
    raw() { printf "$1" | basenc --base64url -w0; }
    good='From: a@b.example\r\nTo: c@d.example\r\n'
    draft "$(raw "$good\r\nbody")"
    is 200 "$status"
    for bad in 'From: a@b.example\nTo: c@d.example\n\nbody' "$good\r\nbare\rreturn" \
        "$good\r\nbare\nfeed" "${good}no colon\r\n\r\n" "$good" \
        "${good}To: e@f.example\r\n\r\n" 'To: c@d.example\r\n\r\n' \
        "$good\r\na\\0b" "$good\r\n$(printf '%0999d' 1)\r\n"; do
        draft "$(raw "$bad")"
        is 400 "$status"
    done
    draft "$(raw "$good\r\n$(printf '%0998d' 1)\r\n")"
    is 200 "$status"
}

@test "Gmail: raw must be base64url, and bodies JSON without unknown members" {
    draft 'a+b/'
    is 400 "$status"
    draft '!!!!'
    is 400 "$status"
    draft "$(mail | tr -d =)"
    is 200 "$status"
    gmail /gmail/v1/users/me/drafts -d '{"raw":"x"}'
    is 400 "$status"
    for message in '["x"]' '"x"' null 1; do
        gmail /gmail/v1/users/me/drafts -d "{\"message\":$message}"
        is 400 "$status"
    done
    gmail /gmail/v1/users/me/drafts -d '{"message":{}}'
    is 400 "$status"
    gmail /gmail/v1/users/me/drafts -d 'nonsense'
    is 400 "$status"
    call -H "Authorization: Bearer $TOKEN" "$URL/gmail/v1/users/me/drafts" -d '{}'
    is 400 "$status"
}

@test "Gmail: messages/send and its upload mail at once" {
    gmail /gmail/v1/users/me/messages/send -d "{\"raw\":\"$(mail)\"}"
    is '200 SENT' "$status $(field '.labelIds[0]')"
    mail | basenc --base64url -d >"$WORK/mail"
    call -H "Authorization: Bearer $TOKEN" -H 'Content-Type: message/rfc822' \
        --data-binary @"$WORK/mail" \
        "$URL/upload/gmail/v1/users/me/messages/send?uploadType=media"
    is 200 "$status"
    is 2 "$(ledger '.mails | length')"
}

@test "the ledger answers for one order" {
    for order in o1 o2; do
        create -d "metadata[order_id]=$order"
        confirm pm_card_visa
    done
    draft && send
    call "$URL/sandbox/ledger?order_id=o2"
    is '["o2"] ["o2"] 0' "$(field '"\([.charges[].order_id]) \([.intents[].order_id]) \(.mails | length)"')"
    call "$URL/sandbox/ledger?order_id=o1"
    is 1 "$(field '.mails | length')"
    is '{"n":5,"method":"POST","path":"/token","idempotency_key":null,"status":200}' \
        "$(jq -c '.requests[4]' <<<"$body")"
}

@test "five hundred requests at once are all answered" {
    fault '{"path":"/v1/payment_intents","delay_ms":60000,"times":500}'
    for n in $(seq 250); do
        printf 'url = "%s/v1/payment_intents"\nuser = "sk_test_x:"\noutput = "/dev/null"\nwrite-out = "%%{http_code}\\n"\nnext\n' "$URL"
    done >"$WORK/all"
    at_once 250 >"$WORK/first" 2>/dev/null &
    first=$!
    at_once 250 >"$WORK/second" 2>/dev/null &
    second=$!
    wait_for eval '[ "$(ledger "[.requests[] | select(.status == null)] | length")" = 500 ]'
    create
    is 200 "$status"
    call -X DELETE "$URL/sandbox/faults"
    wait "$first" "$second"
    is 500 "$(cat "$WORK/first" "$WORK/second" | grep -cx 200)"
}
