# docs/openapi.yaml and the programs agree, in both directions: what a program
# takes is what is described, each answer that is described can be had, and each
# that is had is described.
# shellcheck disable=SC2030,SC2031,SC2034,SC2154  # what lib.bash leaves and takes

load ../lib.bash
load ../tools.bash

setup_file() {
    local status=0
    "$root/tests/node/node.sh" find || status=$?
    [ $status != 77 ] || skip "the packages from npm can't be had"
    [ $status = 0 ]
    unset TILL_TEST_MONGO # tables of SQLite's are taken away below
    till_start
}

teardown_file() {
    [ -z "${TILL_HOME:-}" ] || till_stop
}

setup() {
    openapi=${tools%/tests/tools}/pages/docs/openapi.json
    export TILL_ANSWERS=$BATS_TEST_TMPDIR/answers
    mkdir "$TILL_ANSWERS"
}

# check PROGRAM [...]: one of tests/openapi, with its packages
check() {
    "$root/tests/node/node.sh" run "$root/tests/openapi/$1.js" "${@:2}"
}

@test "the description pleases redocly" {
    check lint "$root/docs/openapi.yaml"
}

@test "what each program says of itself is what is described, and no more" {
    for program in "${tools%/tools}"/openapi/*; do
        "$program"
    done | check programs "$openapi"
}

# Those who ask, and what they ask about: in the place of the examples' ids.
make_customers() {
    ada=ada-$RANDOM-$RANDOM@shop.example
    api POST /api/user "{\"username\":\"Ada\",\"email\":\"$ada\",\"password\":\"correct horse\"}"
    expect 201
    register_and_login
    admin=$(user_token "$(new_user_id)" admin)
    stranger=$(user_token "$(new_user_id)")
    service=$(service_token order)
    order_something
    other_order=$order_id
    order_something
}

# The examples on standard input, about what there is now
about_ours() {
    sed -e "s/01890a5d-ac96-774b-bcce-b302099a8057/$user_id/" \
        -e "s/01890a5d-b3f2-7c3e-9d1a-6b1f0a2c4d5e/$order_id/" \
        -e "s/01890a5d-c417-7a90-8e2b-0d3c5f7a9b1c/$other_order/" \
        -e "s/ada@shop.example/$ada/" \
        -e "s/ann@shop.example/ann-$RANDOM-$RANDOM@shop.example/"
}

# Every operation a line: METHOD|PATH|who may call|a body
operations() {
    # shellcheck disable=SC2016  # jq's
    jq -r '. as $root |
        def resolved: if .["$ref"] then .["$ref"] as $at |
            $root | getpath($at | split("/")[1:]) else . end;
        .paths | to_entries[] | .key as $path | .value |
        (.parameters // []) as $shared | to_entries[] |
        select(.key != "parameters") | .key as $method | .value |
        [($method | ascii_upcase),
         reduce ($shared + (.parameters // []) | .[] | resolved |
            select(.in == "path")) as $one ($path;
            sub("{" + $one.name + "}"; $one.example)),
         (.security[0].bearer // [] | join(" ")),
         (.requestBody.content["application/json"].examples // {} |
            [.[].value | tojson][0] // "")] | join("|")' "$openapi" | about_ours
}

# each KIND COMMAND: runs it for every operation of a kind, with $method, $path,
# $roles, $bearer and $good. The kinds: body, token, id, all.
each() {
    local kind=$1 method path roles good bearer
    shift
    while IFS='|' read -r method path roles good; do
        case $kind in
        body) [ -n "$good" ] || continue ;;
        token) [ -n "$roles" ] || continue ;;
        id) [[ $path =~ [0-9a-f]{12}$ ]] || continue ;;
        esac
        case $roles in
        *customer*) bearer=$token ;;
        *admin*) bearer=$admin ;;
        *service*) bearer=$service ;;
        *) bearer= ;;
        esac
        "$@"
    done < <(operations)
}

# answers STATUS: what the operation says to all that is good
answers() {
    if [ "$path" = /api/stripe/webhook ]; then
        webhook "$good"
    else
        api "$method" "$path" "$good" "$bearer"
    fi
    expect "$1"
}

webhook() {
    local now
    now=$(date +%s)
    api POST /api/stripe/webhook "$1" '' -H "Stripe-Signature: t=$now,v1=$(
        printf '%s' "$now.$1" | openssl dgst -sha256 -hmac whsec_sandbox -r |
            cut -d ' ' -f 1
    )"
}

# example OPERATION NAME: that example of its body is sent
example() {
    local json
    echo "$1 $2" >>"$sent"
    # shellcheck disable=SC2016  # jq's
    json=$(jq -c --arg operation "$1" --arg name "$2" '.paths[][] | objects |
        select(.operationId == $operation).requestBody |
        .content["application/json"].examples[$name].value' "$openapi" | about_ours)
    case $1 in
    register) api POST /api/user "$json" ;;
    logIn) api POST /api/login "$json" ;;
    createOrder) api POST /api/order "$json" "$token" ;;
    changeOrder) api PATCH "/api/order/$other_order" "$json" "$token" ;;
    payOrder) api POST /api/pay-order "$json" "$token" ;;
    refund) api POST /api/refund "$json" "$admin" ;;
    notify) api POST /api/notify "$json" "$token" ;;
    cancelPayment) api POST /api/cancel-payment "$json" "$service" ;;
    receiveEvent) webhook "$json" ;;
    esac
}

# What goes well, by every example that is described
# shellcheck disable=SC2016  # jq's
give_what_was_wanted() {
    sent=$BATS_TEST_TMPDIR/sent
    example register ann && expect 201
    example logIn ada && expect 200
    example createOrder tea && expect 201
    example createOrder books && expect 201
    example payOrder browser && expect 201
    example payOrder bank && expect 202
    order_something
    example payOrder default && expect 200
    example notify receipt && expect 200
    example refund part && expect 200
    example refund rest && expect 200
    order_something
    example payOrder card && expect 200
    paid=$order_id
    example cancelPayment cancel && expect 200
    example changeOrder cancel && expect 200
    example receiveEvent created && expect 200
    # those were all of them
    jq -r '.paths[][] | objects | .operationId as $operation | .requestBody |
        .content["application/json"].examples // {} | keys[] |
        "\($operation) \(.)"' "$openapi" | sort | diff - <(sort "$sent")
    api GET '/api/order?status=Pending&limit=1' '' "$token"
    expect 200 '.orders | length' 1
}

# What goes well otherwise: it takes its time, or is there already
give_what_takes_its_time() {
    order_something
    pay pm_card_pendingRefund && expect 200
    api POST /api/refund "{\"order_id\":\"$order_id\"}" "$admin" && expect 202
    order_something
    api PATCH "/api/order/$order_id" '{"status":"Paid","payment_id":"pay_1"}' \
        "$(service_token payment)"
    expect 200
    api POST /api/notify "{\"user_id\":\"$user_id\",\"order_id\":\"$order_id\"}" "$token"
    expect 202
    order_id=$paid
    while read -r path; do
        api GET "$path" '' "$token" && expect 200
        api GET "$path" '' "$token" -H "If-None-Match: $(header ETag)" && expect 304
    done <<<"/api/user/$user_id
/api/order/$paid
/api/payment/$paid
/api/notification/receipt_$paid"
    api GET /api/health/live && expect 200
    api GET /api/health/ready && expect 200
    api GET /api/shop && expect 200
}

# What is refused whatever is there
refuse_malformed() {
    case $method:$path in
    *:/api/health/* | *:/api/shop) api GET "$path" '' '' -H 'If-Match: "1"' -H 'If-Match: "2"' ;;
    GET:/api/order) api GET '/api/order?limit=%' '' "$token" ;;
    GET:*) api GET "${path%/*}/x" '' "$bearer" ;;
    *) api "$method" "$path" '{' "$bearer" ;;
    esac
    expect_problem 400
}

refuse_strangers() {
    api "$method" "$path" "$good"
    expect_problem 401
    case $roles in
    'customer admin service') return ;;
    *customer*) api "$method" "$path" "$good" "$service" ;;
    *) api "$method" "$path" "$good" "$token" ;;
    esac
    expect_problem 403
}

refuse_bodies() {
    api "$method" "$path" '' "$bearer" -H 'Content-Type: application/json' \
        --data-binary @"$BATS_TEST_TMPDIR/large"
    expect_problem 413
    api "$method" "$path" '' "$bearer" -H 'Content-Type: text/plain' -d "$good"
    expect_problem 415
    [ "$path" != /api/stripe/webhook ] || return 0
    api "$method" "$path" '{"unknown":1}' "$bearer"
    expect_problem 422
}

refuse_others() {
    api "$method" "$path" "$good" "$stranger"
    expect_problem 404
}

# before the route has seen it
refuse_the_header() {
    api "$method" "$path" "$good" "$bearer" -H "X: $(printf '%09000d' 1)"
    expect_problem 431
}

refuse_all() {
    head -c 300000 /dev/zero | tr '\0' ' ' >"$BATS_TEST_TMPDIR/large"
    each all refuse_malformed
    each all refuse_the_header
    each token refuse_strangers
    each body refuse_bodies
    each id refuse_others
    api GET '/api/order?limit=0' '' "$token" && expect_problem 422
    api GET "/api/order?user_id=$(new_user_id)" '' "$token" && expect_problem 404
    api DELETE /api/order && expect_problem 405
    api GET /api/nothing && expect_problem 404
    api GET "/api/order/$(printf '%09000d' 1)" && expect_problem 414
    api POST /api/order '' '' -H 'Transfer-Encoding: gzip' -d x && expect_problem 501
}

# What is refused because of what there is
refuse_what_does_not_fit() {
    local nobody
    nobody=$(new_user_id)
    api POST /api/login "{\"email\":\"$email\",\"password\":\"another\"}"
    expect_problem 401
    api POST /api/user "{\"username\":\"A\",\"email\":\"$email\",\"password\":\"correct horse\"}"
    expect_problem 409
    api POST /api/order "{\"product_name\":\"x\",\"quantity\":1,\"price\":1,\"user_id\":\"$nobody\"}" "$token"
    expect_problem 404
    # the order of other_order was Cancelled, the one that is $paid was not
    api POST /api/pay-order "{\"order_id\":\"$other_order\"}" "$token" && expect_problem 409
    api POST /api/pay-order "{\"order_id\":\"$nobody\"}" "$token" && expect_problem 404
    api PATCH "/api/order/$paid" '{"status":"Cancelled"}' "$token" && expect_problem 409
    api PATCH "/api/order/$paid" '{"status":"Refunded"}' "$token" && expect_problem 403
    api PATCH "/api/order/$paid" '{"status":"Refunded"}' "$token" -H 'If-Match: "99"'
    expect_problem 412
    api POST /api/cancel-payment "{\"order_id\":\"$paid\"}" "$service" && expect_problem 409
    api POST /api/refund "{\"order_id\":\"$nobody\"}" "$admin" && expect_problem 404
    order_something
    pay pm_card_visa_chargeDeclined && expect_problem 402
    api POST /api/refund "{\"order_id\":\"$order_id\"}" "$admin" && expect_problem 409
    api POST /api/notify "{\"user_id\":\"$user_id\",\"order_id\":\"$order_id\"}" "$token"
    expect_problem 409
    api POST /api/notify "{\"user_id\":\"$user_id\",\"order_id\":\"$nobody\"}" "$token"
    expect_problem 404
    api POST /api/notify "{\"user_id\":\"$user_id\",\"order_id\":\"$paid\",\"refund\":1,\"amount\":1}" "$token"
    expect_problem 403
}

order_by_key() {
    api POST /api/order "{\"product_name\":\"$1\",\"quantity\":1,\"price\":1}" \
        "$token" -H 'Idempotency-Key: mine'
}

refuse_by_key() {
    order_by_key tea && expect 201
    order_by_key tea && expect 201
    [ "$(header Idempotency-Replayed)" = true ]
    order_by_key coffee && expect_problem 422
    sqlite3 "$TILL_HOME/data/order.db" "UPDATE idempotency_keys SET status = 0,
        lease_until = $(date +%s)000 + 60000"
    order_by_key tea && expect_problem 409
    [ "$(header Retry-After)" = 1 ]
}

refuse_by_stripe() {
    order_something
    faults '[{"method":"POST","path":"/v1/payment_intents","status":400}]'
    pay && expect_problem 502
    faults '[{"method":"POST","path":"/v1/payment_intents/*/confirm","status":500},
             {"method":"GET","path":"/v1/payment_intents/*","status":500}]'
    pay && expect_problem 503
    faults
}

# without_table SERVICE TABLE PREFIX ...: what such paths say while that one is gone
without_table() {
    local database=$TILL_HOME/data/$1.db table=$2
    shift 2
    sqlite3 "$database" "ALTER TABLE $table RENAME TO gone"
    each all broken "$@"
    sqlite3 "$database" "ALTER TABLE gone RENAME TO $table"
}

broken() {
    for prefix; do
        [[ $path != "$prefix"* ]] || answers 500
    done
}

break_databases() {
    without_table user users /api/user /api/login
    without_table order orders /api/order
    without_table payment payments /api/pay /api/refund /api/cancel-payment
    without_table payment events /api/stripe/webhook
    without_table notification notifications /api/notif
}

# nginx_with FILE SED: this change to its configuration, until nginx_as_it_was
nginx_with() {
    old_workers=$(pgrep -P "$(cat "$TILL_HOME/run/nginx.pid")")
    sed -i "$2" "$TILL_HOME/nginx/$1"
    kill -HUP "$(cat "$TILL_HOME/run/nginx.pid")"
    wait_for 40 are_gone
}

nginx_as_it_was() {
    old_workers=$(pgrep -P "$(cat "$TILL_HOME/run/nginx.pid")")
    till restart nginx >/dev/null
    wait_for 40 are_gone
}

are_gone() {
    ! ps -p "${old_workers//$'\n'/,}" >/dev/null
}

not_ready() {
    api GET /api/health/ready && [ "$status" = 503 ]
}

# What a client hears while programs are late, gone or silent
take_programs_away() {
    nginx_with till-params.conf 's/REQUEST_MSEC .*/REQUEST_MSEC 1;/'
    each all answers 503
    nginx_as_it_was
    nginx_with till-http.conf 's|unix:run/user-show|unix:run/none|'
    wait_for 10 not_ready
    nginx_as_it_was
    nginx_with till-http.conf 's|unix:run/[a-z-]*.sock|unix:run/none.sock|'
    each all answers 502
    socat -u "UNIX-LISTEN:$TILL_HOME/run/silent.sock,fork" /dev/null 3>&- &
    silent=$!
    sed -i 's/read_timeout .*/read_timeout 100ms;/' "$TILL_HOME/nginx/till-params.conf"
    nginx_with till-http.conf 's|unix:run/none.sock|unix:run/silent.sock|'
    each all answers 504
    kill $silent
    nginx_as_it_was
}

refuse_crowds() {
    # shellcheck disable=SC2016  # nginx's
    nginx_with till-http.conf 's|rate=[0-9]*r/m|rate=1r/m|
        /^map $remote_addr $till_limit_key/,/}/s|""; #.*|$binary_remote_addr;|
        /^map $remote_addr $till_limit_key/,/}/s|default "";|default $binary_remote_addr;|'
    for path in /api/user /api/login; do
        api POST $path '{}'
        api POST $path '{}' && expect_problem 429
        [ "$(header Retry-After)" = 60 ]
    done
    nginx_as_it_was
}

@test "every answer that is described can be had, and each is as described" {
    make_customers
    give_what_was_wanted
    give_what_takes_its_time
    refuse_all
    refuse_what_does_not_fit
    refuse_by_key
    refuse_by_stripe
    break_databases
    refuse_crowds
    take_programs_away
    check answers --all "$openapi" "$TILL_ANSWERS"/*
}
