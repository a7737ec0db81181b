# Till behind Apache (mod_cgi, mod_fcgid, mod_proxy_fcgi), lighttpd and fcgiwrap:
# whatever a client asks, they answer as nginx does.
# shellcheck disable=SC2154,SC2030,SC2031 # what lib.bash and servers.bash leave

load ../lib.bash
load ../tools.bash
load ../servers.bash

setup_file() {
    servers_start
}

teardown_file() {
    servers_stop
}

setup() {
    cd "$BATS_TEST_TMPDIR" || return
    count=0
    user_id=$(new_user_id)
    token=$(user_token "$user_id")
}

# ask METHOD PATH [LINE ...]: one more request, with lines of curl's
# configuration
ask() {
    count=$((count + 1))
    {
        [ $count = 1 ] || echo next
        printf '%s\n' silent show-error include path-as-is globoff \
            'max-time = 30' 'write-out = "\n"' "url = \"SERVER$2\"" \
            "header = \"X-Request-Id: request-$count\""
        if [ "$1" = HEAD ]; then
            echo head
        else
            echo "request = \"$1\""
        fi
        printf '%s\n' "${@:3}"
    } >>requests
}

# with_token METHOD PATH [JSON [LINE ...]]: the same of the customer
with_token() {
    local json=()
    [ -z "${3:-}" ] ||
        json=('header = "Content-Type: application/json"' "data-binary = \"${3//\"/\\\"}\"")
    ask "$1" "$2" "header = \"Authorization: Bearer $token\"" \
        ${json[@]+"${json[@]}"} "${@:4}"
}

# answers URL: all requests, one after another on one connection; of the header
# what doesn't say how this server sends its answers. A 413 is the server's or
# the program's: their words differ.
answers() {
    sed "s|SERVER|$1|" requests | curl -K - | tr -d '\r' | awk '
        function end_header(    i, last, line) {
            for (i = 2; i <= lines; i++) { # few, and nearly sorted
                line = header[i]
                for (last = i - 1; last && header[last] > line; last--)
                    header[last + 1] = header[last]
                header[last + 1] = line
            }
            for (i = 1; i <= lines; i++)
                print header[i]
            lines = in_header = 0
        }
        /^HTTP\/1.1 100/ { skips = 1 }
        /^HTTP\/1.1 [2-5]/ {
            print "== " $2
            in_header = 1
            is_too_large = $2 == 413
            next
        }
        skips { skips = $0 != ""; next }
        in_header && $0 == "" { end_header() }
        in_header {
            name = tolower($1)
            if (name !~ /^(date|server|connection|keep-alive|transfer-encoding|content-length|accept-ranges|upgrade):$/)
                header[++lines] = name substr($0, length($1) + 1)
            next
        }
        !is_too_large { print }'
}

# All that was asked is answered as by nginx.
expect_the_same() {
    local name
    answers "$TILL_URL" >nginx
    [ "$(grep -c '^== ' nginx)" = $count ]
    for name in "${servers[@]}"; do
        answers "$(cat "$servers_folder/$name/url")" >"$name"
        diff nginx "$name" || {
            echo "$name answers otherwise, as shown" >&2
            return 1
        }
    done
}

# each COMMAND ...: for every server, with its name and TILL_URL
each() {
    local name TILL_URL
    for name in "${servers[@]}"; do
        TILL_URL=$(cat "$servers_folder/$name/url")
        "$@" || {
            echo "that was $name" >&2
            return 1
        }
    done
}

# the API's addresses and methods, as the programs themselves say
routes() {
    local program
    for program in "$checkout"/build/cgi-bin/*; do
        case $program in *-worker) continue ;; esac
        env -u GATEWAY_INTERFACE "$program" </dev/null 2>&1 || :
    done | sed -n 's/.* answers \([A-Z]*\) \(\/api\/[^ ]*\)\. .*/\1 \2/p'
}

@test "the workflow holds through each server" {
    smoke() {
        till smoke "$TILL_URL" >"smoke-$name" 2>&1 3>&- &
    }
    walks() {
        [[ $(tail -n 1 "smoke-$name") == *'is Paid, its receipt is Sent.' ]] || {
            cat "smoke-$name" >&2
            return 1
        }
    }
    each smoke
    wait
    each walks
}

@test "every method of every address goes where nginx sends it" {
    while read -r _ path; do
        path=${path/\{live,ready\}/live}
        path=${path/\{*\}/$user_id}
        for method in GET HEAD PUT PATCH DELETE OPTIONS; do
            ask $method "$path"
        done
        ask POST "$path" 'data = ""'

    done < <(routes)
    [ $count -ge 100 ]
    for path in /api /api/ /api/nothing /api/order/ /api/order/1/2 /api/user/ \
        /till-problem /till-problem/api/order /program/order-show \
        /POST/api/order /till.cgi /cgi-bin/order-show /api/health \
        /api/health/other /api/order/../user /api//order /api/order/%2e%2e/user/1 \
        /api/%6frder "/api/order?limit=0"; do
        ask GET "$path"
        ask POST "$path" 'data = ""'
    done
    expect_the_same
    grep -q '^allow: GET, HEAD, PATCH$' nginx
    outside() {
        api GET /api/../../etc/passwd '' '' --path-as-is
        expect_problem 400
        api GET /api/order/%00
        [[ $status == 40[04] ]]
        expect_problem "$status"
        api TRACE /api/order
        expect_problem 405
        [ -n "$(header Allow)" ]
    }
    each outside
}

@test "an order is shown, listed, changed and refused as by nginx" {
    order_something
    with_token GET "/api/order/$order_id"
    with_token HEAD "/api/order/$order_id"
    with_token GET "/api/order/$order_id" '' 'header = "If-None-Match: \"1\""'
    with_token GET '/api/order?status=Pending&limit=1'
    with_token GET '/api/order?limit=0'
    with_token PATCH "/api/order/$order_id" '{"status":"Cancelled"}' \
        'header = "If-Match: \"7\""'
    with_token PATCH "/api/order/$order_id" '{"status":"Paid"}'
    with_token GET "/api/order/$(new_user_id)"
    with_token GET "/api/payment/$order_id"
    with_token GET "/api/user/$(new_user_id)"
    with_token GET "/api/notification/receipt_$order_id"
    with_token POST /api/refund "{\"order_id\":\"$order_id\"}"
    with_token POST /api/order '{"product_name":"x","quantity":0,"more":1}'
    with_token POST /api/order '{'
    with_token POST /api/order '' 'data-binary = "x"' \
        'header = "Content-Type: text/plain"'
    with_token GET /api/order '' 'header = "Proxy: http://127.0.0.1:1/"'
    ask GET /api/order 'header = "Authorization: Basic YTpi"'
    ask GET /api/order 'header = "Authorization: Bearer x.y.z"'
    ask GET /api/health/ready
    expect_the_same
    [ "$(grep -c '^== ' nginx)" = "$count" ]
    for status in 200 304 400 401 403 404 412 415 422; do
        grep -qx "== $status" nginx
    done
    cancelled() {
        order_something
        api PATCH "/api/order/$order_id" '{"status":"Cancelled"}' "$token" \
            -H 'If-Match: "1"'
        expect 200 .status Cancelled
        TILL_URL=http://127.0.0.1:$TILL_PORT order_is Cancelled
    }
    each cancelled
}

@test "a body arrives whole, counted or in chunks, or is refused as by nginx" {
    local full key='header = "Idempotency-Key: a-key"'
    printf -v full '{"product_name":"Tea 茶","quantity":1,%16335s"price":1}' ''
    printf '%s' "$full" >full
    [ "$(wc -c <full)" = 16384 ]
    printf '%s ' "$full" >larger
    head -c 300000 /dev/zero >huge
    for file in full larger huge; do
        for header in 'Transfer-Encoding: chunked' 'Expect: 100-continue' 'X: y'; do
            with_token POST /api/order '' "$key" "data-binary = \"@$file\"" \
                'header = "Content-Type: application/json"' \
                "header = \"$header\""
        done
    done
    with_token POST /api/order '' "$key" \
        'header = "Content-Type: application/json"' 'header = "Content-Length: 0"'
    ask POST /api/stripe/webhook 'data-binary = "@larger"' \
        'header = "Stripe-Signature: t=1,v1=00"'
    answers "$TILL_URL" >first # the key's first use is answered otherwise
    expect_the_same
    [ "$(grep -c '^idempotency-replayed: true' nginx)" = 3 ]
    [ "$(grep -cx '== 413' nginx)" = 6 ]
}

# raw BYTES: sent as they are, with printf's escapes; all that comes back
raw() {
    local connection port=${TILL_URL##*:}
    exec {connection}<>"/dev/tcp/127.0.0.1/$port"
    printf '%b' "$1" 1>&"$connection" 2>/dev/null || :
    timeout 10 cat <&"$connection" | tr -d '\r' || :
    exec {connection}>&-
}

@test "nothing of a body becomes a request of its own" {
    local inner='GET /api/health/live HTTP/1.1\r\nHost: x\r\nX-Request-Id: smuggled-in\r\n\r\n'
    local end='Host: x\r\nConnection: close\r\n\r\n' both chunked
    # one that is refused unread, and the next on the same connection
    local body=$inner$inner$inner
    refused() {
        local size said
        size=$(printf '%b' "$body" | wc -c)
        said=$(raw "POST /api/order HTTP/1.1\r\nHost: x\r\nX-Request-Id: request-1\r\nContent-Length: $size\r\n\r\n${body}GET /api/order HTTP/1.1\r\nX-Request-Id: request-2\r\n$end")
        [ "$(grep -c '^HTTP/1.1 401' <<<"$said")" = 2 ]
        [ "$(grep -ci '^X-Request-Id: request-[12]$' <<<"$said")" = 2 ]
        [[ $said != *smuggled-in* ]]
    }
    each refused
    # two lengths: whichever holds, what follows is no request
    both='Host: x\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n'
    chunked='0\r\n\r\n'
    doubtful() {
        local said
        said=$(raw "POST /api/order HTTP/1.1\r\n$both\r\n$chunked$inner$inner")
        [[ $said != *smuggled-in* ]]
        said=$(raw "POST /api/order HTTP/1.1\r\nHost: x\r\nContent-Length: 4\r\nContent-Length: 5\r\n\r\n1234$inner")
        [[ $said != *smuggled-in* ]]
    }
    each doubtful
}

@test "a body that breaks off makes no order" {
    broken() {
        local head="POST /api/order HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer $token\r\nContent-Type: application/json\r\n"
        local body='{"product_name":"Half","quantity":1,"price":1}'
        raw "${head}Content-Length: 100\r\n\r\n$body" >/dev/null &
        raw "${head}Transfer-Encoding: chunked\r\n\r\n50\r\n${body%?}" >/dev/null &
    }
    # hung up by timeout: each of them at once
    timeout() { shift && command timeout 0.5 "$@"; }
    each broken
    wait
    # the program has taken a later order, so it is done with those before
    complete() {
        order_something
        api GET '/api/order?limit=100' '' "$token"
        expect 200
        [[ $body != *Half* ]]
    }
    each complete
}

@test "customers' numbers are the same: a burst of reads, each answered" {
    order_something
    burst() {
        seq 40 | xargs -P 8 -I{} curl -s -o /dev/null -w '%{http_code}\n' \
            -H "Authorization: Bearer $token" "$TILL_URL/api/order/$order_id" |
            sort | uniq -c >burst
        [[ $(cat burst) =~ ^\ *40\ 200$ ]]
    }
    each burst
}

@test "services find each other on an address of their own, which nobody else reaches" {
    private() {
        local internal
        internal=$(cat "$servers_folder/$name/internal")
        if [[ $internal == unix:* ]]; then
            [ "$(curl -s --unix-socket "${internal#unix:}" -o /dev/null \
                -w '%{http_code}' http://till/api/order)" = 401 ]
            [ "$(stat -c %a "$TILL_HOME")" = 700 ]
        else
            [ "$(curl -s -o /dev/null -w '%{http_code}' \
                "$internal/api/order")" = 401 ]
            # of another address of this machine's, nobody listens
            ! curl -s -m 5 "${internal/127.0.0.1/127.0.0.2}/api/order"
        fi
    }
    each private
}

@test "a program that can't be run is a problem, and heals" {
    local program=$checkout/build/cgi-bin/order-list
    away() {
        [ "$name" != apache-fcgid ] || return 0 # goes on with what it has begun
        api GET /api/order
        [[ $status == 50[23] ]]
        expect_problem "$status"
        [ "$(header Retry-After)" = 5 ]
    }
    back() {
        api GET /api/order
        expect 401
    }
    mv "$program" "$program.away"
    mv "$TILL_HOME/run/order-list.sock" "$TILL_HOME/run/away.sock"
    each away || failed=1
    mv "$program.away" "$program"
    mv "$TILL_HOME/run/away.sock" "$TILL_HOME/run/order-list.sock"
    [ -z "${failed:-}" ]
    each wait_for 10 back
}
