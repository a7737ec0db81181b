# Customers who do everything, all four services on MongoDB, and MongoDB is
# killed, silent, or slow: every answer is a 2xx that is true, or within three
# seconds a 503 that says when to come again; what needs no MongoDB goes on, and
# afterwards all of it, in the same processes.
# shellcheck disable=SC2154,SC2030,SC2031,SC2034 # what lib.bash leaves, and has

load ../lib.bash
load ../tools.bash
load ../faults/stores.bash

CUSTOMERS=3

setup_file() { till_start PAYMENT_LEASE=5 WORKER_LEASE=5; }
teardown_file() { till_stop; }

setup() {
    [ -z "${MONGO_TEST_URI:-}" ] || skip "MONGO_TEST_URI is not ours to stop"
    server=$(cat "$mongo_folder/pid")
    cd "$BATS_TEST_TMPDIR" || return
    register_and_login
    admin=$(user_token "$(new_user_id)" admin)
    before=$(all_processes)
    for name in answers orders paid cancelled accounts; do : >$name; done
    customers=()
    for number in $(seq $CUSTOMERS); do
        mkdir "$number"
        customer "$number" 3>&- &
        customers+=($!)
    done
    wait_for 30 so_many 2 $((20 * CUSTOMERS))
}

teardown() {
    stop_customers
    stop_slowness
    kill -CONT "$server" 2>/dev/null || :
    "$root/tests/mongod/mongod.sh" start "$mongo_folder"
}

all_processes() {
    till status --json | jq -r '.programs[].name | select(test("-"))' |
        while read -r program; do process_of "$program"; done
}

# ask METHOD PATH [JSON [TOKEN]]: one line of `answers`: status, milliseconds,
# Retry-After, what was asked, and the request's id
ask() {
    local start=${EPOCHREALTIME/./}
    api "$@" || status=000
    echo "$status $(((${EPOCHREALTIME/./} - start) / 1000)) $(header Retry-After |
        grep . || echo -) $1 $2 $(header X-Request-Id)" >>answers
    [[ $status = 2* ]]
}

# What is answered 2xx is written down, to be looked for in the end.
customer() {
    local BATS_TEST_TMPDIR=$BATS_TEST_TMPDIR/$1 round=0 headers status body
    while [ ! -e over ]; do
        buy || :
        change_ones_mind || :
        ask GET /api/order '' "$token" || :
        register "$1-$((++round))-$email" || :
        ask POST /api/login "{\"email\":\"$email\",\"password\":\"$password\"}" || :
        ask GET "/api/user/$user_id" '' "$token" || :
    done
}

order() {
    ask POST /api/order '{"product_name":"Tea","quantity":1,"price":10}' \
        "$token" || return
    order_id=$(member .id)
    echo "$order_id" >>orders
}

buy() {
    order || return
    ask POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token" || return
    echo "$order_id" >>paid
    ask GET "/api/payment/$order_id" '' "$token" || :
    ask POST /api/refund "{\"order_id\":\"$order_id\",\"amount\":1}" "$admin"
}

change_ones_mind() {
    order || return
    ask PATCH "/api/order/$order_id" '{"status":"Cancelled"}' "$token" || return
    echo "$order_id" >>cancelled
}

register() { # EMAIL
    ask POST /api/user "$(printf '{"username":"Ada","email":"%s","password":"%s"}' \
        "$1" "$password")" || return
    echo "$1" >>accounts
}

stop_customers() {
    : >over
    wait "${customers[@]}" || :
}

# so_many DIGIT N: at least N answers are so
so_many() {
    [ "$(grep -c "^$1" answers)" -ge "$2" ]
}

# What asks no store is answered as ever.
expect_the_rest_goes_on() {
    api GET /api/health/live
    expect 200
    api GET /api/order
    expect_problem 401
    api POST /api/order '{' "$token"
    expect_problem 400
    api POST /api/stripe/webhook '{}'
    expect_problem 400
}

is_quiet() {
    [ -z "$(open_work)" ]
}

# MongoDB is as it should be again.
expect_healed() {
    order_again() { order_something 2>/dev/null; }
    wait_for 20 order_again
    stop_customers
    [ "$(all_processes)" = "$before" ]
    awk '!/^2/ && !($1 == 503 && $3 > 0) || $2 >= 3000' answers >wrong
    [ ! -s wrong ] || {
        cat wrong
        # what each program had to say of it
        grep -hFf <(sed 's/.* //' wrong) "$TILL_HOME"/log/*.log
        return 1
    } >&2
    wait_for 60 is_quiet
    expect_true
}

# each FILE SERVICE TABLE COLUMN PATTERN: all that is written down there is so
each() {
    local id
    [ -s "$1" ]
    while read -r id; do
        kept "$2" "$3" "$4" "${6:-id}" "$id" | grep -qxE "$5" || {
            echo "$1: $id" >&2
            return 1
        }
    done <"$1"
}

expect_true() {
    each orders order orders status '.*'
    each cancelled order orders status Cancelled
    each paid order orders status 'Paid|PartiallyRefunded'
    each accounts user users username Ada email
    "$root/tests/faults/invariant" "$TILL_HOME"
}

@test "MongoDB is killed, and comes back" {
    kill -KILL "$server"
    wait_for 20 so_many 503 10
    expect_the_rest_goes_on
    "$root/tests/mongod/mongod.sh" start "$mongo_folder"
    expect_healed
}

@test "MongoDB takes connections, and says nothing" {
    kill -STOP "$server"
    wait_for 30 so_many 503 10
    expect_the_rest_goes_on
    kill -CONT "$server"
    expect_healed
}

# It answers only now and then: $1 seconds pass between.
begin_slowness() {
    while kill -STOP "$server"; do
        sleep "$1"
        kill -CONT "$server"
        sleep 0.02
    done 3>&- &
    slowness=$!
}

stop_slowness() {
    [ -z "${slowness:-}" ] || { kill "$slowness" && wait "$slowness"; } || :
    slowness=
}

so_many_more() { # N: answers since `seen`
    [ "$(wc -l <answers)" -ge $((seen + $1)) ]
}

@test "MongoDB is slow" {
    for pause in 0.1 0.5 1.1; do
        begin_slowness $pause
        seen=$(wc -l <answers)
        wait_for 60 so_many_more 20
        expect_the_rest_goes_on
        stop_slowness
        kill -CONT "$server"
    done
    expect_healed
}
