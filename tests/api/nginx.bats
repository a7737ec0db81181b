# What nginx promises before a program sees a request, and about every answer.

load ../lib.bash
load ../tools.bash

setup_file() {
    till_start
}

teardown_file() {
    till_stop
}

# raw_problem STATUS BYTES: sends them as they are, with printf's escapes
raw_problem() {
    printf '%b' "$2" | answer_is_problem "$1"
}

# answer_is_problem STATUS: to what standard input sends
answer_is_problem() {
    local connection answer
    exec {connection}<>"/dev/tcp/127.0.0.1/$TILL_PORT"
    # nginx may refuse, and be gone, before all is sent
    cat 1>&"$connection" 2>/dev/null || :
    answer=$(timeout 10 cat <&"$connection" | tr -d '\r') || :
    exec {connection}>&-
    headers=$BATS_TEST_TMPDIR/headers
    printf '%s\n' "${answer%%$'\n\n'*}" >"$headers"
    status=${answer#HTTP/1.1 }
    status=${status%% *}
    body=${answer#*$'\n\n'}
    expect_problem "$1"
}

# internally CURL OPTION ...: a request as one service sends it to another
internally() {
    curl -sS -m 10 --unix-socket "$TILL_HOME/run/internal.sock" "$@"
}

@test "an unknown address is a 404, whatever the method" {
    for path in /api /api/ /api/nothing /api/order/ /api/order/1/2 /index.html \
        /shop /shop/ /shop/../nginx.conf /nothing \
        /till-problem /program/order-show /metrics /../etc/passwd; do
        for method in GET POST DELETE; do
            api $method $path
            [ "$path" = /../etc/passwd ] || expect_problem 404
        done
    done
    api GET /shop/nothing.js
    expect_problem 404
}

@test "every address refuses the methods that it hasn't, and names those it has" {
    while read -r path allowed; do
        for method in GET HEAD POST PUT PATCH DELETE OPTIONS FOO; do
            case " $allowed " in *" $method "*) continue ;; esac
            api $method "$path"
            [ "$status" = 405 ]
            [ "$(header Allow)" = "${allowed// /, }" ]
            [ $method = HEAD ] || expect_problem 405
        done
    done <<'EOF'
/api/user POST
/api/login POST
/api/user/1 GET HEAD
/api/order GET HEAD POST
/api/order/1 GET HEAD PATCH
/api/pay-order POST
/api/payment/1 GET HEAD
/api/stripe/webhook POST
/api/notify POST
/api/notification/1 GET HEAD
/api/health/live GET HEAD
/api/health/ready GET HEAD
/api/shop GET HEAD
/ GET HEAD
/shop/main.js GET HEAD
EOF
}

@test "every address that has a method leads to a program" {
    while read -r method path; do
        api "$method" "$path"
        case $status in 405 | 5*) echo "$method $path: $status $body" && false ;; esac
    done <<'EOF'
POST /api/user
POST /api/login
GET /api/user/1
GET /api/order
HEAD /api/order
POST /api/order
GET /api/order/1
PATCH /api/order/1
POST /api/pay-order
GET /api/payment/1
POST /api/stripe/webhook
POST /api/notify
GET /api/notification/1
GET /api/health/live
GET /api/shop
EOF
}

@test "TRACE is refused with methods that are taken" {
    api TRACE /api/order
    expect_problem 405
    [ "$(header Allow)" = 'GET, HEAD, POST, PATCH' ]
}

@test "HEAD is answered as GET is, without the body" {
    api GET /api/health/live
    expect 200
    api HEAD /api/health/live
    expect 200
    [ -n "$(header Content-Type)" ]
}

@test "a zero byte in the address is a 400" {
    api GET /api/order/%00
    expect_problem 400
}

@test "two Authorization headers are a 400" {
    api GET /api/order '' '' -H 'Authorization: Bearer a' \
        -H 'Authorization: Bearer b'
    expect_problem 400
}

@test "what isn't HTTP is a 400" {
    local close='Host: x\r\nConnection: close\r\n\r\n'
    raw_problem 400 'nonsense\r\n\r\n'
    raw_problem 400 "get /api/order HTTP/1.1\r\n$close"
    raw_problem 400 'GET /api/order HTTP/1.1\r\n\r\n'
    raw_problem 400 "GET /../../etc HTTP/1.1\r\n$close"
    raw_problem 400 "POST /api/order HTTP/1.1\r\nContent-Length: -3\r\n$close"
    raw_problem 400 "POST /api/order HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n$close"
    raw_problem 400 'POST /api/order HTTP/1.1\r\nTransfer-Encoding: chunked\r\nHost: x\r\nConnection: close\r\n\r\nzz\r\n'
    raw_problem 505 "GET /api/order HTTP/9.0\r\n$close"
    raw_problem 501 "POST /api/order HTTP/1.1\r\nTransfer-Encoding: gzip\r\n$close"
}

@test "an address that is too long is a 414" {
    api GET "/api/order/$(head -c 40000 /dev/zero | tr '\0' a)"
    expect_problem 414
}

@test "a header that is too large is a 431, up to a token of 9 MB" {
    for size in 9000 9000000; do
        {
            printf 'GET /api/order HTTP/1.1\r\nHost: x\r\nConnection: close\r\n'
            printf 'Authorization: Bearer '
            head -c $size /dev/zero | tr '\0' a
            printf '\r\n\r\n'
        } | answer_is_problem 431
    done
}

@test "a body that is too large is a 413, chunked or not" {
    head -c 10000000 /dev/zero >"$BATS_TEST_TMPDIR/large"
    for path in /api/user /api/login /api/order /api/pay-order /api/notify; do
        api POST $path '' '' --data-binary "@$BATS_TEST_TMPDIR/large"
        expect_problem 413
        api POST $path '' '' -H 'Transfer-Encoding: chunked' \
            --data-binary "@$BATS_TEST_TMPDIR/large"
        expect_problem 413
    done
}

@test "a chunked body arrives, and so does one announced with Expect" {
    for header in 'Transfer-Encoding: chunked' 'Expect: 100-continue'; do
        register_and_login
        api POST /api/order '{"product_name":"x","quantity":2,"price":3}' \
            "$token" -H "$header"
        expect 201 .quantity 2
    done
}

@test "a well-formed X-Request-Id comes back, another is replaced" {
    for path in /api/health/live /api/order /api/nothing; do
        api GET $path '' '' -H 'X-Request-Id: my.request_7-a'
        [ "$(header X-Request-Id)" = my.request_7-a ]
        for id in short 'with space here' "$(printf '%065d' 1)" 'quote"quote'; do
            api GET $path '' '' -H "X-Request-Id: $id"
            [[ $(header X-Request-Id) =~ ^[0-9a-f]{32}$ ]]
        done
    done
}

@test "every answer carries the security headers once, and no version" {
    for path in /api/health/live /api/order /api/nothing /api/order/%00; do
        api GET $path
        [ "$(header X-Content-Type-Options)" = nosniff ]
        [ "$(header Cache-Control)" = no-store ]
        [ "$(header Content-Security-Policy)" = "default-src 'none'; frame-ancestors 'none'" ]
        [ "$(header Referrer-Policy)" = no-referrer ]
        [ "$(header X-Request-Id | wc -l)" = 1 ]
        [ "$(header Server)" = nginx ]
    done
}

@test "a program's own problem passes as it is" {
    api GET /api/order
    expect_problem 401
    [ -n "$(header WWW-Authenticate)" ]
}

@test "a program that is not there is a 502 with Retry-After, and heals" {
    kill "$(cat "$TILL_HOME/run/order-list.pid")"
    order_list_is() {
        api GET /api/order && [ "$status" = "$1" ]
    }
    wait_for 5 order_list_is 502
    expect_problem 502
    [ "$(header Retry-After)" = 5 ]
    till start
    order_list_is 401
}

@test "a program that hangs is a 504 with Retry-After" {
    local hanging old_workers
    old_workers=$(pgrep -P "$(cat "$TILL_HOME/run/nginx.pid")")
    sed -i 's/fastcgi_read_timeout .*/fastcgi_read_timeout 1s;/' \
        "$TILL_HOME/nginx/till-params.conf"
    kill -HUP "$(cat "$TILL_HOME/run/nginx.pid")"
    are_gone() {
        ! ps -p "${old_workers//$'\n'/,}" >/dev/null
    }
    wait_for 10 are_gone
    hanging=$(process_of payment-show)
    kill -STOP "$hanging"
    api GET /api/payment/1
    kill -CONT "$hanging"
    expect_problem 504
    [ "$(header Retry-After)" = 5 ]
}

@test "the internal listener reaches the same addresses" {
    internally -D "$BATS_TEST_TMPDIR/headers" -o /dev/null http://till/api/order
    grep -q '^HTTP/1.1 401' "$BATS_TEST_TMPDIR/headers"
    [ "$(internally -o /dev/null -w '%{http_code}' http://till/nothing)" = 404 ]
}

@test "nginx's own 404 is no answer of a service's" {
    local user json
    user=$(new_user_id)
    json="{\"user_id\":\"$user\",\"order_id\":\"$user\"}"
    cd "$TILL_HOME"
    asked_at() {
        env ORDER_SERVICE_URL="$1" GATEWAY_INTERFACE=CGI/1.1 \
            REQUEST_METHOD=POST CONTENT_TYPE=application/json \
            CONTENT_LENGTH=${#json} HTTP_AUTHORIZATION="Bearer $(user_token "$user")" \
            "${tools%/tests/tools}/cgi-bin/notification-notify" <<<"$json" 2>/dev/null
    }
    asked_at unix:run/internal.sock | grep '^Status: 404'
    asked_at "$TILL_URL/nothing" | grep '^Status: 502'
}

@test "run/ is closed to other users" {
    [ "$(stat -c %a "$TILL_HOME/run")" = 700 ]
}

@test "the log has one JSON line a request, with the client's own line" {
    api POST /api/nothing '{}' '' -H 'X-Request-Id: found-in-the-log'
    is_logged() {
        jq -es 'map(select(.request_id == "found-in-the-log")) | length == 1 and
            .[0].status == 404 and .[0].request == "POST /api/nothing HTTP/1.1"' \
            "$TILL_HOME/log/nginx-access.log" >/dev/null
    }
    wait_for 5 is_logged
}

@test "the example for several hosts is a configuration that nginx takes" {
    printf 'events {}\nerror_log stderr;\npid %s/pid;\nhttp { include %s; }\n' \
        "$BATS_TEST_TMPDIR" "$root/nginx/several-hosts.conf" \
        >"$BATS_TEST_TMPDIR/nginx.conf"
    run nginx -t -e stderr -c "$BATS_TEST_TMPDIR/nginx.conf"
    [ "$status" = 0 ]
}
