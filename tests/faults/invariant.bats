# That tests/faults/invariant finds what it is there to find: a shop where all
# is well, then one thing at a time is spoilt and put right again.
# shellcheck disable=SC2154,SC2016  # variables of lib.bash; those of the cases

bats_require_minimum_version 1.5.0 # run -1
load ../lib.bash

# order_named NAME
order_named() {
    api POST /api/order "{\"product_name\":\"$1\",\"quantity\":1,\"price\":1000}" \
        "$token"
    expect 201
    order_id=$(member .id)
}

setup_file() {
    till_start
    no_webhooks # they would have Till at work again after all is at rest
    register_and_login
    order_named Pending
    pending=$order_id
    order_named Paid
    paid=$order_id
    api POST /api/pay-order "{\"order_id\":\"$paid\"}" "$token"
    expect 200
    till admin make-admin "$email" >/dev/null
    api POST /api/login "$(jq -nc --arg email "$email" \
        --arg password "$password" '{email: $email, password: $password}')"
    admin=$(member .token)
    order_named Refunded
    refunded=$order_id
    api POST /api/pay-order "{\"order_id\":\"$refunded\"}" "$token"
    expect 200
    api POST /api/refund "{\"order_id\":\"$refunded\",\"amount\":5}" "$admin"
    expect 200
    mkdir "$TILL_HOME/journals"
    jq -nc --arg paid "$paid" --arg refunded "$refunded" '
        {at: 1, ms: 1, who: 1, what: "pay", status: 200, sent: {}} +
        ({order: $paid}, {order: $refunded}),
        {at: 1, ms: 1, who: 1, what: "refund", status: 200, order: $refunded,
            sent: {amount: "5.00"}, got: {id: "pay_\($refunded)_refund_1"}}' \
        >"$TILL_HOME/journals/1.jsonl"
    export pending paid refunded token
    wait_for 20 holds
}

teardown_file() { till_stop; }

# holds: with what the customers have said, as far as it was written down
holds() {
    "$root/tests/faults/invariant" "$TILL_HOME" "$TILL_HOME/journals" \
        >"$TILL_HOME/report"
}

# finds TEXT ORDER: it fails, and says so of this order alone
finds() {
    local status=0
    holds || status=$?
    if [ $status != 1 ] || ! grep -qF "    $1" "$TILL_HOME/report" ||
        [ "$(grep '^VIOLATION' "$TILL_HOME/report")" != "VIOLATION order $2" ]
    then
        echo "status $status, not found of $2: $1" >&2
        cat "$TILL_HOME/report" >&2
        return 1
    fi
}

# change FILE SQL: behind everybody's back; whoever has it, may be busy
change() {
    sqlite3 -cmd '.timeout 5000' "$TILL_HOME/$1" "$2"
}

# spoilt FILE SQL SQL-THAT-MENDS TEXT ORDER
spoilt() {
    change "$1" "$2"
    finds "$4" "$5"
    change "$1" "$3"
    holds
}

# said ORDER LINE TEXT: a journal with this line, too, shows a violation
said() {
    printf '%s\n' "$2" >"$TILL_HOME/journals/2.jsonl"
    finds "$3" "$1"
    rm "$TILL_HOME/journals/2.jsonl"
    holds
}

@test "the invariant holds of a shop where all is well" {
    holds
    [ "$(cat "$TILL_HOME/report")" = \
        '3 orders, 2 charges, 1 refunds, 3 mails: 0 violations' ]
}

@test "an order's status that its charges and refunds don't bear out is found" {
    local status
    for status in Pending Cancelled PartiallyRefunded Refunded; do
        spoilt data/order.db \
            "UPDATE orders SET status = '$status' WHERE id = '$paid'" \
            "UPDATE orders SET status = 'Paid' WHERE id = '$paid'" \
            "$status, but charged 100000 and refunded 0" "$paid"
    done
    for status in Paid Refunded Expired; do
        spoilt data/order.db \
            "UPDATE orders SET status = '$status' WHERE id = '$refunded'" \
            "UPDATE orders SET status = 'PartiallyRefunded'
                WHERE id = '$refunded'" \
            "$status, but charged 100000 and refunded 500" "$refunded"
    done
    spoilt data/order.db \
        "UPDATE orders SET status = 'Paid' WHERE id = '$pending'" \
        "UPDATE orders SET status = 'Pending' WHERE id = '$pending'" \
        'Paid, but charged 0' "$pending"
}

@test "a second charge, another amount, another currency are found" {
    local charge="kind = 'charge' AND order_id = '$paid'"
    spoilt sandbox/sandbox.db \
        "INSERT INTO object (id, kind, created, body) SELECT 'ch_2', kind,
            created, body FROM object WHERE $charge" \
        "DELETE FROM object WHERE id = 'ch_2'" \
        '2 successful charges' "$paid"
    spoilt sandbox/sandbox.db \
        "UPDATE object SET body = json_set(body, '$.amount_captured', 99999)
            WHERE $charge" \
        "UPDATE object SET body = json_set(body, '$.amount_captured', 100000)
            WHERE $charge" \
        'charged 99999 usd instead of 100000 usd' "$paid"
    spoilt sandbox/sandbox.db \
        "UPDATE object SET body = json_set(body, '$.currency', 'eur')
            WHERE $charge" \
        "UPDATE object SET body = json_set(body, '$.currency', 'usd')
            WHERE $charge" \
        'charged 100000 eur instead of 100000 usd' "$paid"
}

@test "a mail that is missing, or that went out twice, is found" {
    local mail="message_id LIKE '<refund_1_$refunded@%'"
    spoilt sandbox/sandbox.db \
        "INSERT INTO mail (id, thread, message_id, order_id, raw, created)
            SELECT 'again', thread, message_id, order_id, raw, created
            FROM mail WHERE $mail" \
        "DELETE FROM mail WHERE id = 'again'" \
        "2 mails refund_1_$refunded" "$refunded"
    spoilt sandbox/sandbox.db \
        "UPDATE mail SET message_id = 'x' || message_id WHERE $mail" \
        "UPDATE mail SET message_id = substr(message_id, 2)
            WHERE message_id LIKE 'x%'" \
        "0 mails refund_1_$refunded" "$refunded"
    spoilt data/notification.db \
        "UPDATE notifications SET status = 'Unknown'
            WHERE id = 'receipt_$paid'" \
        "UPDATE notifications SET status = 'Sent' WHERE id = 'receipt_$paid'" \
        "receipt_$paid is Unknown" "$paid"
}

@test "a refund that only Stripe knows, or only Till, is found" {
    spoilt data/payment.db \
        "UPDATE refunds SET state = 'Failed' WHERE order_id = '$refunded'" \
        "UPDATE refunds SET state = 'Succeeded' WHERE order_id = '$refunded'" \
        "$(ledger "$refunded" | jq -r '.refunds[0].id') is succeeded, but Till has it as Failed" "$refunded"
    spoilt data/payment.db \
        "INSERT INTO refunds VALUES ('$paid', 1, 'k', NULL, 5, 'Succeeded',
            're_no', NULL, 'Done', 'Done', 1)" \
        "DELETE FROM refunds WHERE order_id = '$paid'" \
        'refund 1 is Succeeded, but Stripe has none' "$paid"
}

@test "work that is left, and what needs a person, are found" {
    spoilt data/payment.db \
        "UPDATE payments SET due_at = 9999999999999 WHERE order_id = '$paid'" \
        "UPDATE payments SET due_at = 0 WHERE order_id = '$paid'" \
        'the payment is still due' "$paid"
    spoilt data/payment.db \
        "INSERT INTO reviews VALUES ('$paid', 'Stray', 'pi', 'why', 1, 0,
            NULL, NULL)" \
        "DELETE FROM reviews WHERE order_id = '$paid'" \
        'Stray needs a person: why' "$paid"
    spoilt data/notification.db \
        "UPDATE notifications SET due_at = 9999999999999
            WHERE id = 'receipt_$paid'" \
        "UPDATE notifications SET due_at = 0 WHERE id = 'receipt_$paid'" \
        "receipt_$paid is still due" "$paid"
}

@test "what is expected is left out, and nothing else" {
    local but=("$root/tests/faults/invariant" --but 'receipt_% is Unknown')
    change data/notification.db \
        "UPDATE notifications SET status = 'Unknown' WHERE id = 'receipt_$paid'"
    "${but[@]}" "$TILL_HOME"
    change data/notification.db \
        "UPDATE notifications SET status = 'Abandoned' WHERE id = 'receipt_$paid'"
    run -1 "${but[@]}" --but 'refund_% is Abandoned' "$TILL_HOME"
    [[ $output == *"    receipt_$paid is Abandoned"* ]]
    change data/notification.db \
        "UPDATE notifications SET status = 'Sent' WHERE id = 'receipt_$paid'"
    "${but[@]}" "$TILL_HOME"
}

@test "an order that was told but isn't there, or is another one, is found" {
    local id=01890a5d-ac96-774b-bcce-b302099a8057
    said $id "$(jq -nc --arg id $id '{at: 1, ms: 1, who: 1, what: "order",
        sent: {product_name: "Tea", quantity: 1, price: "1.00"}, status: 201,
        got: {id: $id, user_id: $id, total: 1}}')" 'ordered and told: '
    api GET "/api/order/$paid" '' "$token"
    said "$paid" "$(printf '%s' "$body" | jq -c '{at: 1, ms: 1, who: 1,
        what: "order", sent: {product_name, quantity: 2, price: "1000.00"},
        status: 201, got: .}')" 'ordered and told: '
}

@test "who was told Paid, Cancelled or refunded without it being so is found" {
    local line
    line=$(jq -nc --arg order "$pending" '{at: 1, ms: 1, who: 1, $order,
        sent: {}, status: 200, got: {id: "x"}}')
    said "$pending" "$(jq -c '.what = "pay"' <<<"$line")" 'was told Paid at 1'
    said "$pending" "$(jq -c '.what = "cancel"' <<<"$line")" \
        'was told Cancelled at 1, but is Pending'
    said "$pending" "$(jq -c '.what = "refund"' <<<"$line")" \
        'was told of the refund'
}

@test "two answers to one key are found" {
    said "$paid" "$(jq -nc --arg order "$paid" '{at: 1, ms: 1, who: 1,
        what: "pay", key: "k", $order, sent: {}} +
        ({status: 402, got: {title: "Declined"}},
            {status: 200, got: {status: "Paid"}})')" \
        '2 answers to one pay with key k'
}

@test "what was asked for once, but made twice, is found" {
    local line
    line='{"at":1,"ms":1,"who":1,"status":0}'
    change data/order.db "UPDATE orders SET product_name = 'Twin'
        WHERE id IN ('$pending', '$paid')"
    printf '%s\n' "$line" | jq -c '. + {what: "order", key: "k",
        sent: {product_name: "Twin"}}' >"$TILL_HOME/journals/2.jsonl"
    finds '2 orders of one wish, asked 1 times, key k' "$pending"
    rm "$TILL_HOME/journals/2.jsonl"
    change data/order.db "UPDATE orders SET product_name = 'Paid'
        WHERE id = '$paid'"
    change data/order.db "UPDATE orders SET product_name = 'Pending'
        WHERE id = '$pending'"
    holds
    spoilt sandbox/sandbox.db \
        "INSERT INTO object (id, kind, created, body) SELECT 're_2', kind,
            created, json_set(body, '$.id', 're_2') FROM object
            WHERE kind = 'refund'" \
        "DELETE FROM object WHERE id = 're_2'" \
        '2 refunds of 500, asked 1 times' "$refunded"
    spoilt sandbox/sandbox.db \
        "UPDATE object SET body = json_set(body, '$.amount', 501)
            WHERE kind = 'refund'" \
        "UPDATE object SET body = json_set(body, '$.amount', 500)
            WHERE kind = 'refund'" \
        "$(ledger "$refunded" | jq -r '.refunds[0].id') of 501: nobody asked" \
        "$refunded"
}
