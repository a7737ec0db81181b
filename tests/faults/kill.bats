# kill -9 of any one program, under load: it comes back, the others never
# notice, and what was accepted is there.
# shellcheck disable=SC2154,SC2030,SC2031  # variables of lib.bash

load ../lib.bash
load ../tools.bash

setup_file() {
    till_start
    register_and_login
    order_something
    export token order_id user_id
}

teardown_file() {
    till_stop
}

setup() {
    cd "$TILL_HOME" || return
}

teardown() {
    [ -z "${orders:-}${reads:-}" ] || pkill -TERM -P "${orders:-$reads}" || :
}

# begin_orders SECONDS THREADS: in the background, each answer into `orders`
begin_orders() {
    load_on POST /api/order "$token" \
        '{"product_name":"Tea","quantity":1,"price":1}' -s "$1" -t "$2" \
        >orders &
    orders=$!
}

# end_load PID: of the shell that runs it; what is under way is answered
end_load() {
    pkill -TERM -P "$1"
    wait "$1"
}

# Every order that was answered with 201 is in the database, which is whole.
expect_orders_kept() {
    grep '^201' orders | cut -d' ' -f2 | sort >made
    sqlite3 data/order.db 'SELECT id FROM orders' | sort >kept
    [ "$(wc -l <made)" -ge 50 ]
    [ -z "$(comm -23 made kept)" ]
    [ "$(sqlite3 data/order.db 'PRAGMA integrity_check')" = ok ]
}

# Another process is there for PROGRAM than the one that was PID.
is_another() {
    local now
    now=$(process_of "$1") && [ -n "$now" ] && [ "$now" != "$2" ]
}

# PROGRAM takes and answers a request.
answers() {
    timeout 5 "$tools/fcgi" "run/$1.sock" REQUEST_METHOD=BREW DOCUMENT_URI=/ \
        send read 2>/dev/null | grep -q 'Status: 405'
}

@test "any one program comes back, and no order that was accepted is lost" {
    begin_orders 120 8
    for path in run/*.pid; do
        program=${path#run/}
        program=${program%.pid}
        case $program in nginx | sandbox) continue ;; esac
        pid=$(process_of "$program")
        kill -KILL "$pid"
        wait_for 10 is_another "$program" "$pid"
        [ ! -S "run/$program.sock" ] || wait_for 10 answers "$program"
    done
    end_load "$orders"
    expect_orders_kept
    till status
    # only while the one that takes them was away could an order be refused
    [ "$(grep -c '^201' orders)" -gt "$(($(wc -l <orders) * 9 / 10))" ]
}

@test "the one that takes orders, killed again and again: each order is there" {
    begin_orders 120 16
    for _ in {1..20}; do
        pid=$(process_of order-create)
        kill -KILL "$pid"
        wait_for 10 is_another order-create "$pid"
        wait_for 10 answers order-create
    done
    end_load "$orders"
    expect_orders_kept
}

@test "to kill one program is no matter to the others" {
    api GET "/api/order/$order_id" '' "$token"
    expect 200
    load_on GET "/api/order/$order_id" "$token" '' -s 120 -t 4 >reads &
    reads=$!
    for program in order-create order-list order-update payment-pay \
        notification-notify user-login ops-health; do
        pid=$(process_of "$program")
        kill -KILL "$pid"
        wait_for 10 is_another "$program" "$pid"
    done
    end_load "$reads"
    [ "$(cut -c1-3 reads | sort -u)" = 200 ]
}

@test "a program that was killed leaves the lock free at once" {
    for _ in 1 2 3 4 5; do
        begin_orders 120 8
        pid=$(process_of order-create)
        wait_for 10 test -s orders
        kill -KILL "$pid"
        api PATCH "/api/order/$order_id" \
            '{"status":"Paid","payment_id":"pi_1"}' "$(service_token payment)"
        expect 200
        end_load "$orders"
    done
}

@test "nginx's worker killed: the next one serves, and the orders are there" {
    begin_orders 120 8
    for _ in 1 2 3; do
        worker=$(pgrep -P "$(cat run/nginx.pid)" | head -n 1)
        kill -KILL "$worker"
        is_gone() {
            ! kill -0 "$worker" 2>/dev/null
        }
        wait_for 10 is_gone
        is_served() {
            api GET "/api/order/$order_id" '' "$token" 2>/dev/null
            [ "$status" = 200 ]
        }
        wait_for 10 is_served
    done
    end_load "$orders"
    expect_orders_kept
}

@test "all programs killed at once come back" {
    for path in run/*.pid; do
        program=${path#run/}
        program=${program%.pid}
        case $program in nginx | sandbox) continue ;; esac
        kill -KILL "$(process_of "$program")"
    done
    for path in run/*.sock; do
        program=${path#run/}
        program=${program%.sock}
        [ "$program" = internal ] || wait_for 10 answers "$program"
    done
    till status
    api GET "/api/order/$order_id" '' "$token"
    expect 200
}
