# The order service through the real nginx.

load ../lib.bash
load ../tools.bash

setup_file() {
    till_start
}

teardown_file() {
    till_stop
}

setup() {
    user_id=$(new_user_id)
    token=$(user_token "$user_id")
}

# order JSON: as the customer of this test
order() {
    api POST /api/order "$1" "$token"
}

# A Pending order: $order_id
given_order() {
    order '{"product_name":"Tea","quantity":3,"price":19.99}'
    expect 201
    order_id=$(member .id)
}

# set_status STATUS [TOKEN [PAYMENT]]
set_status() {
    api PATCH "/api/order/$order_id" "$(jq -nc --arg status "$1" \
        --arg payment "${3:-}" '{status: $status} +
            if $payment == "" then {} else {payment_id: $payment} end')" \
        "${2:-$token}"
}

@test "the mission's body makes an order of 1000.00" {
    order "{\"user_id\":\"$user_id\",\"product_name\":\"A book\",\"quantity\":1,\"price\":1000}"
    expect 201 .status Pending
    [ "$(member .user_id)" = "$user_id" ]
    [ "$(member .product_name)" = "A book" ]
    [ "$(member .currency)" = usd ]
    [[ $body == *'"price":1000.00,'* ]]
    [[ $body == *'"total":1000.00,'* ]]
    [[ $(member .id) =~ ^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$ ]]
    [[ $(member .created_at) =~ ^20[0-9-]{8}T[0-9:.]{12}Z$ ]]
}

@test "201 says where the order is, and there it is" {
    given_order
    [ "$(header Location)" = "/api/order/$order_id" ]
    [ "$(header ETag)" = '"1"' ]
    created=$body
    api GET "/api/order/$order_id" '' "$token"
    expect 200
    [ "$body" = "$created" ]
    [ "$(header ETag)" = '"1"' ]
    [ "$(header Content-Type)" = application/json ]
}

@test "HEAD answers as GET does, without a body" {
    given_order
    api HEAD "/api/order/$order_id" '' "$token"
    expect 200
    [ "$(header ETag)" = '"1"' ]
    api HEAD /api/order '' "$token"
    expect 200
}

@test "total is price times quantity, in the currency's own decimals" {
    while read -r price quantity currency printed total; do
        order "{\"product_name\":\"Tea\",\"quantity\":$quantity,\"price\":$price,\"currency\":\"$currency\"}"
        expect 201
        [[ $body == *"\"price\":$printed,"* ]]
        [[ $body == *"\"total\":$total,"* ]]
    done <<'ROWS'
19.99 3 usd 19.99 59.97
"19.99" 3 eur 19.99 59.97
0.1 3 usd 0.10 0.30
1e3 1 usd 1000.00 1000.00
"92233720368547758.07" 1 usd 92233720368547758.07 92233720368547758.07
1000 7 jpy 1000 7000
1.23 2 kwd 1.230 2.460
0.01 1000000 usd 0.01 10000.00
ROWS
}

@test "names come back as they were sent, in any script" {
    for name in 'Thé "Ceylon" \ 茶 🍵' "'; DROP TABLE orders; --" '<script>' \
        "$(printf 'x%.0s' {1..200})"; do
        order "$(jq -nc --arg name "$name" \
            '{product_name: $name, quantity: 1, price: 1}')"
        expect 201 .product_name "$name"
    done
}

@test "a price is refused by name where the currency can't hold it" {
    while IFS='|' read -r price currency; do
        order "{\"product_name\":\"Tea\",\"quantity\":1,\"price\":$price,\"currency\":\"$currency\"}"
        expect_problem 422 /price
    done <<'ROWS'
19.999|usd
"19.999"|usd
"19.990"|usd
0|usd
-1|usd
"-0.01"|usd
0.001|usd
1.5|jpy
1.234|kwd
1.2345|kwd
"1,5"|usd
"1e3"|usd
" 1"|usd
"+1"|usd
""|usd
"99999999999999999999999999999999"|usd
"92233720368547758.08"|usd
true|usd
null|usd
[]|usd
{}|usd
1e400|usd
1e15|usd
ROWS
}

@test "a total that no computer can hold is refused" {
    order '{"product_name":"Tea","quantity":1000000,"price":"92233720368547758.07"}'
    expect_problem 422 /price
}

@test "a currency that can't be charged is refused" {
    for currency in '"xxx"' '"USD"' '"us"' '""' 7 null '"usd "' '"isk"'; do
        order "{\"product_name\":\"Tea\",\"quantity\":1,\"price\":1,\"currency\":$currency}"
        expect_problem 422 /currency
    done
}

@test "all wrong fields are named at once" {
    order '{"product_name":"","quantity":0,"currency":"x","extra":1,"extra2":2}'
    expect_problem 422
    for field in product_name quantity currency extra extra2 price; do
        expect_field /$field
    done
}

@test "nobody orders for somebody else, but an admin does" {
    other=$(new_user_id)
    body_for_other="{\"user_id\":\"$other\",\"product_name\":\"Tea\",\"quantity\":1,\"price\":1}"
    order "$body_for_other"
    expect_problem 404
    api POST /api/order "$body_for_other" "$(user_token "$user_id" admin)"
    expect 201 .user_id "$other"
    api POST /api/order "$body_for_other" "$(service_token payment)"
    expect_problem 403
}

@test "somebody else's order looks like one that isn't there" {
    given_order
    stranger=$(user_token "$(new_user_id)")
    api GET "/api/order/$order_id" '' "$stranger"
    expect_problem 404
    theirs=$(member '[.type, .title, .detail] | join(" ")')
    api GET "/api/order/$(new_user_id)" '' "$stranger"
    expect_problem 404
    [ "$(member '[.type, .title, .detail] | join(" ")')" = "$theirs" ]
    set_status Cancelled "$stranger"
    expect_problem 404
    api GET "/api/order?user_id=$user_id" '' "$stranger"
    expect_problem 404
    api GET "/api/order/$order_id" '' "$token"
    expect 200 .status Pending
}

@test "admins and services see everybody's orders" {
    given_order
    for reader in "$(user_token "$(new_user_id)" admin)" \
        "$(service_token payment)" "$(service_token notification)"; do
        api GET "/api/order/$order_id" '' "$reader"
        expect 200 .id "$order_id"
        api GET "/api/order?user_id=$user_id" '' "$reader"
        expect 200 .orders[0].id "$order_id"
    done
}

@test "only the payment service sets Paid, and says which payment" {
    given_order
    for who in "$token" "$(user_token "$(new_user_id)" admin)" \
        "$(service_token notification)" "$(service_token user)"; do
        set_status Paid "$who"
        expect_problem 403
        set_status Paid "$who" pi_forged
        expect_problem 403
    done
    payment=$(service_token payment)
    set_status Paid "$payment"
    expect_problem 422 /payment_id
    set_status Paid "$payment" pi_1
    expect 200 .status Paid
    [ "$(member .payment_id)" = pi_1 ]
    [ "$(header ETag)" = '"2"' ]
    api GET "/api/order/$order_id" '' "$token"
    expect 200 .status Paid
}

@test "to set a status again is 200 and does nothing, but another payment is 409" {
    given_order
    payment=$(service_token payment)
    set_status Paid "$payment" pi_1
    paid=$body
    for _ in 1 2 3; do
        set_status Paid "$payment" pi_1
        expect 200
        [ "$body" = "$paid" ]
        [ "$(header ETag)" = '"2"' ]
    done
    set_status Paid "$payment" pi_2
    expect_problem 409
    api GET "/api/order/$order_id" '' "$token"
    expect 200 .payment_id pi_1
}

@test "an owner cancels a Pending order, and it stays cancelled" {
    given_order
    set_status Cancelled
    expect 200 .status Cancelled
    set_status Cancelled
    expect 200 .status Cancelled
    set_status Paid "$(service_token payment)" pi_late
    expect_problem 409
    set_status Pending
    expect_problem 409
    api GET "/api/order/$order_id" '' "$token"
    expect 200 .status Cancelled
}

@test "a paid order can be refunded in parts, and not be cancelled" {
    given_order
    payment=$(service_token payment)
    set_status Paid "$payment" pi_1
    set_status Cancelled
    expect_problem 409
    set_status Refunded "$token"
    expect_problem 403
    set_status PartiallyRefunded "$payment"
    expect 200 .status PartiallyRefunded
    set_status Refunded "$payment"
    expect 200 .status Refunded
    [ "$(member .payment_id)" = pi_1 ]
    for status_now in Pending Paid Cancelled Expired PartiallyRefunded; do
        set_status $status_now "$payment" pi_1
        expect_problem 409
    done
}

@test "a status that doesn't exist is a wrong field" {
    given_order
    for name in paid PAID Lost '' ' '; do
        set_status "$name" "$(service_token payment)" pi_1
        expect_problem 422 /status
    done
}

@test "If-Match lets only the version through that the caller has seen" {
    given_order
    cancel='{"status":"Cancelled"}'
    for tag in '"2"' '"0"' '"11"' 1 '"1' 'x'; do
        api PATCH "/api/order/$order_id" "$cancel" "$token" -H "If-Match: $tag"
        expect_problem 412
    done
    api GET "/api/order/$order_id" '' "$token"
    expect 200 .status Pending
    api PATCH "/api/order/$order_id" "$cancel" "$token" -H 'If-Match: "7", "1"'
    expect 200 .status Cancelled
    api PATCH "/api/order/$order_id" "$cancel" "$token" -H 'If-Match: "1"'
    expect_problem 412
    api PATCH "/api/order/$order_id" "$cancel" "$token" -H 'If-Match: *'
    expect 200
}

@test "If-None-Match saves the body until something changes" {
    given_order
    api GET "/api/order/$order_id" '' "$token" -H 'If-None-Match: "1"'
    expect 304
    [ -z "$body" ]
    [ "$(header ETag)" = '"1"' ]
    api GET "/api/order/$order_id" '' "$token" -H 'If-None-Match: "x", "1"'
    expect 304
    set_status Cancelled
    api GET "/api/order/$order_id" '' "$token" -H 'If-None-Match: "1"'
    expect 200 .status Cancelled
}

@test "pages go from the newest to the oldest, each order once" {
    for _ in {1..7}; do
        given_order
    done
    api GET '/api/order?limit=100' '' "$token"
    expect 200 '.orders | length' 7
    all=$(member '[.orders[].id] | join(" ")')
    [ "$(member '.orders | map(.id) | . == (sort | reverse)')" = true ]
    [ "$(printf '%s' "$body" | jq .next_cursor)" = null ]
    [ -z "$(header Link)" ]

    walked='' path='/api/order?limit=3'
    for _ in 1 2 3; do
        api GET "$path" '' "$token"
        expect 200
        walked="$walked $(member '[.orders[].id] | join(" ")')"
        path=$(header Link | sed -n 's/^<\(.*\)>; rel="next"$/\1/p')
    done
    [ -z "$path" ]
    [ "${walked# }" = "$all" ]
}

@test "the cursor in the body leads to the same page as the link" {
    for _ in 1 2 3; do
        given_order
    done
    api GET '/api/order?limit=2' '' "$token"
    cursor=$(member .next_cursor)
    link=$(header Link)
    api GET "/api/order?limit=2&cursor=$cursor" '' "$token"
    by_cursor=$body
    api GET "$(printf '%s' "$link" | sed 's/^<\(.*\)>.*/\1/')" '' "$token"
    expect 200 '.orders | length' 1
    [ "$body" = "$by_cursor" ]
}

@test "a list can be of one status, and its link keeps it" {
    for _ in 1 2 3 4; do
        given_order
        set_status Cancelled
    done
    given_order
    api GET '/api/order?status=Pending' '' "$token"
    expect 200 '.orders | length' 1
    api GET '/api/order?status=Cancelled&limit=3' '' "$token"
    expect 200 '.orders | length' 3
    [[ $(header Link) == *status=Cancelled* ]]
    api GET "$(header Link | sed 's/^<\(.*\)>.*/\1/')" '' "$token"
    expect 200 '.orders | length' 1
    [ "$(member .orders[0].status)" = Cancelled ]
}

@test "an admin's link keeps whose orders they are" {
    for _ in 1 2; do
        given_order
    done
    admin=$(user_token "$(new_user_id)" admin)
    api GET "/api/order?user_id=$user_id&limit=1" '' "$admin"
    [[ $(header Link) == *user_id=$user_id* ]]
    api GET "$(header Link | sed 's/^<\(.*\)>.*/\1/')" '' "$admin"
    expect 200 '.orders | length' 1
    [ "$(member .orders[0].user_id)" = "$user_id" ]
}

@test "a user without orders has an empty list" {
    api GET /api/order '' "$token"
    expect 200
    [ "$body" = '{"orders":[],"next_cursor":null}' ]
}

@test "a query is held to its table" {
    while read -r query pointer; do
        api GET "/api/order?$query" '' "$token"
        expect_problem 422 "$pointer"
    done <<'ROWS'
limit=0 /limit
limit=101 /limit
limit=-1 /limit
limit= /limit
limit=1.5 /limit
limit=99999999999999999999 /limit
limit=1&limit=2 /limit
status=Lost /status
status=pending /status
status= /status
cursor=x /cursor
cursor=%27%20OR%201 /cursor
user_id=me /user_id
offset=3 /offset
a%2Fb=1 /a~1b
ROWS
    for query in 'limit=%' 'limit=%zz' 'limit=1%00' 'status=%ff' limit; do
        api GET "/api/order?$query" '' "$token"
        expect_problem 400
    done
}

@test "two hundred orders at once all get an id of their own" {
    load_on POST /api/order "$token" \
        '{"product_name":"Tea","quantity":1,"price":1}' -t 20 -s 2 \
        >"$BATS_TEST_TMPDIR/answers"
    made=$(grep -c '^201 ' "$BATS_TEST_TMPDIR/answers")
    [ "$made" -ge 200 ]
    [ "$made" = "$(wc -l <"$BATS_TEST_TMPDIR/answers")" ]
    [ "$made" = "$(sort -u "$BATS_TEST_TMPDIR/answers" | wc -l)" ]
    [ "$made" = "$(kept order orders id user_id "$user_id" | wc -l)" ]
}

@test "of a hundred who cancel and pay at once one side wins" {
    for _ in 1 2 3; do
        given_order
        payment=$(service_token payment)
        load_on PATCH "/api/order/$order_id" "$token" \
            '{"status":"Cancelled"}' -t 8 -s 1 \
            >"$BATS_TEST_TMPDIR/cancelled" &
        load_on PATCH "/api/order/$order_id" "$payment" \
            '{"status":"Paid","payment_id":"pi_1"}' -t 8 -s 1 \
            >"$BATS_TEST_TMPDIR/paid"
        wait
        winners=$(cat "$BATS_TEST_TMPDIR/cancelled" "$BATS_TEST_TMPDIR/paid" |
            cut -c1-3 | sort -u | xargs)
        [ "$winners" = '200 409' ]
        [ "$(grep -l '^200' "$BATS_TEST_TMPDIR/cancelled" \
            "$BATS_TEST_TMPDIR/paid" | wc -l)" = 1 ]
        api GET "/api/order/$order_id" '' "$token"
        [ "$(header ETag)" = '"2"' ]
    done
}
