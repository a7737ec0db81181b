# Part of `make bench`: the rows of what waits for others, and of starting.
# shellcheck disable=SC2154,SC2034  # the other parts' variables

STRIPE=300 GMAIL=200 # milliseconds that they take to answer

# slow MILLISECONDS PATTERN ...: how long the sandbox takes for these. Each is
# "METHOD PATH", and the first that fits counts.
slow() {
    local milliseconds=$1
    shift
    printf '%s\n' "$@" | jq -nR --argjson delay "$milliseconds" '[inputs |
        split(" ") | {method: .[0], path: .[1], delay_ms: $delay,
            times: 1000000}]' | faults @- >/dev/null
}

# How many of the first pattern's calls there have been since.
calls_to_sandbox() {
    curl -sSf "$(sandbox_url)/sandbox/faults" | jq '1000000 - .[0].times'
}

# unpaid COUNT: as many Pending orders that nobody has tried to pay yet, with
# their owners' tokens; from the last ones on
unpaid() {
    local upto=${unpaid_upto:-$(order_id "$orders")}
    sqlite3 -separator ' ' "$TILL_HOME/data/order.db" "
        SELECT substr(product_name, 9) % $USERS, id FROM orders
        WHERE status = 'Pending' AND id < '$upto' ORDER BY id DESC LIMIT $1" \
        >"$work/unpaid"
    unpaid_upto=$(sed -n '$s/.* //p' "$work/unpaid")
    awk 'NR == FNR { token[NR - 1] = $0; next } { print token[$1], $2 }' \
        "$work/tokens" "$work/unpaid" >"$work/to_pay"
}

# pay CUSTOMERS EACH: leaves what payers printed, with the calls to Stripe that
# a payment took, in $paid
pay() {
    local before after
    unpaid $(($1 * $2))
    before=$(calls_to_sandbox)
    "$build/tests/bench/payers" "$1" $((2 * STRIPE)) "$TILL_URL/api/pay-order" \
        <"$work/to_pay" >"$work/paid"
    after=$(calls_to_sandbox)
    paid=$(jq -c --argjson calls $((after - before)) --argjson stripe $STRIPE \
        --argjson each "$2" '. + {calls: ($calls / .payments)} |
            . + {own: (.p50 - .calls * $stripe), ideal: (2 * $stripe +
                $each * .calls * $stripe)}' "$work/paid")
    jq -e ".payments == $(($1 * $2)) and .paid > 0" <<<"$paid" >/dev/null || {
        echo "not every payment was answered: $paid" >&2
        return 1
    }
}

# shellcheck disable=SC2016  # jq's variables
row_pay() {
    local round
    use many
    slow $STRIPE 'POST /v1/payment_intents*' 'GET /v1/*'
    row pay ms most 5 \
        "pay-order, $customers under way: own time beside Stripe's $STRIPE ms, median"
    row pay-paid ratio least 1 'the same: orders that were paid at once, of all'
    row pay-pace ratio none 0 'the same: payments/s, to what Stripe allows'
    row pay-few ms none 0 'pay-order, 8 under way: own time, median'
    for ((round = 0; round < (rounds + 1) / 2; round++)); do
        with_memory_watched pay "$customers" "$each"
        value pay '$till.own' "$paid"
        value pay-paid '$till.paid / $till.payments' "$paid"
        value pay-pace '$till.ideal / 1000 / $till.seconds' "$paid"
        pay 8 "$each"
        value pay-few '$till.own' "$paid"
    done
    faults >/dev/null
}

# Receipts that wait for Gmail. Its quota allows 54 mails a minute, or 136 by
# the older page: 6,000 or 15,000 units, of which a draft and its sending take
# 110.
row_outbox() {
    local memory_before memory_after sent
    use few
    slow $GMAIL 'POST /gmail/*' 'GET /gmail/*'
    row outbox /s least 0.9 \
        "$receipts receipts, Gmail answering in $GMAIL ms: mails/s"
    row outbox-memory ratio most 1.2 "the same: the worker's memory, to that before"
    sql notification <<SQL
INSERT INTO notifications (id, user_id, order_id, status, attempts, due_at,
    send_started_at, sent_at, version, created_at, updated_at)
SELECT printf('receipt_01890a5d-ac96-774b-bccf-%012x', value),
    printf('01890a5d-ac96-774b-bcce-%012x', value % $USERS),
    '$(order_id 1)', 'Queued', 0, $first + value, 0, 0, 1, $first, $first
FROM generate_series(0, $((receipts - 1)));
SQL
    wait_for 30 has_sent 1
    memory_before=$(memory_of notification-worker)
    sent=$(count_sent)
    sleep "$mailing" # what is counted is how many leave in this time
    sent=$(($(count_sent) - sent))
    memory_after=$(memory_of notification-worker)
    value outbox "$sent / $mailing"
    value outbox-memory "$memory_after / $memory_before"
    faults >/dev/null
}

count_sent() {
    sqlite3 -cmd '.timeout 5000' "$TILL_HOME/data/notification.db" \
        "SELECT count(*) FROM notifications WHERE status = 'Sent'"
}

has_sent() {
    [ "$(count_sent)" -ge "$1" ]
}

# From `till start` to the first answer of every program.
row_start() {
    local round from to
    use few
    row start s most 1 'start to first answered request'
    for ((round = 0; round < (rounds + 1) / 2; round++)); do
        till stop >/dev/null
        from=$(date +%s%N)
        till start >/dev/null
        curl -sSf -o /dev/null "$TILL_URL/api/health/ready"
        to=$(date +%s%N)
        value start "$((to - from)) / 1e9"
    done
}
