# Part of `make bench`: the rows beside a service as one would write it with
# axum and rusqlite (tests/bench/axum), where there is a cargo to build it.
# shellcheck disable=SC2154,SC2034  # the other parts' variables

# Sets $axum to the program; empty where there is none, and then says why.
build_axum() {
    local folder=$build/bench-axum
    axum=$folder/release/till-bench-axum
    if [ "$BENCH" = smoke ]; then
        # too long to build; one that is there is measured
        [ -x "$axum" ] || leave_out_axum 'it is not built for a smoke run'
    elif ! command -v cargo >/dev/null; then
        leave_out_axum 'there is no cargo'
    else
        say_where_we_are 'cargo builds the axum service'
        cargo build --quiet --release --target-dir "$folder" \
            --manifest-path "$here/axum/Cargo.toml" >"$work/cargo" 2>&1 || {
            tail -n 5 "$work/cargo" >&2
            leave_out_axum 'cargo could not build it'
        }
    fi
}

leave_out_axum() {
    axum=
    note "Not measured beside the axum service: $1."
}

# It reads the orders of the Till in use; what it writes is a database of its
# own, with the same tables, and no orders yet.
start_axum() {
    local written=$TILL_HOME/data/axum.db
    cat "$root"/sql/order/*.sql | sqlite3 "$written" >/dev/null
    (
        cd "$TILL_HOME" || exit
        exec "$axum" run/axum.sock data/order.db data/axum.db "$secret" \
            </dev/null >>log/axum.log 2>&1
    ) &
    bare_pids+=($!)
    echo $! >"$TILL_HOME/run/axum.pid"
    wait_for 10 test -S "$TILL_HOME/run/axum.sock"
    cat >"$TILL_HOME/nginx/axum-http.conf" <<'CONF'
upstream axum {
    server unix:run/axum.sock;
    keepalive 128;
    keepalive_requests 1000000;
    keepalive_time 24h;
}
CONF
    cat >"$TILL_HOME/nginx/axum.conf" <<'CONF'
location /axum/ {
    include till-answers.conf;
    client_max_body_size 64k;
    client_body_buffer_size 64k;
    proxy_http_version 1.1;
    proxy_set_header Connection "";
    proxy_pass http://axum;
}
CONF
    add_to_nginx axum "/axum/order/$(order_id 1)"
}

# shellcheck disable=SC2016  # jq's variables
row_axum() {
    local round till other
    [ -n "$axum" ] || return 0
    use many
    start_axum
    row get-axum ratio least 1.3 \
        "GET order, $orders orders: requests/s, to an axum service's"
    row post-axum ratio least 8 \
        'POST order, durable: requests/s, to its, which commits each'
    load axum 32 get /axum/order >/dev/null
    for ((round = 0; round < (rounds + 1) / 2; round++)); do
        till=$(load order-show 32 get /api/order)
        other=$(load axum 32 get /axum/order)
        value get-axum '$till.rate / $reference.rate' "$till" "$other"
        till=$(load order-create 64 post /api/order)
        other=$(load axum 64 post /axum/order)
        value post-axum '$till.rate / $reference.rate' "$till" "$other"
    done
}
