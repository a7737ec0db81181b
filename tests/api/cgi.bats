# The same binaries as plain CGI, a process a request, through Debian's fcgiwrap
# behind an nginx of its own: as a classic web host runs them.
# shellcheck disable=SC2154,SC2030,SC2031  # what lib.bash leaves

load ../lib.bash
load ../tools.bash

setup_file() {
    till_home
    mkdir -p "$TILL_HOME"/{run,log,data,nginx,sandbox}
    cd "$TILL_HOME" || return
    export programs=${tools%/tests/tools}/cgi-bin
    "${tools%/tools}/till-sandbox" --state sandbox >/dev/null 2>&1 3>&- &
    echo $! >run/sandbox.pid
    wait_for 10 test -s sandbox/port || return
    for _ in 1 2 3 4 5; do
        write_settings
        start_nginx && break
        till_port
    done
    "${tools%/tests/tools}/bin/till-migrate" >/dev/null || return
    spawn-fcgi -n -s run/fcgiwrap.sock -M 0600 -- \
        "$(command -v multiwatch)" -f 4 -s TERM -- /usr/sbin/fcgiwrap >/dev/null 2>&1 3>&- &
    echo $! >run/fcgiwrap.pid
    wait_for 10 test -S run/fcgiwrap.sock
}

# A CGI program's current folder is the web server's choice: nothing relative.
write_settings() {
    local name
    {
        echo "JWT_SECRET=users-users-users-users-users-12"
        echo "SERVICE_SECRET=services-services-services-12345"
        for name in user order payment notification; do
            echo "${name^^}_DB=sqlite:$TILL_HOME/data/$name.db"
            echo "${name^^}_SERVICE_URL=$TILL_URL"
        done
        echo "STRIPE_SECRET_KEY=sk_test_sandbox"
        echo "STRIPE_PUBLISHABLE_KEY=pk_test_sandbox"
        echo "STRIPE_DEFAULT_PAYMENT_METHOD=pm_card_visa"
        echo "STRIPE_API_BASE=$(sandbox_url)"
        echo "GMAIL_CLIENT_ID=sandbox"
        echo "GMAIL_CLIENT_SECRET=sandbox"
        echo "GMAIL_REFRESH_TOKEN=sandbox-refresh"
        echo "GMAIL_API_BASE=$(sandbox_url)"
        echo "GOOGLE_TOKEN_URL=$(sandbox_url)/token"
        echo "EMAIL_USER=receipts@shop.example"
    } >"$TILL_ENV"
}

start_nginx() {
    local user=
    [ "$(id -u)" != 0 ] || user='user root;'
    cat >nginx/nginx.conf <<CONF
$user
pid run/nginx.pid;
error_log log/nginx-error.log warn;
events {}
http {
    client_body_temp_path nginx/body;
    fastcgi_temp_path nginx/fastcgi;
    proxy_temp_path nginx/proxy;
    scgi_temp_path nginx/scgi;
    uwsgi_temp_path nginx/uwsgi;
    access_log off;
    map \$request_method:\$uri \$program {
        POST:/api/user user-register;
        POST:/api/login user-login;
        ~:/api/user/ user-show;
        POST:/api/order order-create;
        ~:/api/order$ order-list;
        ~^PATCH:/api/order/ order-update;
        ~:/api/order/ order-show;
        POST:/api/pay-order payment-pay;
        POST:/api/cancel-payment payment-cancel;
        ~:/api/payment/ payment-show;
        POST:/api/notify notification-notify;
        ~:/api/notification/ notification-show;
        ~:/api/shop$ ops-shop;
    }
    server {
        listen 127.0.0.1:$TILL_PORT;
        location /api/ {
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $programs/\$program;
            fastcgi_param PATH_INFO \$uri;
            fastcgi_pass unix:run/fcgiwrap.sock;
        }
    }
}
CONF
    nginx -p "$TILL_HOME/" -c nginx/nginx.conf -e log/nginx-error.log \
        2>/dev/null 3>&-
}

teardown_file() {
    cd "$TILL_HOME" || return
    pids="$(cat run/nginx.pid) $(cat run/fcgiwrap.pid) $(cat run/sandbox.pid)"
    # shellcheck disable=SC2086  # numbers
    kill $pids
    cd /
    wait_for 10 is_over
    rm -rf "$TILL_HOME"
}

is_over() {
    ! ps -o pid= -p "${pids// /,}" >/dev/null
}

setup() {
    user_id=$(new_user_id)
    token=$(user_token "$user_id")
}

@test "an order is made, shown, listed and changed" {
    api POST /api/order \
        '{"product_name":"Tea 茶","quantity":2,"price":19.99}' "$token"
    expect 201 .status Pending
    order_id=$(member .id)
    [ "$(header Location)" = "/api/order/$order_id" ]
    [ "$(header Content-Type)" = application/json ]
    made=$body
    api GET "/api/order/$order_id" '' "$token"
    expect 200
    [ "$body" = "$made" ]
    api GET '/api/order?limit=1&status=Pending' '' "$token"
    expect 200 .orders[0].id "$order_id"
    api PATCH "/api/order/$order_id" '{"status":"Cancelled"}' "$token" \
        -H 'If-Match: "1"'
    expect 200 .status Cancelled
    api GET "/api/order/$order_id" '' "$token" -H 'If-None-Match: "2"'
    expect 304
    [ -z "$body" ]
}

@test "what was answered with 201 is on the disk" {
    for n in 1 2 3; do
        api POST /api/order \
            "{\"product_name\":\"No. $n\",\"quantity\":1,\"price\":1}" "$token"
        expect 201
        [ "$(kept order orders product_name id "$(member .id)")" = "No. $n" ]
    done
}

@test "errors are problems here, too" {
    api GET /api/order
    expect_problem 401
    [ "$(header WWW-Authenticate)" = 'Bearer realm="till"' ]
    api DELETE /api/order '' "$token"
    expect_problem 405
    [ "$(header Allow)" = 'GET, HEAD' ]
    api POST /api/order '{' "$token"
    expect_problem 400
    api POST /api/order '{"quantity":0,"extra":1}' "$token"
    expect_problem 422 /quantity
    expect_field /extra
    expect_field /price
    api POST /api/order '' "$token" -H 'Content-Type: text/plain' -d x
    expect_problem 415
    api GET /api/order/x '' "$token"
    expect_problem 400
    api GET "/api/order/$(new_user_id)" '' "$token"
    expect_problem 404
    api GET '/api/order?limit=0' '' "$token"
    expect_problem 422 /limit
}

@test "a body as large as allowed comes in whole, a larger one is refused" {
    # spaces between the members, up to 16 KiB in all
    printf '{"product_name":"Tea","quantity":1,%16339s"price":1}' '' \
        >"$BATS_TEST_TMPDIR/body"
    [ "$(wc -c <"$BATS_TEST_TMPDIR/body")" = 16384 ]
    api POST /api/order '' "$token" -H 'Content-Type: application/json' \
        --data-binary @"$BATS_TEST_TMPDIR/body"
    expect 201
    printf '{"product_name":"Tea","quantity":1,%60000s"price":1}' '' \
        >"$BATS_TEST_TMPDIR/body"
    api POST /api/order '' "$token" -H 'Content-Type: application/json' \
        --data-binary @"$BATS_TEST_TMPDIR/body"
    expect_problem 413
}

@test "what a shop page has to know comes by CGI, too" {
    api GET /api/shop
    expect 200 .sandbox true
    [ "$(member .name)" = Till ]
}

@test "a program that waits for something serves as CGI, too" {
    register_and_login
    [ -n "$token" ]
    api POST /api/login "{\"email\":\"$email\",\"password\":\"wrong wrong\"}"
    expect_problem 401
    api GET /api/order '' "$token"
    expect 200
}

@test "a Proxy header of a client's does not become anybody's proxy" {
    api GET /api/order '' "$token" -H 'Proxy: http://127.0.0.1:1/'
    expect 200
}

@test "a program without a web server says what it is" {
    run env -u GATEWAY_INTERFACE "$programs/order-create" </dev/null
    [ "$status" = 64 ]
    [[ $output == *'answers POST /api/order'* ]]
}

@test "a body that ends early is refused" {
    REQUEST_METHOD=POST GATEWAY_INTERFACE=CGI/1.1 CONTENT_LENGTH=100 \
        CONTENT_TYPE=application/json PATH_INFO=/api/order \
        HTTP_AUTHORIZATION="Bearer $token" \
        "$programs/order-create" <<<'{"a":1}' >"$BATS_TEST_TMPDIR/answer"
    grep -q '^Status: 400' "$BATS_TEST_TMPDIR/answer"
}

@test "a program that can't start says which setting is wrong, and how" {
    say() {
        env REQUEST_METHOD=GET GATEWAY_INTERFACE=CGI/1.1 "$@" </dev/null 2>&1
    }
    run say JWT_SECRET=short "$programs/order-show"
    [ "$status" = 78 ]
    [[ $output == *'JWT_SECRET is shorter than 32 bytes'* ]]
    run say CURRENCY=xyz "$programs/order-create"
    [ "$status" = 78 ]
    [[ $output == *'CURRENCY is "xyz"'* ]]
    run say ORDER_DB=postgres:// "$programs/order-show"
    [ "$status" = 78 ]
    [[ $output == *'ORDER_DB must be'* ]]
    run say ORDER_DB=sqlite:/nowhere/order.db "$programs/order-show"
    [ "$status" = 78 ]
    [[ $output == *'/nowhere/order.db'* ]]
    run say TILL_ENV=/nowhere "$programs/order-show"
    [ "$status" = 78 ]
    [[ $output == *'/nowhere'* ]]
}

@test "what was written is committed before anybody else is called" {
    cd "$TILL_HOME"
    order_something
    faults '[{"method":"POST","path":"/v1/payment_intents","delay_ms":3000}]'
    REQUEST_METHOD=POST GATEWAY_INTERFACE=CGI/1.1 PATH_INFO=/api/pay-order \
        CONTENT_TYPE=application/json CONTENT_LENGTH=51 \
        HTTP_AUTHORIZATION="Bearer $token" \
        "$programs/payment-pay" <<<"{\"order_id\":\"$order_id\"}" \
        >"$BATS_TEST_TMPDIR/answer" 2>/dev/null 3>&- &
    # while Stripe is thinking, everybody sees the payment, and may write
    is_kept() {
        [ "$(kept payment payments order_id order_id "$order_id")" = "$order_id" ]
    }
    wait_for 10 is_kept
    is_in_mongo payment || flock -n data/payment.db.lock true
    kill -0 $!
    wait $!
    grep -q '^Status: 200' "$BATS_TEST_TMPDIR/answer"
}

@test "a whole order: registered, logged in, ordered, paid, mailed" {
    register_and_login
    order_something
    api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token"
    expect 200 .status Paid
    api GET "/api/order/$order_id" '' "$token"
    expect 200 .status Paid
    "$programs/notification-worker" --once 2>/dev/null
    [ "$(ledger "$order_id" | jq -c '[(.charges | length), (.mails | length)]')" \
        = '[1,1]' ]
}
