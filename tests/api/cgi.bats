# The same binaries as plain CGI, a process a request, through Debian's fcgiwrap
# behind an nginx of its own: as a classic web host runs them.

load ../lib.bash
load ../tools.bash

setup_file() {
    till_home
    mkdir -p "$TILL_HOME"/{run,log,data,nginx}
    cd "$TILL_HOME" || return
    case ${TILL_BUILD:-build} in
    /*) programs=$TILL_BUILD/cgi-bin ;;
    *) programs=$root/$TILL_BUILD/cgi-bin ;;
    esac
    export programs
    {
        echo "JWT_SECRET=users-users-users-users-users-12"
        echo "SERVICE_SECRET=services-services-services-12345"
        echo "ORDER_DB=sqlite:$TILL_HOME/data/order.db"
        echo "USER_DB=sqlite:$TILL_HOME/data/user.db"
        echo "PAYMENT_DB=sqlite:$TILL_HOME/data/payment.db"
        echo "NOTIFICATION_DB=sqlite:$TILL_HOME/data/notification.db"
    } >"$TILL_ENV"
    "${programs%/cgi-bin}/bin/till-migrate" >/dev/null || return
    for _ in 1 2 3 4 5; do
        start_hosts && return
        till_port
    done
    return 1
}

# fcgiwrap, and an nginx that knows it
start_hosts() {
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
    map \$request_method \$orders { default order-list; POST order-create; }
    map \$request_method \$order { default order-show; PATCH order-update; }
    server {
        listen 127.0.0.1:$TILL_PORT;
        include /etc/nginx/fastcgi_params;
        fastcgi_param REMOTE_PORT "";
        location = /api/order {
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $programs/\$orders;
            fastcgi_param PATH_INFO \$uri;
            fastcgi_pass unix:run/fcgiwrap.sock;
        }
        location ~ ^/api/order/ {
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $programs/\$order;
            fastcgi_param PATH_INFO \$uri;
            fastcgi_pass unix:run/fcgiwrap.sock;
        }
        location = /api/user {
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $programs/user-register;
            fastcgi_pass unix:run/fcgiwrap.sock;
        }
        location = /api/login {
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME $programs/user-login;
            fastcgi_pass unix:run/fcgiwrap.sock;
        }
    }
}
CONF
    if [ ! -s run/fcgiwrap.pid ]; then
        spawn-fcgi -s run/fcgiwrap.sock -P run/fcgiwrap.pid -M 0600 \
            -- /usr/sbin/fcgiwrap >/dev/null 3>&- || return
    fi
    nginx -p "$TILL_HOME/" -c nginx/nginx.conf -e log/nginx-error.log \
        2>/dev/null 3>&-
}

teardown_file() {
    cd "$TILL_HOME" || return
    pids="$(cat run/nginx.pid) $(cat run/fcgiwrap.pid)"
    # shellcheck disable=SC2086  # numbers
    kill $pids
    cd /
    wait_for 10 is_over
    rm -rf "$TILL_HOME"
}

is_over() {
    # shellcheck disable=SC2086  # numbers
    ! ps -o pid= -p ${pids// /,} >/dev/null
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
        [ "$(sqlite3 "$TILL_HOME/data/order.db" "SELECT count(*) FROM orders
            WHERE product_name = 'No. $n' AND id = '$(member .id)'")" = 1 ]
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
    api POST /api/order '{"product_name":"Tea","quantity":1,"price":5}' "$token"
    expect 201
    order_id=$(member .id)
    "${programs%/cgi-bin}/tests/till-sandbox" --state sandbox 2>/dev/null 3>&- &
    sandbox=$!
    wait_for 10 test -s sandbox/port
    faults '[{"method":"POST","path":"/v1/payment_intents","delay_ms":3000}]'
    REQUEST_METHOD=POST GATEWAY_INTERFACE=CGI/1.1 PATH_INFO=/api/pay-order \
        CONTENT_TYPE=application/json CONTENT_LENGTH=51 \
        HTTP_AUTHORIZATION="Bearer $token" \
        STRIPE_SECRET_KEY=sk_test_sandbox STRIPE_API_BASE=$(sandbox_url) \
        STRIPE_DEFAULT_PAYMENT_METHOD=pm_card_visa \
        ORDER_SERVICE_URL=$TILL_URL NOTIFICATION_SERVICE_URL=$TILL_URL \
        "$programs/payment-pay" <<<"{\"order_id\":\"$order_id\"}" \
        >"$BATS_TEST_TMPDIR/answer" 3>&- &
    # while Stripe is thinking, everybody sees the payment, and may write
    is_kept() {
        [ "$(sqlite3 data/payment.db 'SELECT count(*) FROM payments')" = 1 ]
    }
    wait_for 10 is_kept
    flock -n data/payment.db.lock true
    kill -0 $!
    wait $!
    kill "$sandbox"
    wait "$sandbox" || :
    grep -q '^Status: 200' "$BATS_TEST_TMPDIR/answer"
}
