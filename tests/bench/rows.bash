# Part of `make bench`: the rows of what touches only a database. Each is
# measured in turn with its reference, round by round.
# shellcheck disable=SC2154,SC2034  # the other parts' variables

row_get() {
    local round till bare
    use many
    row get ratio least 0.80 "GET order, $orders orders: requests/s, to the responder's"
    load order-show 32 get /api/order >/dev/null # the first is for warming up
    for ((round = 0; round < rounds; round++)); do
        till=$(load order-show 32 get /api/order)
        bare=$(load bare 32 get /bare/order)
        # shellcheck disable=SC2016  # jq's variables
        value get '$till.rate / $reference.rate' "$till" "$bare"
    done
}

row_sizes() {
    sizes_beside many few
    [ -z "${most:-}" ] || sizes_beside most many
}

# sizes_beside LARGER SMALLER: two Tills with so many orders
sizes_beside() {
    local round larger smaller larger_memory smaller_memory
    use "$1"
    row "get-p99-$1" ratio most 1.3 \
        "GET order, $orders orders: p99, to that of ${orders_of[$2]}"
    row "get-memory-$1" ratio most 1.2 "the same: order-show's resident memory"
    for ((round = 0; round < rounds; round++)); do
        use "$2"
        smaller=$(load order-show 32 get /api/order)
        smaller_memory=$(memory_of order-show)
        use "$1"
        larger=$(load order-show 32 get /api/order)
        larger_memory=$(memory_of order-show)
        # shellcheck disable=SC2016  # jq's variables
        value "get-p99-$1" '$till.p99 / $reference.p99' "$larger" "$smaller"
        value "get-memory-$1" "$larger_memory / $smaller_memory" \
            "{\"memory\":$larger_memory}" "{\"memory\":$smaller_memory}"
    done
}

# shellcheck disable=SC2016  # jq's variables
row_post() {
    local round till bare
    use many
    row post ratio least 0.45 \
        "POST order, durable, 64 clients: requests/s, to the responder's"
    row post-p99 ms most 5 'the same: p99'
    row post-keyed ratio none 0 'the same with an Idempotency-Key: requests/s'
    for ((round = 0; round < rounds; round++)); do
        till=$(load order-create 64 post /api/order)
        bare=$(load bare 64 post /bare/order)
        value post '$till.rate / $reference.rate' "$till" "$bare"
        value post-p99 '$till.p99 / 1000' "$till" "$bare"
        till=$(load order-create 64 keyed /api/order)
        bare=$(load bare 64 keyed /bare/order)
        value post-keyed '$till.rate / $reference.rate' "$till" "$bare"
    done
}

# shellcheck disable=SC2016  # jq's variables
row_login() {
    local round till raw
    use many
    row login ratio least 0.95 "POST login: logins/s, to the machine's Argon2id"
    sql user <<<'SELECT password_hash FROM users LIMIT 1' >"$work/hash"
    for ((round = 0; round < rounds; round++)); do
        raw=$("$build/tests/bench/argon2" "$seconds" "$(nproc)" "$PASSWORD" \
            <"$work/hash")
        till=$(load user-login 16 login /api/login)
        value login '$till.rate / $reference.rate' "$till" "{\"rate\":$raw}"
    done
    row login-beside ratio most 3 'GET order while others log in: p99, to its own'
    for ((round = 0; round < rounds; round++)); do
        raw=$(load order-show 32 get /api/order)
        load user-login 16 login /api/login >"$work/beside" &
        till=$(load order-show 32 get /api/order)
        wait $!
        value login-beside '$till.p99 / $reference.p99' "$till" "$raw"
    done
}

# All programs together, when nobody asks.
row_memory_idle() {
    use many
    row memory-idle MB most 60 'all programs together, idle: memory (PSS)'
    value memory-idle "$(all_memory) / 1024"
}

# ... and the most they had while everything was asked at once, or paid.
row_memory_load() {
    use many
    row memory-load MB most 120 'all programs together, under load: memory (PSS)'
    with_memory_watched everything_at_once
    value memory-load "$(sort -n "$work/memory" | tail -n 1) / 1024"
}

everything_at_once() {
    local pids=() pid
    load order-show 32 get /api/order >"$work/get" &
    pids+=($!)
    load order-create 64 keyed /api/order >"$work/keyed" &
    pids+=($!)
    load user-login 16 login /api/login >"$work/login" &
    pids+=($!)
    for pid in "${pids[@]}"; do
        wait "$pid"
    done
}
