# docs/moving.md, done as it stands there: to MongoDB and back, with a shop that
# has orders, keys and refunds.
# shellcheck disable=SC2154,SC2030,SC2031 # what lib.bash leaves

bats_require_minimum_version 1.5.0 # run !
load ../lib.bash
load ../tools.bash

setup() {
    "$root/tests/mongod/mongod.sh" find || {
        [ $? = 77 ] && skip "there is no MongoDB here"
        return 1
    }
    till_start
    mongo_start
    export MONGO=$mongo_uri
    cd "$root" || return
}

teardown() {
    [ -z "${loads:-}" ] || pkill -TERM -P "$loads" || :
    [ -z "${mongo_folder:-}" ] || mongo_stop
    [ -z "${TILL_HOME:-}" ] || till_stop
}

# procedure N: the commands of that section, each of which must succeed
procedure() {
    awk -v begins="## $1." '/^## / { is_it = index($0, begins) == 1 }
        is_it && /^    / { print substr($0, 5) }' docs/moving.md \
        >"$BATS_TEST_TMPDIR/commands"
    [ -s "$BATS_TEST_TMPDIR/commands" ]
    bash -eu "$BATS_TEST_TMPDIR/commands" >"$BATS_TEST_TMPDIR/said" 2>&1 || {
        cat "$BATS_TEST_TMPDIR/said" >&2
        return 1
    }
}

keyed() { # METHOD PATH JSON TOKEN KEY
    api "$1" "$2" "$3" "$4" -H "Idempotency-Key: $5"
}

pay() { # KEY
    keyed POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token" "$1"
}

# A shop in use: one order paid and refunded in part with keys, one that isn't
# paid, an address whose logins are blocked.
use_shop() {
    register_and_login
    admin=$(user_token "$(new_user_id)" admin)
    keyed POST /api/order '{"product_name":"A book","quantity":1,"price":1000}' \
        "$token" order-1
    expect 201
    order_id=$(member .id)
    made=$body
    pay pay-1
    expect 200 .status Paid
    paid=$body
    keyed POST /api/refund "{\"order_id\":\"$order_id\",\"amount\":5}" \
        "$admin" refund-1
    [[ $status = 20[02] ]]
    refunded=$body
    wait_for 20 is_mailed 2
    (order_something) # that nobody pays
    for _ in 1 2 3 4 5 6 7 8 9 10; do
        api POST /api/login '{"email":"eve@shop.example","password":"wrong wrong"}'
    done
    api GET "/api/order/$order_id" '' "$token"
    expect 200 .status PartiallyRefunded
    shown=$body
}

is_mailed() {
    [ "$(ledger "$order_id" | jq '.mails | length')" = "$1" ]
}

# expect_same BODY: of the last answer
expect_same() {
    [ "$body" = "$1" ] || {
        echo "$status $body, not $1" >&2
        return 1
    }
}

# All that the shop has promised holds wherever it keeps it.
expect_shop() {
    api GET "/api/order/$order_id" '' "$token"
    expect 200
    expect_same "$shown"
    keyed POST /api/order '{"product_name":"A book","quantity":1,"price":1000}' \
        "$token" order-1
    expect_same "$made"
    [ "$(header Idempotency-Replayed)" = true ]
    pay pay-1
    expect_same "$paid"
    keyed POST /api/refund "{\"order_id\":\"$order_id\",\"amount\":5}" \
        "$admin" refund-1
    expect_same "$refunded"
    pay pay-again # it has been, and part of it was given back
    expect 409
    api POST /api/login '{"email":"eve@shop.example","password":"wrong wrong"}'
    expect 429
    api POST /api/login "$(jq -nc --arg email "$email" \
        --arg password "$password" '{email: $email, password: $password}')"
    expect 200
    ledger "$order_id" | jq -e '(.charges | length) == 1' >/dev/null
    is_mailed 2
}

many_orders() { # N: behind Till's back, all like the newest
    sqlite3 -cmd '.timeout 5000' "$TILL_HOME/data/order.db" "
        WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n
            WHERE i < $1)
        INSERT INTO orders SELECT printf('01890a5d-ac96-774b-bcce-%012d', i),
            user_id, product_name, quantity, price, total, currency, status,
            payment_id, version, created_at, updated_at
        FROM n, (SELECT * FROM orders ORDER BY id DESC LIMIT 1)"
}

# copy_orders [--back]: to MongoDB, or from there into a new file
copy_orders() {
    if [ "${1:-}" = --back ]; then
        till copy order --from "$MONGO" --to sqlite:data/new.db
    else
        till copy order --from sqlite:data/order.db --to "$MONGO"
    fi
}

# has_copied N [--back]
has_copied() {
    local there
    if [ "${2:-}" = --back ]; then
        there=$(sqlite3 -readonly "$TILL_HOME/data/new.db" \
            'SELECT count(*) FROM orders' 2>/dev/null) || return
    else
        there=$(mongo_count orders)
    fi
    [ "$there" -ge "$1" ]
}

@test "a shop in use moves to MongoDB and back, and keeps all it has promised" {
    use_shop
    cd "$BATS_TEST_TMPDIR" || return
    load_on POST /api/order "$token" \
        '{"product_name":"Tea","quantity":1,"price":1}' -s 60 -t 2 -w 3 \
        >answers &
    loads=$!
    some_made() { grep -q '^201' answers; }
    wait_for 10 some_made
    cd "$root" || return
    procedure 1
    pkill -TERM -P "$loads" || :
    wait "$loads" || :
    loads=
    order_something
    before=$order_id
    order_id=$(printf '%s' "$made" | jq -r .id)

    procedure 2
    [ "$(grep -c 'copied and checked' "$BATS_TEST_TMPDIR/said")" = 4 ]
    expect_shop
    api GET "/api/order/$before" '' "$token"
    expect 200
    mv "$TILL_HOME/data" "$TILL_HOME/old" # nothing uses it
    mkdir "$TILL_HOME/data"
    order_something
    pay_new=$order_id
    api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token"
    expect 200 .status Paid
    api GET "/api/order/$order_id" '' "$token"
    new=$body
    order_id=$(printf '%s' "$made" | jq -r .id)
    mv "$TILL_HOME"/old/* "$TILL_HOME/data/"

    procedure 3
    [ "$(grep -c 'copied and checked' "$BATS_TEST_TMPDIR/said")" = 4 ]
    expect_shop
    api GET "/api/order/$pay_new" '' "$token"
    expect_same "$new"
    till status
    [ -n "${MONGO_TEST_URI:-}" ] || # nothing is left that needs it
        "$root/tests/mongod/mongod.sh" stop "$mongo_folder"
    expect_shop
}

@test "while it only reads, customers see their orders, and nothing is written" {
    use_shop
    till read-only on
    [ "$(process_of payment-worker 2>/dev/null)" = '' ]
    cksum "$TILL_HOME"/data/*.db{,-wal} >"$BATS_TEST_TMPDIR/before"
    for path in "/api/order/$order_id" /api/order "/api/user/$user_id" \
        "/api/notification/receipt_$order_id" /api/health/ready; do
        api GET "$path" '' "$token"
        expect 200
    done
    for wrong in 'POST /api/order' 'POST /api/pay-order' 'POST /api/login' \
        "GET /api/payment/$order_id" "PATCH /api/order/$order_id" \
        'POST /api/stripe/webhook' 'DELETE /api/user/1'; do
        # shellcheck disable=SC2086  # two words
        api $wrong '{}' "$token"
        expect_problem 503
        [ "$(header Retry-After)" = 5 ]
    done
    cksum "$TILL_HOME"/data/*.db{,-wal} | diff - "$BATS_TEST_TMPDIR/before"
    till stop
    till start
    api POST /api/order '{}' "$token"
    expect 503
    till status
    till read-only off
    expect_shop
    till status
}

# killed_copy URL SOURCE [--back]: a copy into URL dies in the middle, is not
# started on, and goes on where it was when it is run again
killed_copy() {
    local url=$1 source=$2 copying written
    copy_orders "${@:3}" 3>&- &
    copying=$!
    wait_for 20 has_copied 400 "${@:3}"
    kill -9 "$(pgrep -P "$copying" -f till-copy || echo "$copying")"
    wait "$copying" || :
    run ! has_copied 20001 "${@:3}"
    ORDER_DB=$url run till migrate
    [ "$status" = 69 ]
    [[ $output == *"a copy of $source into it isn't finished"* ]]
    run copy_orders "${@:3}"
    [ "$status" = 0 ]
    [[ $output == *orders*20001*'the same'* ]]
    [[ $output == *'copied and checked'* ]]
    written=$(printf '%s' "${lines[-1]}" | sed 's/.*: \([0-9]*\) written.*/\1/')
    [ "$written" -le 19700 ]
    run copy_orders "${@:3}"
    [ "$status" = 0 ]
    [[ ${lines[-1]} == *'both sides held the same already' ]]
    ORDER_DB=$url till migrate
}

@test "a copy that is killed in the middle goes on, to MongoDB and back" {
    register_and_login
    order_something
    many_orders 20000
    killed_copy "$MONGO" sqlite:data/order.db
    killed_copy sqlite:data/new.db "$MONGO" --back
}

@test "each mistake has its words and its status, and shows no password" {
    secret=mongodb://till:pass-word@${MONGO#mongodb://}
    order_db=$TILL_HOME/data/order.db

    run till copy order --from sqlite:no-such.db --to "$MONGO"
    [ "$status" = 66 ]
    [[ $output == *'sqlite:no-such.db: there is no such file'* ]]

    # another version; nothing is made of it
    cp "$order_db" "$TILL_HOME/data/old.db"
    sqlite3 "$TILL_HOME/data/old.db" 'PRAGMA user_version = 2'
    run till copy order --from sqlite:data/old.db --to "$MONGO"
    [ "$status" = 69 ]
    [[ $output == *'has version 2, this program needs'* ]]
    run till copy order --from "$MONGO" --to sqlite:data/new.db
    [ "$status" = 69 ]
    [[ $output == *"it isn't of this version"*'orders'* ]]
    [ ! -e "$TILL_HOME/data/new.db" ]

    # a service's file taken for another's
    run till copy order --from sqlite:data/user.db --to "$MONGO"
    [ "$status" != 0 ]

    register_and_login
    order_something
    copy_orders
    order_something
    run copy_orders
    [ "$status" = 73 ]
    [[ $output == *'it has data that is not the source'* ]]
    run till copy order --from "$MONGO" --to sqlite:data/order.db
    [ "$status" = 73 ]

    # a mark of another source
    mongo '{"insert": "copying", "documents": [{"_id": "order", "source": "sqlite:x"}]}'
    run copy_orders
    [ "$status" = 73 ]
    [[ $output == *'is being filled from sqlite:x'* ]]

    for uri in "$secret" 'mongodb://till:pass-word@127.0.0.1:1/till?x=pass-word' \
        'mongodb://till:pass-word@:::/&'; do
        run till copy order --from sqlite:data/order.db --to "$uri"
        [ "$status" != 0 ]
        [[ $output != *pass-word* ]]
        echo "$uri" >"$TILL_HOME/uri"
        run till copy order --from @uri --to sqlite:data/new.db
        [ "$status" != 0 ]
        [[ $output != *pass-word* ]]
    done
}

@test "on a terminal it draws a bar, elsewhere plain lines" {
    register_and_login
    order_something
    run script -qec "scripts/till copy order --from sqlite:data/order.db \
        --to $MONGO" /dev/null
    [ "$status" = 0 ]
    [[ $output == *'order ['*'##'*'100%'* ]]
    run copy_orders
    [[ $output != *'##'* ]]
    [[ $output != *$'\r'* ]]
    [[ ${lines[0]} == 'order: orders: '* ]]
}
