# A restart in place, and a stop: nothing that was sent goes without an answer.
# shellcheck disable=SC2154,SC2030,SC2031  # variables of lib.bash

load ../lib.bash
load ../tools.bash

setup_file() {
    till_start
    make_a_shop
}

teardown_file() {
    till_stop
}

# A user with a paid order: what each program is asked for below.
make_a_shop() {
    register_and_login || return
    order_something || return
    api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token"
    expect 200 || return
    api POST /api/notify "{\"user_id\":\"$user_id\",\"order_id\":\"$order_id\"}" \
        "$token"
    notification=$(member .id)
    export user_id email password token order_id notification
    payment=$(service_token payment)
    export payment
}

setup() {
    cd "$TILL_HOME" || return
    answers=$BATS_TEST_TMPDIR/answers
    mkdir "$answers"
}

# begin_load PROGRAM SECONDS [THREADS]: in the background; its answers go to
# $answers/PROGRAM. Each line of the table: a program, and what it is asked for.
begin_load() {
    local program method path who json
    while IFS='|' read -r program method path who json; do
        [ "$program" = "$1" ] || continue
        program=$1
        set -- -s "$2" -t "${3:-4}"
        # it is no customer's
        [ "$program" != ops-metrics ] || set -- "$@" -u run/internal.sock
        load_on "$method" "$path" "$who" "$json" "$@" >"$answers/$program" &
        loads="${loads:-} $!"
        return
    done <<TABLE
user-register|POST|/api/user||{"username":"Ada","email":"$email","password":"$password"}
user-login|POST|/api/login||{"email":"$email","password":"$password"}
user-show|GET|/api/user/$user_id|$token|
order-create|POST|/api/order|$token|{"product_name":"Tea","quantity":1,"price":1}
order-show|GET|/api/order/$order_id|$token|
order-list|GET|/api/order?limit=5|$token|
order-update|PATCH|/api/order/$order_id|$payment|{"status":"Paid"}
payment-pay|POST|/api/pay-order|$token|{"order_id":"$order_id"}
payment-show|GET|/api/payment/$order_id|$token|
payment-webhook|POST|/api/stripe/webhook||{}
payment-refund|POST|/api/refund|$token|{"order_id":"$order_id"}
payment-cancel|POST|/api/cancel-payment|$payment|{"order_id":"$order_id"}
notification-notify|POST|/api/notify|$token|{"user_id":"$user_id","order_id":"$order_id"}
notification-show|GET|/api/notification/$notification|$token|
ops-health|GET|/api/health/live||
ops-metrics|GET|/metrics||
ops-shop|GET|/api/shop||
TABLE
    echo "nobody knows what to ask $1 for: add it to the table" >&2
    return 1
}

# shellcheck disable=SC2086  # numbers
end_loads() {
    wait $loads
    loads=
}

# Every program was asked, and each time it gave an answer of its own.
expect_no_failure() {
    local program
    for program; do
        [ "$(wc -l <"$answers/$program")" -ge 20 ] || {
            echo "$program was asked $(wc -l <"$answers/$program") times" >&2
            return 1
        }
        if grep -q -e '^000' -e '^5' "$answers/$program"; then
            echo "$program: $(sort "$answers/$program" | cut -c1-60 |
                grep -v '^2' | uniq -c | head)" >&2
            return 1
        fi
    done
}

# Whether the process has become itself again: its connections were handed on.
was_restarted() {
    tr '\0' '\n' <"/proc/$1/environ" | grep -q '^TILL_PARKED='
}

# answers_again PROGRAM: it takes and answers a request
answers_again() {
    fcgi "run/$1.sock" REQUEST_METHOD=BREW DOCUMENT_URI=/ send read |
        grep -q 'Status: 405'
}

@test "SIGHUP to any program under load: no request fails, the process stays" {
    programs=$(served)
    for program in $programs; do
        process_of "$program" >"$BATS_TEST_TMPDIR/$program"
        begin_load "$program" 8 2
    done
    for _ in 1 2 3 4 5 6; do
        for program in $programs; do
            kill -HUP "$(process_of "$program")"
            answers_again "$program"
        done
    done
    end_loads
    # shellcheck disable=SC2086  # names
    expect_no_failure $programs
    for program in $programs; do
        pid=$(process_of "$program")
        [ "$pid" = "$(cat "$BATS_TEST_TMPDIR/$program")" ]
        was_restarted "$pid"
    done
}

@test "SIGHUP again and again to the one that takes orders: each order is there" {
    begin_load order-create 4 16
    pid=$(process_of order-create)
    for _ in {1..100}; do
        kill -HUP "$pid"
        answers_again order-create
    done
    end_loads
    expect_no_failure order-create
    [ "$(process_of order-create)" = "$pid" ]
    grep '^201' "$answers/order-create" | cut -d' ' -f2 | sort >made
    sqlite3 data/order.db 'SELECT id FROM orders' | sort >kept
    [ -z "$(comm -23 made kept)" ]
    [ "$(wc -l <made)" = "$(wc -l <"$answers/order-create")" ]
}

@test "scripts/till restart under load: no request fails" {
    programs=$(served)
    for program in $programs; do
        begin_load "$program" 8 2
    done
    till restart
    till restart
    end_loads
    # shellcheck disable=SC2086  # names
    expect_no_failure $programs
}

@test "a restart takes a changed setting" {
    api POST /api/order '{"product_name":"Tea","quantity":1,"price":1}' "$token"
    expect 201 .currency usd
    echo CURRENCY=eur >>"$TILL_ENV"
    till restart order-create
    is_in_euros() {
        api POST /api/order '{"product_name":"Tea","quantity":1,"price":1}' \
            "$token"
        expect 201 .currency eur 2>/dev/null
    }
    wait_for 5 is_in_euros
}

@test "a restart under load leaves no descriptor behind" {
    count() {
        find "/proc/$1/fd" -mindepth 1 | wc -l
    }
    for program in order-show user-show payment-show; do
        pid=$(process_of "$program")
        begin_load "$program" 1 8
        end_loads
        before=$(count "$pid")
        for _ in {1..20}; do
            kill -HUP "$pid"
            answers_again "$program"
        done
        [ "$(count "$pid")" -le $((before + 2)) ]
    done
}

# A program that nobody brings back: $alone is its process.
start_alone() {
    rm -f alone.sock
    case ${TILL_BUILD:-build} in
    /*) program=$TILL_BUILD/cgi-bin/$1 ;;
    *) program=$root/$TILL_BUILD/cgi-bin/$1 ;;
    esac
    STRIPE_SECRET_KEY=sk_test_sandbox \
        STRIPE_DEFAULT_PAYMENT_METHOD=pm_card_visa STRIPE_API_BASE=$(sandbox_url) \
        spawn-fcgi -n -s alone.sock -- "$program" >/dev/null 2>alone.log 3>&- &
    alone=$!
    wait_for 10 is_listening
}

is_listening() {
    fcgi alone.sock say yes >/dev/null 2>&1
}

# expect_end: it has ended by itself, with status 0
expect_end() {
    status=0
    wait "$alone" || status=$?
    cat alone.log >&2
    [ "$status" = 0 ]
    ! grep -E 'till: |AddressSanitizer|runtime error|LeakSanitizer' alone.log # the last command
}

@test "SIGTERM: what has been read is answered, then the process ends with 0" {
    for name in $(served); do
        start_alone "$name"
        printf '{"a":1}' >body
        # half of a request is there when the signal comes
        rm -f go answer
        fcgi alone.sock REQUEST_METHOD=POST DOCUMENT_URI=/api/x \
            REQUEST_ID=before-the-end send read body body most say half-sent \
            until go rest read >answer &
        asking=$!
        wait_for 10 grep -q half-sent answer
        kill -TERM "$alone"
        touch go
        wait "$asking"
        [ "$(grep -c 'X-Request-Id: before-the-end' answer)" = 2 ] || {
            cat answer alone.log
            return 1
        }
        expect_end
    done
}

@test "SIGTERM waits for a payment that is on its way" {
    api POST /api/order '{"product_name":"Tea","quantity":1,"price":1}' "$token"
    expect 201
    printf '{"order_id":"%s"}' "$(member .id)" >body
    faults '[{"method":"POST","path":"/v1/payment_intents/*/confirm","delay_ms":1500}]'
    start_alone payment-pay
    fcgi alone.sock REQUEST_METHOD=POST DOCUMENT_URI=/api/pay-order \
        CONTENT_TYPE=application/json HTTP_AUTHORIZATION="Bearer $token" \
        body body send read >answer &
    asking=$!
    asked_stripe() {
        ledger | jq -e --slurpfile body body 'any(.intents[];
            .order_id == $body[0].order_id)' >/dev/null
    }
    wait_for 10 asked_stripe
    kill -TERM "$alone"
    wait "$asking"
    grep -q '"status":"Paid"' answer
    expect_end
}

@test "an idle program ends at once, with connections open or not" {
    for name in order-show payment-show; do
        for signal in TERM INT QUIT; do
            start_alone "$name"
            rm -f go answer
            fcgi alone.sock REQUEST_METHOD=BREW send read until go >answer &
            asking=$!
            wait_for 10 grep -q 'Status: 405' answer
            kill -$signal "$alone"
            expect_end
            touch go
            wait "$asking"
        done
    done
}

@test "stop lets a worker finish the mail that it is sending" {
    faults '[{"method":"POST","path":"/gmail/v1/users/me/drafts/send","delay_ms":1500}]'
    order_something
    api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token"
    expect 200
    receipt() {
        [ "$(sqlite3 data/notification.db "SELECT status FROM notifications
            WHERE order_id = '$order_id'")" = "$1" ]
    }
    wait_for 10 receipt Sending
    till stop
    receipt Sent
    till start
}
