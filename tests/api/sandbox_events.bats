# Events, and the webhook that they go to.

bats_require_minimum_version 1.5.0 # run !
load ../sandbox/lib.bash

# listen [SETTINGS]: the sandbox's own inbox becomes the webhook.
listen() {
    webhook "$(jq -nc --arg url "$URL/sandbox/inbox" \
        '{url: $url, secrets: ["whsec_a"], parallel: 1} + $ARGS.positional[0]' \
        --jsonargs "${1:-{\}}")"
}

# signed SECRET SIGNATURE BODY: whether a v1 of the signature is right.
signed() {
    local t=${2%%,*}
    local mac
    mac=$(printf '%s.%s' "${t#t=}" "$3" | openssl dgst -sha256 -hmac "$1" -r)
    [[ ",$2," == *",v1=${mac%% *},"* ]]
}

@test "each way of a payment has its events" {
    create
    confirm pm_card_visa
    is 'payment_intent.created charge.succeeded payment_intent.succeeded' "$(events)"
    create
    confirm pm_card_visa_chargeDeclined
    is 'payment_intent.created charge.failed payment_intent.payment_failed' \
        "$(events | cut -d' ' -f4-)"
    create
    confirm pm_card_authenticationRequired
    call -X POST "$URL/sandbox/intents/$id/complete"
    is 'payment_intent.created payment_intent.requires_action charge.succeeded payment_intent.succeeded' \
        "$(events | cut -d' ' -f7-)"
    create
    confirm pm_card_authenticationRequired
    call -X POST "$URL/sandbox/intents/$id/fail"
    is 'payment_intent.created payment_intent.requires_action payment_intent.payment_failed' \
        "$(events | cut -d' ' -f11-)"
    create
    confirm pm_usBankAccount_processing
    call -X POST "$URL/sandbox/intents/$id/complete"
    is 'payment_intent.created charge.pending payment_intent.processing charge.succeeded payment_intent.succeeded' \
        "$(events | cut -d' ' -f14-)"
    create
    stripe "/v1/payment_intents/$id/cancel" -X POST
    is 'payment_intent.created payment_intent.canceled' "$(events | cut -d' ' -f19-)"
    create -d capture_method=manual
    confirm pm_card_visa
    stripe "/v1/payment_intents/$id/capture" -X POST
    is 'payment_intent.created charge.succeeded payment_intent.amount_capturable_updated charge.captured payment_intent.succeeded' \
        "$(events | cut -d' ' -f21-)"
}

@test "an event is a whole envelope, with the object as it was" {
    create -d 'metadata[order_id]=o1'
    confirm pm_card_visa -H 'Idempotency-Key: pay-1'
    request=$(header Request-Id)
    paid=$body
    stripe '/v1/events?type=payment_intent.succeeded'
    is "list false 1" "$(field '"\(.object) \(.has_more) \(.data | length)"')"
    is "event 2026-07-29.dahlia false 0 $request pay-1 null" "$(field '.data[0] |
        "\(.object) \(.api_version) \(.livemode) \(.pending_webhooks) \(.request.id) \(.request.idempotency_key) \(.data.previous_attributes)"')"
    [[ "$(field '.data[0].id')" == evt_1* ]]
    is "$paid" "$(jq -c '.data[0].data.object' <<<"$body")"
    stripe "/v1/events/$(field '.data[0].id')"
    is '200 payment_intent.succeeded' "$status $(field .type)"
    stripe '/v1/events?type=payment_intent.created'
    is requires_payment_method "$(field '.data[0].data.object.status')"
    stripe /v1/events/evt_none
    is 404 "$status"
}

@test "what was changed is told by its former values" {
    pay pm_card_visa
    stripe /v1/refunds -d "charge=$charge" -d amount=400
    stripe /v1/refunds -d "charge=$charge"
    stripe '/v1/events?type=charge.refunded'
    is '{"amount_refunded":400,"refunded":false} {"amount_refunded":0}' \
        "$(jq -c '.data[].data.previous_attributes' <<<"$body" | paste -sd' ')"
}

@test "a refused call and a replayed one make no event" {
    create -H 'Idempotency-Key: k'
    create -H 'Idempotency-Key: k'
    create -d bad=1
    is payment_intent.created "$(events)"
}

@test "the list of events has its filters, pages in both directions, and an end" {
    pay pm_card_visa
    stripe /v1/refunds -d "charge=$charge"
    is 'charge.succeeded charge.refunded' "$(events 'type=charge.*')"
    is 'payment_intent.succeeded refund.created' \
        "$(events 'types[]=payment_intent.succeeded&types[]=refund.created')"
    is '' "$(events 'delivery_success=false')"
    is 5 "$(events 'delivery_success=true' | wc -w)"
    stripe '/v1/events?limit=2'
    is 'charge.refunded refund.created true' "$(field '"\(.data[0].type) \(.data[1].type) \(.has_more)"')"
    last=$(field '.data[1].id')
    stripe "/v1/events?limit=3&starting_after=$last"
    is 'payment_intent.succeeded false' "$(field '"\(.data[0].type) \(.has_more)"')"
    first=$(field '.data[2].id')
    stripe "/v1/events?limit=2&ending_before=$first"
    is 'payment_intent.succeeded charge.succeeded true' \
        "$(field '"\(.data[0].type) \(.data[1].type) \(.has_more)"')"
    stripe "/v1/events?created[gte]=$(($(date +%s) + 60))" -g
    is 0 "$(field '.data | length')"
    for query in 'ending_before=evt_none' "ending_before=$first&starting_after=$last" \
        'types[]=a&type=b' 'delivery_success=perhaps'; do
        stripe "/v1/events?$query" -g
        is 400 "$status"
    done
    call "$URL/sandbox/clock" -d '{"advance":2592000}'
    is '' "$(events)"
    stripe "/v1/events/$first"
    is 404 "$status"
}

@test "the webhook gets each event, signed with every secret over the raw bytes" {
    listen '{"secrets":["whsec_old","whsec_new"]}'
    create
    confirm pm_card_visa
    webhook /flush
    is '3 0' "$(field '"\(.delivered) \(.pending)"')"
    is 'payment_intent.created charge.succeeded payment_intent.succeeded' \
        "$(inbox 'map(.event.type) | join(" ")')"
    signature=$(inbox '.[2].signature')
    curl -sS "$URL/sandbox/inbox" | jq -j '.[2].body' >"$WORK/event"
    signed whsec_old "$signature" "$(cat "$WORK/event")"
    signed whsec_new "$signature" "$(cat "$WORK/event")"
    run ! signed whsec_none "$signature" "$(cat "$WORK/event")"
    at=${signature%%,*}
    [ $(($(date +%s) - ${at#t=})) -lt 60 ]
    is '1 0' "$(inbox '.[2].event.pending_webhooks') $(stripe \
        '/v1/events?type=payment_intent.succeeded' && field '.data[0].pending_webhooks')"
}

@test "the command line and the environment name the webhook" {
    stop TERM
    start --webhook http://127.0.0.1:1/hook --webhook-secret whsec_a,whsec_b
    call "$URL/sandbox/webhook"
    is 'http://127.0.0.1:1/hook whsec_a whsec_b' \
        "$(field '"\(.url) \(.secrets | join(" "))"')"
    stop TERM
    TILL_SANDBOX_WEBHOOK=http://localhost:2/ TILL_SANDBOX_WEBHOOK_SECRET=whsec_c start
    call "$URL/sandbox/webhook"
    is 'http://localhost:2/ whsec_c' "$(field '"\(.url) \(.secrets[0])"')"
    stop KILL || true
    start
    call "$URL/sandbox/webhook"
    is http://localhost:2/ "$(field .url)"
}

@test "a webhook that isn't on this machine is refused" {
    for url in https://shop.example/hook http://shop.example/ http://10.0.0.1/ \
        https://127.0.0.1/ http://127.0.0.1.shop.example/ nonsense; do
        call "$URL/sandbox/webhook" -d "{\"url\":\"$url\",\"secrets\":[\"s\"]}"
        is 400 "$status"
        run "$SANDBOX" --state "$WORK/other" --webhook "$url" --webhook-secret s
        is 1 "$status"
    done
    for settings in '{"url":"http://127.0.0.1/"}' '{"copies":0}' '{"sped":1}' \
        '{"forge":["nothing"]}' '{"hold":1}' '[]' '{"secrets":[""]}'; do
        call "$URL/sandbox/webhook" -d "$settings"
        is 400 "$status"
    done
}

@test "a delivery is tried again until it is answered 2xx" {
    listen "{\"url\":\"$URL/sandbox/inbox/500\",\"speed\":30000}"
    create
    wait_for eval '[ "$(inbox length)" -ge 3 ]'
    is payment_intent.created "$(events delivery_success=false)"
    listen
    wait_for eval '[ -z "$(events delivery_success=false)" ]'
    call "$URL/sandbox/webhook"
    is '1 0 0' "$(field '"\(.delivered) \(.pending) \(.given_up)"')"
    is 1 "$(inbox 'map(.event.id) | unique | length')"
}

@test "Stripe's own waits pass with the clock, and after three days it gives up" {
    listen "{\"url\":\"$URL/sandbox/inbox/404\",\"speed\":1}"
    create
    wait_for eval '[ "$(inbox length)" = 1 ]'
    tries=1
    for seconds in 300 1800 7200 18000 36000 43200 43200 43200 43200; do
        call "$URL/sandbox/clock" -d "{\"advance\":$((seconds + 1))}"
        tries=$((tries + 1))
        wait_for eval "[ \"\$(inbox length)\" = $tries ]"
    done
    wait_for eval '[ "$(curl -sS "$URL/sandbox/webhook" | jq .given_up)" = 1 ]'
    is payment_intent.created "$(events delivery_success=false)"
}

@test "a kill loses no delivery" {
    listen '{"url":"http://127.0.0.1:1/"}'
    create
    wait_for eval '[ "$(curl -sS "$URL/sandbox/webhook" | jq .attempts)" -ge 1 ]'
    stop KILL || true
    start
    listen
    wait_for eval '[ "$(inbox length)" = 1 ]'
}

@test "on demand: copies" {
    listen '{"copies":3}'
    create
    webhook /flush
    is '3 1' "$(inbox '"\(length) \(map(.event.id) | unique | length)"')"
}

@test "on demand: held, then in an order that the seed decides" {
    listen '{"hold":true}'
    for n in 1 2 3 4 5 6; do
        create
    done
    is 0 "$(inbox length)"
    call "$URL/sandbox/webhook"
    is '6 0' "$(field '"\(.held) \(.pending)"')"
    webhook /flush '{"seed":7}'
    is '0 6' "$(field '"\(.held) \(.delivered)"')"
    shuffled=$(inbox 'map(.event.id) | join(" ")')
    orderly=$(stripe /v1/events && field '[.data[].id] | reverse | join(" ")')
    [ "$shuffled" != "$orderly" ]
    is "$(tr ' ' '\n' <<<"$orderly" | sort)" "$(tr ' ' '\n' <<<"$shuffled" | sort)"
}

@test "on demand: held, then in their own order" {
    listen '{"hold":true}'
    pay pm_card_visa
    webhook /flush
    is 'payment_intent.created charge.succeeded payment_intent.succeeded' \
        "$(inbox 'map(.event.type) | join(" ")')"
}

@test "on demand: some again, long after, in any order" {
    listen
    pay pm_card_visa
    webhook /flush
    call -X DELETE "$URL/sandbox/inbox"
    stripe /v1/events
    webhook /replay "$(jq -c '{events: [.data[0, 2, 0].id]}' <<<"$body")"
    is 'payment_intent.succeeded payment_intent.created payment_intent.succeeded' \
        "$(inbox 'map(.event.type) | join(" ")')"
    call "$URL/sandbox/webhook/replay" -d '{"events":["evt_none"]}'
    is 400 "$status"
}

@test "on demand: delayed, dropped" {
    listen '{"delay_ms":600000}'
    create
    is '1 0' "$(curl -sS "$URL/sandbox/webhook" | jq -r '"\(.pending) \(.attempts)"')"
    listen '{"drop_percent":100}'
    create
    webhook /flush
    is '1 1' "$(field '"\(.delivered) \(.dropped)"')"
    is 1 "$(inbox length)"
    is payment_intent.created "$(events delivery_success=false)"
}

@test "on demand: forged ones go with the genuine, and don't count" {
    listen '{"forge":["secret","timestamp","body","unsigned"]}'
    create
    webhook /flush
    is '1 4 4' "$(field '"\(.delivered) \(.forged) \(.forged_accepted)"')"
    right() { signed whsec_a "$(inbox ".[$1].signature")" "$(inbox ".[$1].body")"; }
    right 0
    run ! right 1
    right 2
    old=$(inbox '.[2].signature')
    old=${old%%,*}
    [ $(($(date +%s) - ${old#t=})) -gt 300 ]
    run ! right 3
    is null "$(inbox '.[4].signature')"
    listen "{\"url\":\"$URL/sandbox/inbox/400\",\"forge\":[\"secret\"]}"
    create
    webhook /flush
    is '5 4' "$(field '"\(.forged) \(.forged_accepted)"')"
}

@test "a webhook that never answers holds up no request" {
    listen '{"parallel":1}'
    webhook "$(jq -nc --arg url "$URL/v1/events" '{url: $url}')"
    curl -sS -f -o /dev/null "$URL/sandbox/faults" -d '[{"path":"/v1/events","method":"POST","delay_ms":60000}]'
    create
    confirm pm_card_visa
    is '200 succeeded' "$status $(field .status)"
}

@test "a flush waits for all, however many" {
    listen '{"hold":true,"copies":100}'
    for n in $(seq 12); do
        create
    done
    webhook /flush
    is '1200 0' "$(field '"\(.delivered) \(.pending)"')"
}

@test "without a webhook events are kept, and none is pending" {
    webhook '{"url":null}'
    create
    call "$URL/sandbox/webhook"
    is '0 null' "$(field '"\(.pending) \(.url)"')"
    is payment_intent.created "$(events delivery_success=true)"
}
