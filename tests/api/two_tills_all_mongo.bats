# Two whole copies of Till on one MongoDB: one shop.
# shellcheck disable=SC2154,SC2030,SC2031,SC2034 # what lib.bash leaves

load ../lib.bash
load ../tools.bash
load ../two_tills.bash

# begin [PREPARE]: starts both, PREPARE once MongoDB is there and once more when
# the sandbox is.
begin() {
    local prepare=${1:-:}
    relays=()
    make_homes
    "$prepare" mongo "$(cat "$mongo_folder/port" 2>/dev/null)"
    start_first
    "$prepare" sandbox "${sandbox##*:}"
    start_second
}

teardown() {
    stop_both
    [ ${#relays[@]} = 0 ] || kill "${relays[@]}" || :
    [ -z "${spaces:-}" ] || for space in $spaces; do ip netns del "$space"; done
    forget_both
}

# pay_200 NAME: 200 times at once, 20 at a time, each status a line of NAME
pay_200() {
    yes "url = \"$TILL_URL/api/pay-order\" output = /dev/null" | head -n 200 |
        sed 's/ output/\noutput/' |
        curl -sS --parallel --parallel-max 20 -m 60 -K - \
            -w '%{http_code}\n' -H "Authorization: Bearer $token" \
            -H 'Content-Type: application/json' \
            -d "{\"order_id\":\"$order_id\"}" >"$BATS_TEST_TMPDIR/$1"
}

is_sent_once() {
    at_first
    ledger "$order_id" | jq -e '(.mails | length) == 1' >/dev/null
}

# One shop: who is known at the one is known at the other, and an order is
# charged once though both are asked to.
expect_one_shop() {
    at_first
    register_and_login
    order_something
    at_second
    api GET "/api/order/$order_id" '' "$token"
    expect 200 .status Pending
    api GET "/api/user/$user_id" '' "$token"
    expect 200 .email "$email"
    api POST /api/login "$(jq -nc --arg email "$email" \
        --arg password "$password" '{email: $email, password: $password}')"
    expect 200
    token_2=$(member .token)

    (at_first && pay_200 first) &
    local other=$!
    (at_second && token=$token_2 && pay_200 second)
    wait $other
    for name in first second; do
        [ "$(wc -l <"$BATS_TEST_TMPDIR/$name")" = 200 ]
        sort "$BATS_TEST_TMPDIR/$name" | uniq -c
        # 503: it wasn't known yet, and nobody was told a guess
        ! grep -v -e '^200$' -e '^503$' "$BATS_TEST_TMPDIR/$name" || return
        grep -q '^200$' "$BATS_TEST_TMPDIR/$name"
    done
    wait_for 30 is_sent_once
    at_second
    api GET "/api/order/$order_id" '' "$token"
    expect 200 .status Paid
    api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token"
    expect 200 .status Paid
    at_first
    ledger "$order_id" >"$BATS_TEST_TMPDIR/ledger"
    jq -e '(.charges | length) == 1 and (.mails | length) == 1' \
        "$BATS_TEST_TMPDIR/ledger" >/dev/null
    # the notifications' own count agrees
    [ "$(mongo_count notifications "{\"order_id\": \"$order_id\"}")" = 1 ]
    expect_one_refund
}

refund() {
    api POST /api/refund "{\"order_id\":\"$order_id\",\"amount\":5}" \
        "$(user_token "$user_id" admin)" -H 'Idempotency-Key: give-back'
}

is_refunded_once() {
    ledger "$order_id" | jq -e '([.refunds[].amount] == [500]) and
        (.mails | length) == 2' >/dev/null
}

# With one key, at both at once: one refund, and one answer for both.
expect_one_refund() {
    mkdir "$BATS_TEST_TMPDIR/other"
    (at_first && BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/other refund) &
    local other=$!
    (at_second && refund)
    wait $other
    refunded() { refund && [[ $status = 20[02] ]]; }
    wait_for 20 refunded
    answer=$body
    at_first
    refund
    [ "$(header Idempotency-Replayed)" = true ]
    [ "$body" = "$answer" ]
    wait_for 30 is_refunded_once
}

@test "both take the same tokens, and what both are asked to pay is charged and mailed once" {
    begin
    expect_one_shop
}

# relay WHERE NAME PORT: in a network namespace PORT of loopback leads to the
# machine's, by a socket in the file system, which all of them share
relay() {
    ip netns exec "$1" socat "TCP-LISTEN:$3,bind=127.0.0.1,fork,reuseaddr" \
        "UNIX-CONNECT:$home_1.$2" 3>&- &
    relays+=($!)
    wait_for 10 ip netns exec "$1" bash -c ": <'/dev/tcp/127.0.0.1/$3'" 2>/dev/null
}

# The socket that a relay leads to, beside the server: relay_end WHERE NAME PORT
relay_end() {
    "${@:4}" socat "UNIX-LISTEN:$home_1.$2,fork" "TCP:127.0.0.1:$3" 3>&- &
    relays+=($!)
    wait_for 10 test -S "$home_1.$2"
}

part() {
    local space port=$2
    case $1 in
    mongo)
        spaces="${home_1##*.}-1 ${home_1##*.}-2"
        relay_end here mongo-end "$port"
        for space in $spaces; do
            ip netns add "$space"
            ip netns exec "$space" ip link set lo up
            relay "$space" mongo-end "$port"
        done
        first=(ip netns exec "${home_1##*.}-1")
        second=(ip netns exec "${home_1##*.}-2")
        ;;
    sandbox)
        relay_end there sandbox-end "$port" "${first[@]}"
        relay "${home_1##*.}-2" sandbox-end "$port"
        ;;
    esac
}

@test "the same in two network namespaces, where nothing is shared but MongoDB" {
    [ -z "${MONGO_TEST_URI:-}" ] || skip "MONGO_TEST_URI may be anywhere"
    command -v socat >/dev/null || skip "there is no socat"
    ip netns add "till-$$" 2>/dev/null ||
        skip "network namespaces can't be made here (root, iproute2)"
    ip netns del "till-$$"
    begin part
    # each has the other's port for itself
    at_second
    TILL_URL=http://127.0.0.1:$port_1 run api GET /api/health/live
    [ "$status" != 0 ]
    expect_one_shop
    rm -f "$home_1".{mongo,sandbox}-end
}

@test "clocks that differ by 30 seconds change nothing" {
    [ "${SANITIZE:-}" != 1 ] || skip "a sanitizer must be loaded first"
    faked=$(find /usr/lib -name libfaketimeMT.so.1 2>/dev/null | head -n 1)
    [ -n "$faked" ] || skip "there is no faketime"
    # intervals are by the monotonic clock, which stays
    second=(env LD_PRELOAD="$faked" FAKETIME=+29s DONT_FAKE_MONOTONIC=1
        FAKETIME_DONT_FAKE_MONOTONIC=1)
    begin
    at_second
    api GET /api/health/live
    ahead=$(($(date -ud "$(header Date)" +%s) - $(date +%s)))
    [ $ahead -ge 27 ]
    expect_one_shop
}
