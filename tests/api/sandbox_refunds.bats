# Refunds and disputes in the sandbox are held to Stripe's rules.

load ../sandbox/lib.bash

refund() {
    stripe /v1/refunds -d "payment_intent=$id" "$@"
}

@test "a refund takes back what is left, and the charge says so" {
    pay pm_card_visa
    refund -d reason=duplicate -d 'metadata[till]=1'
    is "200 refund succeeded 1000 usd $charge $id duplicate 1" "$status $(field \
        '"\(.object) \(.status) \(.amount) \(.currency) \(.charge) \(.payment_intent) \(.reason) \(.metadata.till)"')"
    again=$body
    stripe "/v1/refunds/$(field .id)"
    is "$again" "$body"
    stripe "/v1/charges/$charge"
    is '1000 true' "$(field '"\(.amount_refunded) \(.refunded)"')"
    is "$id o1 1000 usd succeeded" "$(ledger '.refunds[] |
        "\(.payment_intent) \(.order_id) \(.amount) \(.currency) \(.status)"')"
    is 1 "$(ledger '.charges | length')"
    refund
    refused 400 charge_already_refunded null
}

@test "parts never sum up to more than was paid" {
    pay pm_card_visa
    refund -d amount=1001
    refused 400 null amount
    refund -d amount=300
    refund -d amount=600
    stripe "/v1/charges/$charge"
    is '900 false' "$(field '"\(.amount_refunded) \(.refunded)"')"
    refund -d amount=101
    refused 400 null amount
    refund
    is '200 100' "$status $(field .amount)"
    stripe "/v1/refunds?payment_intent=$id"
    is '[100,600,300]' "$(jq -c '[.data[].amount]' <<<"$body")"
}

@test "fifty refunds at once give back no more than was paid" {
    pay pm_card_visa
    for n in $(seq 50); do
        printf 'url = "%s/v1/refunds"\nuser = "sk_test_x:"\ndata = "payment_intent=%s&amount=300"\nheader = "Idempotency-Key: r%d"\noutput = "/dev/null"\nnext\n' \
            "$URL" "$id" "$n"
    done >"$WORK/all"
    at_once 50
    is '3 900' "$(ledger '.refunds | "\(length) \(map(.amount) | add)"')"
}

@test "what can't be refunded is refused, and the parameter named" {
    create
    refund
    refused 400 null payment_intent
    [[ "$(field .error.message)" == *'does not have a successful charge'* ]]
    id=pi_none refund
    refused 400 resource_missing payment_intent
    stripe /v1/refunds -d charge=ch_none
    refused 400 resource_missing charge
    stripe /v1/refunds -d amount=1
    refused 400 parameter_missing null
    confirm pm_card_visa
    charge=$(field .latest_charge)
    refund -d "charge=$charge"
    refused 400 null null
    refund -d amount=0
    refused 400 parameter_invalid_integer amount
    refund -d reason=bored
    refused 400 null reason
    stripe /v1/refunds/re_none
    refused 404 resource_missing id
    is 0 "$(ledger '.refunds | length')"
}

@test "a refund's key replays it, and a day later refunds anew" {
    pay pm_card_visa
    refund -d amount=100 -H 'Idempotency-Key: k'
    first=$body
    refund -d amount=100 -H 'Idempotency-Key: k'
    is "$first true" "$body $(header Idempotent-Replayed)"
    call "$URL/sandbox/clock" -d '{"advance":86401}'
    refund -d amount=100 -H 'Idempotency-Key: k'
    is '200 ' "$status $(header Idempotent-Replayed)"
    is 2 "$(ledger '.refunds | length')"
}

@test "a day later the key of a decline tries the card anew" {
    create
    confirm pm_card_visa_chargeDeclined -H 'Idempotency-Key: k'
    first=$(field .error.charge)
    call "$URL/sandbox/clock" -d '{"advance":86401}'
    confirm pm_card_visa_chargeDeclined -H 'Idempotency-Key: k'
    is '402 ' "$status $(header Idempotent-Replayed)"
    [ "$(field .error.charge)" != "$first" ]
}

@test "a day later the key of a success meets the intent as it is" {
    create
    confirm pm_card_visa -H 'Idempotency-Key: k'
    call "$URL/sandbox/clock" -d '{"advance":86401}'
    confirm pm_card_visa -H 'Idempotency-Key: k'
    is '400 payment_intent_unexpected_state succeeded' \
        "$status $(field '"\(.error.code) \(.error.payment_intent.status)"')"
    is 1 "$(ledger '.charges | length')"
}

@test "a refund may be pending until the bank has paid it" {
    pay pm_card_pendingRefund
    refund
    refund=$(field .id)
    is pending "$(field .status)"
    stripe "/v1/charges/$charge"
    is true "$(field .refunded)"
    call -X POST "$URL/sandbox/refunds/$refund/succeed"
    is '200 succeeded' "$status $(field .status)"
    call -X POST "$URL/sandbox/refunds/$refund/succeed"
    is 409 "$status"
    is 'refund.created charge.refunded refund.updated charge.refund.updated' \
        "$(events | sed 's/.*payment_intent.succeeded //')"
}

@test "a refund that fails gives the money back to the shop" {
    pay pm_card_refundFail
    refund
    refund=$(field .id)
    is succeeded "$(field .status)"
    call -X POST "$URL/sandbox/refunds/$refund/fail"
    is '200 failed unknown' "$status $(field '"\(.status) \(.failure_reason)"')"
    stripe "/v1/charges/$charge"
    is '0 false' "$(field '"\(.amount_refunded) \(.refunded)"')"
    is 'refund.updated charge.refund.updated refund.failed charge.updated' \
        "$(events | sed 's/.*charge.refunded //')"
    refund
    is 200 "$status"
    is 'failed succeeded' "$(ledger '.refunds | map(.status) | join(" ")')"
}

@test "the test cards' refunds come to their end by themselves" {
    pay pm_card_pendingRefund
    refund
    pay pm_card_refundFail
    refund
    is 'pending succeeded' "$(ledger '.refunds | map(.status) | join(" ")')"
    call "$URL/sandbox/clock" -d '{"advance":31}'
    wait_for eval '[ "$(ledger ".refunds | map(.status) | join(\" \")")" = "succeeded failed" ]'
}

@test "a refund made in the dashboard is caused by no request" {
    pay pm_card_visa
    call "$URL/sandbox/refunds" -d "{\"payment_intent\":\"$id\",\"amount\":250,\"metadata\":{\"by\":\"hand\"}}"
    is '200 250 hand' "$status $(field '"\(.amount) \(.metadata.by)"')"
    stripe '/v1/events?type=refund.created'
    is 'null null' "$(field '.data[0].request | "\(.id) \(.idempotency_key)"')"
    call "$URL/sandbox/refunds" -d "{\"payment_intent\":\"$id\",\"amount\":751}"
    is '400 amount' "$status $(field .error.param)"
    call "$URL/sandbox/refunds" -d 'nonsense'
    is 400 "$status"
}

@test "a disputed charge can't be refunded, and a won dispute pays again" {
    pay pm_card_createDispute
    is "$id o1 1000 usd needs_response" "$(ledger '.disputes[] |
        "\(.payment_intent) \(.order_id) \(.amount) \(.currency) \(.status)"')"
    dispute=$(ledger '.disputes[0].id')
    stripe "/v1/disputes/$dispute"
    is "fraudulent $charge" "$(field '"\(.reason) \(.charge)"')"
    refund
    refused 400 charge_disputed null
    call -X POST "$URL/sandbox/disputes/$dispute/win"
    is '200 won' "$status $(field .status)"
    call -X POST "$URL/sandbox/disputes/$dispute/lose"
    is 409 "$status"
    is 'charge.dispute.created charge.updated charge.dispute.funds_withdrawn charge.dispute.closed charge.dispute.funds_reinstated' \
        "$(events | sed 's/.*payment_intent.succeeded //')"
}

@test "any payment can be disputed, once, and lost" {
    pay pm_card_visa
    call "$URL/sandbox/disputes" -d "{\"payment_intent\":\"$id\",\"reason\":\"product_not_received\"}"
    is '200 product_not_received' "$status $(field .reason)"
    dispute=$(field .id)
    call "$URL/sandbox/disputes" -d "{\"payment_intent\":\"$id\"}"
    is 409 "$status"
    call -X POST "$URL/sandbox/disputes/$dispute/lose"
    is '200 lost' "$status $(field .status)"
    is 'charge.dispute.closed' "$(events | sed 's/.* //')"
    stripe "/v1/disputes?payment_intent=$id"
    is "$dispute" "$(field '.data[0].id')"
}
