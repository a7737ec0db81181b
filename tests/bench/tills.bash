# Part of `make bench`: the Tills that are measured, each with its orders.
# shellcheck disable=SC2154,SC2034  # the other parts' variables

USERS=64
PASSWORD='correct horse battery'
declare -A home_of port_of_till first_of orders_of
bare_pids=()
secret=bench-$RANDOM-$RANDOM-$RANDOM-$(date +%s%N)-bench

# till_with NAME ORDERS: a Till of its own with so many orders, running
till_with() {
    local name=$1
    orders=$2
    say_where_we_are "a Till with $orders orders"
    till_home THREADS=640 "JWT_SECRET=$secret"
    home_of[$name]=$TILL_HOME
    # ids carry the time: the newest order is of this minute
    first=$(($(date +%s%3N) - orders))
    first_of[$name]=$first
    orders_of[$name]=$orders
    till migrate >/dev/null
    sed -e "s/@COUNT/$orders/g" -e "s/@FIRST/$first/g" \
        -e "s/@USERS/$USERS/g" "$here/orders.sql" |
        sqlite3 "$TILL_HOME/data/order.db" >/dev/null
    till_up
    port_of_till[$name]=$TILL_PORT
    make_users
    start_bare
}

# use NAME: the Till that is asked from here on
use() {
    TILL_HOME=${home_of[$1]}
    TILL_ENV=$TILL_HOME/till.env
    TILL_PORT=${port_of_till[$1]}
    TILL_URL=http://127.0.0.1:$TILL_PORT
    first=${first_of[$1]}
    orders=${orders_of[$1]}
    export TILL_HOME TILL_ENV TILL_PORT TILL_URL
}

# sql DATABASE: what is on standard input, one at a time with the programs
sql() {
    flock "$TILL_HOME/data/$1.db.lock" sqlite3 -batch -cmd '.timeout 5000' \
        "$TILL_HOME/data/$1.db"
}

# The users whose orders there are: copies of one who has registered, so that
# they have a password without USERS hashes.
make_users() {
    api POST /api/user "$(jq -nc --arg password "$PASSWORD" \
        '{username: "Ada", email: "ada@shop.example", password: $password}')"
    expect 201
    sql user <<SQL
INSERT INTO users SELECT printf('01890a5d-ac96-774b-bcce-%012x', value),
    username, printf('user-%d@shop.example', value),
    printf('user-%d@shop.example', value), password_hash, role, version,
    created_at, updated_at FROM users, generate_series(0, $((USERS - 1)));
SQL
}

# Tokens of all users, for every Till and for longer than it takes.
make_tokens() {
    local i
    for ((i = 0; i < USERS; i++)); do
        make_token "$secret" "$(printf '{"sub":"%s-%012x","exp":%d}' \
            01890a5d-ac96-774b-bcce $i $(($(date +%s) + 43200)))"
        echo
    done >"$work/tokens"
}

# The responder, as /bare/... of the same nginx, with bodies of an order's size.
start_bare() {
    local size bare
    size=$(curl -sS -H "Authorization: Bearer $(sed -n 2p "$work/tokens")" \
        -o /dev/null -w '%{http_code} %{size_download}' \
        "$TILL_URL/api/order/$(order_id 1)")
    case $size in
    "200 "*) ;;
    *) echo "an order is answered with $size" >&2 && return 1 ;;
    esac
    (
        cd "$TILL_HOME" || exit
        exec spawn-fcgi -n -s run/bare.sock -M 0660 -b 4096 -- \
            "$build/tests/bench/responder" "${size#200 }" \
            </dev/null >>log/bare.log 2>&1
    ) &
    bare=$!
    bare_pids+=("$bare")
    echo $bare >"$TILL_HOME/run/bare.pid"
    cat >"$TILL_HOME/nginx/bare-http.conf" <<'CONF'
upstream bare {
    server unix:run/bare.sock;
    keepalive 128;
    keepalive_requests 1000000;
    keepalive_time 24h;
}
CONF
    cat >"$TILL_HOME/nginx/bare.conf" <<'CONF'
location /bare/ {
    include till-answers.conf;
    include till-params.conf;
    client_max_body_size 64k;
    client_body_buffer_size 64k;
    fastcgi_pass bare;
}
CONF
    add_to_nginx bare /bare/x
}

# add_to_nginx NAME PATH: what NAME.conf and NAME-http.conf say, in all servers
add_to_nginx() {
    sed -i -e "s/include till-http.conf;/& include $1-http.conf;/" \
        -e "s/include till.conf;/& include $1.conf;/" \
        "$TILL_HOME/nginx/nginx.conf"
    kill -HUP "$(cat "$TILL_HOME/run/nginx.pid")"
    wait_for 10 nginx_answers "$2"
}

# and the workers of before are gone
nginx_answers() {
    [ "$(curl -sS -o /dev/null -w '%{http_code}' "$TILL_URL$1" \
        -H "Authorization: Bearer $(sed -n 2p "$work/tokens")")" = 200 ] &&
        [ "$(workers_of_nginx | wc -l)" = "$(nproc)" ]
}

workers_of_nginx() {
    pgrep -P "$(cat "$TILL_HOME/run/nginx.pid")"
}

# order_id NUMBER: as orders.sql and load.lua make it
order_id() {
    local time=$((first + $1))
    printf '%08x-%04x-7%03x-8%03x-%012x' $((time >> 16)) $((time & 65535)) \
        $(($1 & 4095)) $(($1 >> 12 & 4095)) $(($1 * 99990001))
}

end_all() {
    local name
    [ ${#bare_pids[@]} -eq 0 ] || kill "${bare_pids[@]}" 2>/dev/null || :
    for name in "${!home_of[@]}"; do
        TILL_HOME=${home_of[$name]} till stop >/dev/null || :
    done
}
