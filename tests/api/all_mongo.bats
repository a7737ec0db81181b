# All four services on MongoDB: the whole walk, and a server that is killed, or
# silent, under load.
# shellcheck disable=SC2154,SC2030,SC2031 # what lib.bash leaves

load ../lib.bash
load ../tools.bash

setup_file() { till_start; }
teardown_file() { till_stop; }

setup() {
    register_and_login
    cd "$BATS_TEST_TMPDIR" || return
}

teardown() {
    [ -z "${loads:-}" ] || pkill -TERM -P "$loads" || :
    [ -n "${MONGO_TEST_URI:-}" ] || {
        kill -CONT "$(cat "$mongo_folder/pid")" 2>/dev/null || :
        "$root/tests/mongod/mongod.sh" start "$mongo_folder"
    }
}

@test "one order walks through the workflow, and nothing is kept in SQLite" {
    run till smoke "$TILL_URL"
    [ "$status" = 0 ]
    [[ ${lines[-1]} == *'is Paid, its receipt is Sent.' ]]
    [ "$(ls -A "$TILL_HOME/data")" = '' ]
    [ "$(mongo_count payments '{"state": "Succeeded", "needs_person": false}')" = 1 ]
    [ "$(mongo_count notifications '{"status": "Sent"}')" = 1 ]
    run till doctor
    [ "$status" = 0 ]
}

# In the background, for SECONDS: orders, each answer a line of `answers`. What
# has no answer within three seconds has none.
begin_orders() {
    load_on POST /api/order "$token" \
        '{"product_name":"Tea","quantity":1,"price":1}' -s "$1" -t 8 -w 3 \
        >answers &
    loads=$!
}

end_orders() {
    pkill -TERM -P "$loads" || :
    wait "$loads" || :
    loads=
}

# so_many STATUS N: at least N answers are so
so_many() {
    [ "$(grep -c "^$1" answers)" -ge "$2" ]
}

# Orders are taken again, and each that was answered 201 is there.
expect_healed() {
    order_again() { order_something 2>/dev/null; }
    wait_for 20 order_again
    end_orders
    [ -z "$(grep -v -e '^201' -e '^503' answers)" ]
    so_many 201 20
    so_many 503 5
    grep '^201' answers | cut -d' ' -f2 | sort >made
    kept order orders id user_id "$user_id" | sort >kept
    [ -z "$(comm -23 made kept)" ]
}

@test "MongoDB killed under load: 201 that are true, else 503 within three seconds" {
    [ -z "${MONGO_TEST_URI:-}" ] || skip "MONGO_TEST_URI is not ours to stop"
    begin_orders 60
    wait_for 20 so_many 201 20
    kill -KILL "$(cat "$mongo_folder/pid")"
    wait_for 20 so_many 503 5
    api GET /api/health/live
    expect 200
    "$root/tests/mongod/mongod.sh" start "$mongo_folder"
    expect_healed
}

@test "MongoDB silent under load: the same" {
    [ -z "${MONGO_TEST_URI:-}" ] || skip "MONGO_TEST_URI is not ours to stop"
    begin_orders 60
    wait_for 20 so_many 201 20
    kill -STOP "$(cat "$mongo_folder/pid")"
    wait_for 20 so_many 503 5
    kill -CONT "$(cat "$mongo_folder/pid")"
    expect_healed
}
