# What a program does with bytes that no honest nginx sends: nothing of a body
# may ever be taken for a request, and no connection may hold up the others.
# shellcheck disable=SC2154  # $tools is tools.bash's

load ../lib.bash
load ../tools.bash

setup_file() {
    till_start
    cd "$TILL_HOME" || return
    make_bodies
    TOKEN=$(user_token)
    export TOKEN
}

teardown_file() {
    till_stop
}

setup() {
    cd "$TILL_HOME" || return
}

# record TYPE ID LENGTH: the head of a FastCGI record, for printf's %b
record() {
    printf '\\01\\0%o\\0\\0%o\\0%o\\0%o\\0\\0' "$1" "$2" \
        $(($3 / 256)) $(($3 % 256))
}

# pair NAME VALUE: a parameter, both shorter than 128 bytes
pair() {
    printf '\\0%o\\0%o%s%s' ${#1} ${#2} "$1" "$2"
}

# bodies/forged: records that libfcgi skips, so that it may begin to read at any
# eighth byte, then a whole request of its own. bodies/large: the same in 60 KB.
make_bodies() {
    local params size
    params=$(pair REQUEST_METHOD GET)$(pair DOCUMENT_URI /SMUGGLED)
    params=$params$(pair REQUEST_ID smuggled-request)
    size=$(printf '%b' "$params" | wc -c)
    mkdir -p bodies
    printf '%b' "$(record 5 153 0)" >bodies/skip
    printf '%b' "$(record 1 1 8)\\0\\01\\01\\0\\0\\0\\0\\0$(record 4 1 "$size")$params$(record 4 1 0)$(record 5 1 0)" \
        >bodies/request
    for _ in {1..2048}; do
        cat bodies/skip
    done >bodies/sled
    cat bodies/sled bodies/request >bodies/forged
    cat bodies/sled bodies/sled bodies/sled bodies/request >bodies/large
    printf '{"a":1}' >bodies/small
    : >bodies/none
}

# Nothing that was forged has been handled, and no program has fallen.
expect_nothing_smuggled() {
    if grep -E 'SMUGGLED|smuggled-request|^till: bug|AddressSanitizer|runtime error' \
        log/*.log; then
        return 1
    fi
}

# expect_answers FILE ID ...: its answers are to these requests, in this order
expect_answers() {
    local file=$1
    shift
    [ "$(tr -d '\r' <"$file" | sed -n 's/^X-Request-Id: //p' | xargs)" = "$*" ] || {
        cat "$file"
        return 1
    }
}

@test "the probe is one that libfcgi would fall for: its records are well-formed" {
    # by another id: what asks the services hands it on, and nginx tells of it late
    sed 's/smuggled-request/expected-request/' bodies/request >bodies/expected
    for program in $(served); do
        fcgi "run/$program.sock" raw bodies/expected read
    done | grep -a -c 'X-Request-Id: expected-request' >count
    [ "$(cat count)" = "$(served | wc -l)" ]
    for log in log/*.log; do
        : >"$log"
    done
}

@test "on the socket, every refusal drains the body before the next request" {
    for program in $(served); do
        for method in GET HEAD POST PATCH DELETE BREW; do
            for body in forged large; do
                for type in application/json text/plain; do
                    fcgi "run/$program.sock" REQUEST_METHOD=$method \
                        DOCUMENT_URI=/api/x CONTENT_TYPE=$type \
                        body bodies/$body REQUEST_ID=first-request send read \
                        body bodies/small REQUEST_ID=second-request send read \
                        >answers
                    expect_answers answers first-request second-request
                done
            done
        done
    done
    expect_nothing_smuggled
}

@test "with a token as well, up to the handler" {
    for program in $(served); do
        for method in GET POST PATCH; do
            fcgi "run/$program.sock" REQUEST_METHOD=$method \
                DOCUMENT_URI=/api/x/01890a5d-ac96-774b-bcce-b302099a8057 \
                CONTENT_TYPE=application/json \
                "HTTP_AUTHORIZATION=Bearer $TOKEN" \
                body bodies/forged REQUEST_ID=first-request send read \
                body bodies/none REQUEST_ID=second-request send read >answers
            expect_answers answers first-request second-request
        done
    done
    expect_nothing_smuggled
}

@test "a body longer or shorter than announced ends the connection" {
    for program in $(served); do
        for length in 0 1 7 16000 16500 99999999 -1 abc ''; do
            fcgi "run/$program.sock" REQUEST_METHOD=POST DOCUMENT_URI=/api/x \
                CONTENT_TYPE=application/json CONTENT_LENGTH=$length \
                body bodies/forged REQUEST_ID=first-request send read read \
                >answers
            expect_answers answers first-request
            grep -q '^closed' answers
        done
    done
    expect_nothing_smuggled
}

@test "through nginx, no early answer leaves a request behind" {
    while read -r method path type token; do
        for body in forged large; do
            curl -sS -m 20 -o answer -X "$method" "$TILL_URL$path" \
                -H "Content-Type: $type" --data-binary @bodies/$body \
                ${token:+-H "Authorization: Bearer $token"}
            [ "$(grep -c smuggled answer)" = 0 ]
            # on the connection that was kept: the right answer to the next
            api GET /api/order '' "$TOKEN"
            expect 200
        done
    done <<ROWS
POST /api/order application/json
POST /api/order application/json $TOKEN
POST /api/order text/plain $TOKEN
GET /api/order application/json
GET /api/order application/json $TOKEN
GET /api/order/01890a5d-ac96-774b-bcce-b302099a8057 application/json $TOKEN
PATCH /api/order/01890a5d-ac96-774b-bcce-b302099a8057 application/json
PATCH /api/order/01890a5d-ac96-774b-bcce-b302099a8057 text/plain $TOKEN
POST /api/user application/json
POST /api/user text/plain
POST /api/login application/json
POST /api/login text/plain
GET /api/user/01890a5d-ac96-774b-bcce-b302099a8057 application/json
POST /api/pay-order application/json
POST /api/pay-order text/plain $TOKEN
POST /api/notify application/json
POST /api/notify text/plain $TOKEN
GET /api/payment/01890a5d-ac96-774b-bcce-b302099a8057 application/json
GET /api/notification/01890a5d-ac96-774b-bcce-b302099a8057 application/json
GET /api/health/live application/json
ROWS
    expect_nothing_smuggled
}

@test "a chunked body through nginx is drained as well" {
    for path in /api/order /api/user /api/pay-order /api/notify; do
        curl -sS -m 20 -o answer -X POST "$TILL_URL$path" \
            -H 'Content-Type: application/json' \
            -H 'Transfer-Encoding: chunked' --data-binary @bodies/forged
        jq -e '.status >= 400 and .status < 500' answer
    done
    expect_nothing_smuggled
}

# quick PROGRAM: it answers within 10 seconds
quick() {
    timeout 10 "$tools/fcgi" "run/$1.sock" REQUEST_METHOD=GET \
        DOCUMENT_URI=/api/x REQUEST_ID=quick-request send read |
        grep -q 'X-Request-Id: quick-request'
}

@test "who stalls in the middle of a request holds up nobody for long" {
    for program in $(served); do
        # sends half a request and waits for an answer
        fcgi "run/$program.sock" REQUEST_METHOD=POST DOCUMENT_URI=/api/order \
            CONTENT_TYPE=application/json body bodies/forged most read read \
            >"stalled-$program" &
    done
    for program in $(served); do
        quick "$program"
    done
    wait
    # those who stalled were told, and left alone
    for program in $(served); do
        grep -q '^closed' "stalled-$program"
    done
    expect_nothing_smuggled
}

@test "who sends no FastCGI at all is shown the door, and holds up nobody" {
    printf 'GET / HTTP/1.1\r\nHost: x\r\n\r\n' >bodies/http
    head -c 100000 /dev/urandom >bodies/noise
    printf '\001' >bodies/byte
    for program in $(served); do
        pid=$(process_of "$program")
        for body in http noise; do
            timeout 10 "$tools/fcgi" "run/$program.sock" raw bodies/$body \
                end read >/dev/null
        done
        timeout 10 "$tools/fcgi" "run/$program.sock" raw bodies/byte read |
            grep -q closed
        quick "$program"
        [ "$(process_of "$program")" = "$pid" ]
    done
}

@test "who asks and is gone before the answer leaves no trace" {
    for program in $(served); do
        pid=$(process_of "$program")
        for _ in {1..20}; do
            fcgi "run/$program.sock" REQUEST_METHOD=GET DOCUMENT_URI=/api/x \
                body bodies/forged send
        done
        quick "$program"
        kill -HUP "$pid"
        quick "$program"
        [ "$(process_of "$program")" = "$pid" ]
    done
    expect_nothing_smuggled
}
