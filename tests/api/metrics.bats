# GET /metrics on the internal listener, /api/health/ready with its causes, and
# traces: what whoever runs a Till sees of it.

bats_require_minimum_version 1.5.0 # run !
load ../lib.bash
load ../tools.bash

setup_file() {
    till_start PAYMENT_LEASE=1 WORKER_LEASE=1
}

teardown_file() {
    till_stop
}

# internally PATH [CURL OPTION ...]: as one service asks another
internally() {
    curl -sS -m 10 --unix-socket "$TILL_HOME/run/internal.sock" \
        "http://till$1" "${@:2}"
}

# number_of METRIC LABEL ...: the sum of all its samples that have these labels,
# as in: number_of till_calls_total 'to="stripe"'
number_of() {
    local name=$1 label
    internally /metrics | grep "^${name}[{ ]" | {
        if [ $# -gt 1 ]; then
            shift
            label=$(printf '%s.*' "$@")
            grep -- "$label"
        else
            cat
        fi
    } | awk '{ sum += $NF } END { printf "%.0f\n", sum }'
}

# is_at_least NUMBER METRIC LABEL ...
is_at_least() {
    [ "$(number_of "${@:2}")" -ge "$1" ]
}

is_at() {
    [ "$(number_of "${@:2}")" = "$1" ]
}

@test "promtool finds nothing to say about the metrics, and nobody outside sees them" {
    register_and_login
    order_something
    pay
    expect 200
    internally /metrics >"$BATS_TEST_TMPDIR/metrics" -D "$BATS_TEST_TMPDIR/head"
    grep -qi '^Content-Type: text/plain; version=0.0.4' "$BATS_TEST_TMPDIR/head"
    run promtool check metrics <"$BATS_TEST_TMPDIR/metrics"
    [ "$status$output" = 0 ]
    [ "$(grep -c '^till_' "$BATS_TEST_TMPDIR/metrics")" -gt 200 ]
    api GET /metrics
    expect_problem 404
    run internally /metrics -X POST -w '%{http_code}' -o /dev/null
    [ "$output" = 405 ]
}

@test "each request is counted once by its program and its status, with its time" {
    register_and_login
    good=$(number_of till_requests_total order-create 2xx)
    bad=$(number_of till_requests_total order-create 4xx)
    all=$(number_of till_request_duration_seconds_count order-create)
    for _ in 1 2 3; do
        order_something
        api POST /api/order '{}' "$token"
        expect 422
    done
    wait_for 5 is_at $((good + 3)) till_requests_total order-create 2xx
    wait_for 5 is_at $((bad + 3)) till_requests_total order-create 4xx
    wait_for 5 is_at $((all + 6)) till_request_duration_seconds_count order-create
    internally /metrics | grep -q '^till_requests_total{program="order-show",method="GET",route="/api/order/{order_id}",status="2xx"} '
}

@test "a program that is killed, or restarted, goes on counting where it was" {
    register_and_login
    order_something
    before=$(number_of till_requests_total order-show 2xx)
    for way in -9 -HUP; do
        pid=$(process_of order-show)
        kill "$way" "$pid"
        is_there() { order_is Pending; }
        wait_for 10 is_there
    done
    wait_for 5 is_at_least $((before + 2)) till_requests_total order-show 2xx
}

@test "what Stripe and Gmail answer is counted by what became of it" {
    register_and_login
    order_something
    failed=$(number_of till_calls_total 'to="stripe",outcome="failed"')
    lost=$(number_of till_calls_total 'to="stripe",outcome="unanswered"')
    faults '[{"method":"POST","path":"/v1/payment_intents/*/confirm","status":500}]'
    pay
    expect 503
    faults
    wait_for 5 is_at_least $((failed + 1)) till_calls_total \
        'to="stripe",outcome="failed"'
    is_paid() { order_is Paid 2>/dev/null; }
    wait_for 30 is_paid
    is_at_least 1 till_calls_total 'program="payment-pay",to="order",outcome="ok"'
    wait_for 30 is_at_least 1 till_calls_total 'to="gmail",outcome="ok"'
    is_at_least 1 till_calls_total 'to="google-token",outcome="ok"'
    [ "$(number_of till_calls_total 'to="stripe",outcome="unanswered"')" = "$lost" ]
}

@test "what waits is told by its worker: payments, events, mails, and who needs a person" {
    wait_for 30 is_at 0 till_events_waiting
    register_and_login
    order_something
    pay pm_card_authenticationRequired
    expect 202
    wait_for 15 is_at 1 till_payments_open 'state="RequiresAction"'
    since=$(number_of till_payments_open_since_timestamp_seconds \
        'state="RequiresAction"')
    awk -v since="$since" -v now="$(date +%s)" \
        'BEGIN { exit since < now - 60 || since > now + 1 }'
    internally /metrics >"$BATS_TEST_TMPDIR/metrics"
    for name in 'till_reviews_open{kind="Dispute"} 0' \
        'till_mails_waiting{status="Queued"} ' 'till_mails_stuck{status="Unknown"} 0' \
        'till_mailboxes_paused 0' \
        'till_worker_last_turn_timestamp_seconds{program="notification-worker"} '; do
        grep -qF "$name" "$BATS_TEST_TMPDIR/metrics"
    done
    curl -sSf -X POST "$(sandbox_url)/sandbox/intents/$(ledger "$order_id" |
        jq -r '.intents[0].id')/complete" >/dev/null
    wait_for 30 is_at 0 till_payments_open 'state="RequiresAction"'
}

@test "the sizes of the databases are told, and what is free beside them" {
    for name in user order payment notification; do
        [ "$(number_of till_database_bytes "service=\"$name\",file=\"main\"")" = \
            "$(stat -c %s "$TILL_HOME/data/$name.db")" ]
        [ "$(number_of till_database_free_bytes "service=\"$name\"")" -gt 0 ]
        [ "$(number_of till_ready "service=\"$name\"")" = 1 ]
    done
}

@test "ready names each service that isn't, and why, and who else is away" {
    api GET /api/health/ready
    expect 200 .status ready
    [ "$(member '.services | keys | join(" ")')" = 'notification order payment user' ]
    [ "$(member '.causes | length')" = 0 ]
    [ "$(member '.others["payment-worker"]')" = up ]
    kill "$(cat "$TILL_HOME/run/user-show.pid")"
    is_down() {
        api GET /api/health/ready
        [ "$status" = 503 ] && [ "$(member .services.user)" = down ]
    }
    wait_for 10 is_down
    [ "$(member .status)" = 'not ready' ]
    [ "$(header Retry-After)" = 1 ]
    [ "$(member .services.order)" = up ]
    [[ $(member .causes.user) == *"status 502, its program isn't there" ]]
    is_at 0 till_ready 'service="user"'
    is_up() {
        api GET /api/health/ready
        [ "$status" = 200 ]
    }
    till start
    wait_for 15 is_up
}

@test "who is away and isn't missed at once is named, and the Till is ready all the same" {
    register_and_login
    order_something
    faults '[{"path":"/v1/*","status":500,"times":1000}]'
    pay
    api GET /api/health/ready
    expect 200 .others.stripe down
    [[ $(member .causes.stripe) == 'the last call, at 2'*', failed' ]]
    faults
    pay
    expect 200
    api GET /api/health/ready
    expect 200 .others.stripe up
}

@test "a trace goes through every service that a request needs, and into each log" {
    trace=$(openssl rand -hex 16)
    register_and_login
    order_something
    pay '' -H "traceparent: 00-$trace-00f067aa0ba902b7-01" -H 'tracestate: shop=1'
    expect 200
    logged() { # logged PROGRAM: its line of this trace
        grep "\"trace_id\":\"$trace\"" "$TILL_HOME/log/$1.log" |
            grep '"message":"request"'
    }
    wait_for 5 logged payment-pay
    span=$(logged payment-pay | jq -r .span_id)
    [ "$(logged payment-pay | jq -r .parent_id)" = 00f067aa0ba902b7 ]
    [[ $span =~ ^[0-9a-f]{16}$ ]]
    for program in order-show order-update notification-notify; do
        wait_for 5 logged "$program"
        logged "$program" | jq -r .parent_id | grep -qxF "$span"
    done
    # and from there on
    span=$(logged notification-notify | jq -r .span_id)
    logged order-show | jq -r .parent_id | grep -qxF "$span"
    is_in_nginx_log() {
        [ "$(grep -c "\"trace_id\":\"$trace\"" \
            "$TILL_HOME/log/nginx-access.log")" -ge 4 ]
    }
    wait_for 5 is_in_nginx_log
    # whom it doesn't concern
    run ! grep -r "$trace" "$TILL_HOME/sandbox"
    run ! grep -q trace_id "$TILL_HOME/log/order-create.log"
}

@test "the alarms ring when they should, and speak of numbers that there are" {
    cd "$root/docs/monitoring"
    promtool check rules alarms.yaml
    promtool test rules alarms_test.yaml
    sed -n 's/.*alert: //p' alarms.yaml | sort >"$BATS_TEST_TMPDIR/alarms"
    sed -n 's/^| \(Till[A-Za-z]*\) |.*/\1/p' ../operating.md | sort |
        diff - "$BATS_TEST_TMPDIR/alarms"
    # what the dashboard asks for is as well-formed
    {
        echo 'groups: [{ name: dashboard, rules: ['
        jq -c '[.panels[].targets[].expr] | to_entries[] | {
            record: "panel_\(.key)",
            expr: (.value | gsub("\\$__rate_interval"; "5m"))}' grafana.json |
            sed 's/$/,/'
        echo ']}]'
    } >"$BATS_TEST_TMPDIR/dashboard.yaml"
    run promtool check rules "$BATS_TEST_TMPDIR/dashboard.yaml"
    [[ $output == *"$(jq '[.panels[].targets[]] | length' grafana.json) rules found"* ]]
    internally /metrics | sed -n 's/^# TYPE \([a-z_]*\).*/\1/p' |
        sort >"$BATS_TEST_TMPDIR/there"
    grep -oh 'till_[a-z_]*' alarms.yaml grafana.json |
        sed 's/_\(bucket\|count\|sum\)$//' | sort -u >"$BATS_TEST_TMPDIR/asked"
    [ -z "$(comm -23 "$BATS_TEST_TMPDIR/asked" "$BATS_TEST_TMPDIR/there")" ]
}
