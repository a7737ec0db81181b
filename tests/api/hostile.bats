# Bad input on every route never gets a 5xx or an empty answer: what is wrong
# is said as problem+json with the right status, and a field by its pointer.
#
# A new route is a new line of routes(), and nothing else.
# shellcheck disable=SC2154,SC2030,SC2031,SC2016  # lib.bash's; MongoDB's words

bats_require_minimum_version 1.5.0 # run !
load ../lib.bash
load ../tools.bash

setup_file() {
    till_start
    register_and_login
    order_something
    export token order_id user_id email
    admin=$(user_token "$(new_user_id)" admin)
    stranger=$(user_token "$(new_user_id)")
    service=$(service_token order)
    export admin stranger service
}

teardown_file() {
    till_stop
}

# PROGRAM | METHOD | PATH | WHO may call (- : anyone) | a GOOD body | its FIELDS
# name:type, with ? where it may be left out. The types: text, secret (a text
# that may be blank), int, decimal, bool.
routes() {
    cat <<ROUTES
user-register|POST|/api/user|-|{"username":"Ada","email":"a@shop.example","password":"correct horse"}|username:text email:text password:secret
user-login|POST|/api/login|-|{"email":"a@shop.example","password":"correct horse"}|email:text password:secret
user-show|GET|/api/user/$user_id|token||
order-create|POST|/api/order|token|{"product_name":"Tea","quantity":1,"price":1}|product_name:text quantity:int price:decimal currency?:text user_id?:text
order-show|GET|/api/order/$order_id|token||
order-list|GET|/api/order|token||
order-update|PATCH|/api/order/$order_id|token|{"status":"Cancelled"}|status:text payment_id?:text
payment-pay|POST|/api/pay-order|token|{"order_id":"$order_id"}|order_id:text payment_method?:text return_url?:text confirm?:bool
payment-show|GET|/api/payment/$order_id|token||
payment-refund|POST|/api/refund|admin|{"order_id":"$order_id"}|order_id:text amount?:decimal
payment-cancel|POST|/api/cancel-payment|service|{"order_id":"$order_id"}|order_id:text
payment-webhook|POST|/api/stripe/webhook|-||
notification-notify|POST|/api/notify|token|{"user_id":"$user_id","order_id":"$order_id"}|user_id:text order_id:text refund?:int amount?:decimal
notification-show|GET|/api/notification/receipt_$order_id|token||
ops-health|GET|/api/health/live|-||
ops-shop|GET|/api/shop|-||
ROUTES
}

# each KIND COMMAND: runs it for every route of a kind, with $method, $path,
# $bearer, $good and $fields set. The kinds: body (takes JSON), token (needs
# one), id (ends in one), all.
each() {
    local kind=$1 program method path who good fields bearer
    shift
    while IFS='|' read -r program method path who good fields; do
        bearer=
        [ "$who" = - ] || bearer=${!who}
        case $kind in
        body) [ -n "$fields" ] || continue ;;
        token) [ "$who" != - ] || continue ;;
        id) [[ $path =~ [0-9a-f]{12}$ ]] || continue ;;
        esac
        "$@" || {
            echo "$program: $method $path: $status $body" >&2
            return 1
        }
    done < <(routes)
}

# refused STATUS BODY [POINTER]: what the route says to this body
refused() {
    api "$method" "$path" "$2" "$bearer"
    expect_problem "$1" ${3:+"$3"} || {
        echo "the body was: ${2:0:300}" >&2
        return 1
    }
}

# refused_bytes STATUS FORMAT: the same, a body that needs printf's escapes
refused_bytes() {
    # shellcheck disable=SC2059  # the format is what is sent
    printf "$2" >"$BATS_TEST_TMPDIR/bytes"
    refused_file "$1" "$BATS_TEST_TMPDIR/bytes"
}

# refused_file STATUS FILE [CURL OPTION ...]
refused_file() {
    local expected=$1 file=$2
    shift 2
    api "$method" "$path" '' "$bearer" -H 'Content-Type: application/json' \
        --data-binary @"$file" "$@"
    expect_problem "$expected" || {
        echo "the body was: $(head -c 300 "$file")" >&2
        return 1
    }
}

# with NAME JSON: the good body, that member being this instead
with() {
    local others
    others=$(printf '%s' "$good" | jq -c --arg name "$1" 'del(.[$name])')
    others=${others%\}}
    [ "$others" = '{' ] || others=$others,
    printf '%s"%s":%s}' "$others" "$1" "$2"
}

@test "every program that has a route is in the table" {
    case ${TILL_BUILD:-build} in
    /*) programs=$TILL_BUILD/cgi-bin ;;
    *) programs=$root/$TILL_BUILD/cgi-bin ;;
    esac
    for program in "$programs"/*; do
        # what no customer can reach is tried elsewhere
        case $program in *-worker | */ops-metrics) continue ;; esac
        routes | grep -q "^${program##*/}|"
    done
}

malformed() {
    while IFS= read -r line; do
        refused 400 "$line" || return
    done <<'BODIES'
{
}
{"a":1
{"a":1}}
{"a":1} x
{"a":1}{"a":1}
{'a':1}
{a:1}
{"a" 1}
{"a":1,}
[]
[{}]
null
true
1
"text"
nul
NaN
{"a":NaN}
{"a":Infinity}
{"a":01}
{"a":1.}
{"a":.5}
{"a":+1}
{"a":0x10}
{"a":1e}
{"a":"\x41"}
{"a":"\u12"}
{"a":"\uzzzz"}
{"a":"\u0000"}
{"a\u0000":1}
{"a":"\\\u0000"}
{"a":"\ud800"}
{"a":"\udc00\ud800"}
{"a":"open
/* comment */ {}
<xml/>
a=1&b=2
BODIES
}

@test "JSON that is malformed is 400" {
    each body malformed
}

malformed_bytes() {
    local bytes
    for bytes in '{"a":"\377"}' '{"a":"\303"}' '{"a":"\300\200"}' \
        '{"a":"\355\240\200"}' '{"\377":1}' '\377\376{\000}\000' \
        '\357\273\277{}' '{"a":"x\000y"}' '{}\000' '{"a":"x\001y"}' \
        '{"a":"x\ny"}' '{"a":"x\ty"}' '\013{}' '{\001"a":1}' '\302\240{}' \
        ' ' '\000'; do
        refused_bytes 400 "$bytes" || return
    done
}

@test "bytes that are no clean UTF-8, or no JSON, are 400" {
    each body malformed_bytes
}

# What other servers take for more than text: MongoDB's operators and paths,
# SQL, four bytes of UTF-8.
operators() {
    cat <<'EOF'
$where
$ne
{"$gt":""}
{$ne: null}
a.b.$[]
$
.
_id
$set.status
'); DROP TABLE orders; --
💸💸💸💸💸💸💸💸
EOF
}

# The last answer is a problem, or has the text as it was sent.
is_taken_as_text() { # NAME TEXT
    case $status in
    2*) printf '%s' "$body" | jq -e --arg name "$1" --arg text "$2" \
        '.[$name] // $text | . == $text' >/dev/null ;;
    4*) expect_problem "$status" ;;
    *) false ;;
    esac
}

plain_texts() {
    local field name text object
    for field in $fields; do
        name=${field%%[?:]*}
        for object in '{"$ne":null}' '{"$gt":""}' '{"$where":"1"}' '["$in"]'; do
            refused 422 "$(with "$name" "$object")" "/$name" || return
        done
        refused 400 "$(with "$name" '"a\u0000b"')" || return
        with "$name" '"a@@b"' | sed 's/@@/\xff/' >"$BATS_TEST_TMPDIR/bytes"
        refused_file 400 "$BATS_TEST_TMPDIR/bytes" || return
        case $field in *:text | *:secret) ;; *) continue ;; esac
        while IFS= read -r text; do
            api "$method" "$path" "$(with "$name" \
                "$(jq -nc --arg text "$text" '$text')")" "$bearer"
            is_taken_as_text "$name" "$text" || return
        done < <(operators)
    done
}

# order_named TEXT [CURL OPTION ...]
order_named() {
    api POST /api/order "$(jq -nc --arg text "$1" \
        '{product_name: $text, quantity: 1, price: 1}')" "$token" "${@:2}"
}

@test "operators, NUL and broken UTF-8 in any field are text, or refused" {
    local text='{"$ne":1} a.b 💸'
    each body plain_texts
    order_named "$text"
    expect 201 .product_name "$text"
    api GET "/api/order/$(member .id)" '' "$token"
    expect 200 .product_name "$text"
}

@test "operators in a query find nothing more, and nobody else's" {
    for query in 'status=$ne' 'status[$ne]=Paid' 'status=%7B%22$ne%22:1%7D' \
        'cursor=$gt' 'cursor[$gt]=' 'cursor=%7B%22$gt%22:%22%22%7D' \
        'limit[$gt]=1' '$where=1' 'user_id=x' 'user_id[$ne]=x' 'status=%00' \
        'cursor=%ff'; do
        api GET "/api/order?$query" '' "$stranger" --globoff
        [ "$status" = 200 ] || expect_problem "$status"
        [ "$status" -lt 500 ]
        [[ $body != *"$order_id"* ]]
    done
}

@test "a key of operators is that key and no other" {
    local made key
    while IFS= read -r key; do
        # a key has no blanks, and is of ASCII
        [[ $key =~ ^[!-~]+$ ]] || continue
        order_named Tea -H "Idempotency-Key: $key"
        expect 201
        [ -z "$(header Idempotency-Replayed)" ]
        made=$(member .id)
        order_named Tea -H "Idempotency-Key: $key"
        expect 201 .id "$made"
        [ "$(header Idempotency-Replayed)" = true ]
    done < <(operators)
    for key in $'a\xffb' 'a b' '💸' '"$ne'; do
        order_named Tea -H "Idempotency-Key: $key"
        expect_problem 400
    done
}

empty() {
    api "$method" "$path" '' "$bearer" -H 'Content-Type: application/json'
    expect_problem 400
}

@test "no body at all is 400" {
    each body empty
}

nested() {
    local depth
    for depth in 33 1000; do
        refused 400 "{\"a\":$(head -c $depth /dev/zero | tr '\0' '[')$(
            head -c $depth /dev/zero | tr '\0' ']')}" || return
        refused 400 "$(for _ in $(seq $depth); do printf '{"a":'; done | head -c 4000)" ||
            return
    done
}

@test "what is nested deeply is 400" {
    each body nested
}

wrong_types() {
    local field name type value right
    for field in $fields; do
        name=${field%%[?:]*} type=${field#*:}
        for value in null true 7 '"7"' '[]' '["a"]' '{}' '{"a":1}' 1e400 -1 \
            0.5 '""' '"  "' '"a\nb"'; do
            right=
            case $type:$value in
            text:\"7\") right=1 ;;
            secret:\"7\" | secret:\"\ \ \") right=1 ;;
            int:7 | bool:true) right=1 ;;
            # whether an amount is too small, only the order can tell
            decimal:7 | decimal:\"7\" | decimal:0.5 | decimal:-1) right=1 ;;
            esac
            [ -n "$right" ] || refused 422 "$(with "$name" "$value")" "/$name" ||
                return
        done
    done
}

@test "a field of a wrong type or out of range is 422, by its name" {
    each body wrong_types
}

long_texts() {
    local field name
    for field in $fields; do
        name=${field%%[?:]*}
        case $field in *:text | *:secret)
            refused 422 "$(with "$name" "\"$(head -c 2000 /dev/zero |
                tr '\0' x)\"")" "/$name" || return
            ;;
        esac
    done
}

@test "a text that is too long is 422, by its name" {
    each body long_texts
}

missing() {
    local field
    for field in $fields; do
        case $field in *\?*) continue ;; esac
        refused 422 "$(printf '%s' "$good" |
            jq -c --arg name "${field%:*}" 'del(.[$name])')" \
            "/${field%:*}" || return
    done
}

@test "a field that is missing is 422, by its name" {
    each body missing
}

strange_members() {
    local field name
    refused 422 "$(with unknown 1)" /unknown || return
    refused 422 "$(with 'a/b~c' '"x"')" /a~1b~0c || return
    refused 422 "$(with '' null)" / || return
    refused 422 "$(with 'é茶' '{}')" '/é茶' || return
    refused 422 "$(with __proto__ '{}')" /__proto__ || return
    for field in $fields; do
        name=${field%%[?:]*}
        refused 422 "$(with "${name^}" '"x"')" "/${name^}" || return
        case $field in *\?*) continue ;; esac
        refused 422 "$(printf '%s' "$good" | jq -c --arg name "$name" '.[$name]' |
            sed "s|.*|${good%\}},\"$name\":&}|")" "/$name" || return
    done
}

@test "a member that is unknown, or there twice, is 422, by its name" {
    each body strange_members
}

many_members() {
    refused 422 "{$(seq 400 | sed 's/.*/"&":1/' | paste -sd,)}" /1 &&
        [ "${#body}" -lt 10000 ]
}

@test "hundreds of unknown members get an answer of sane length" {
    each body many_members
}

too_large() {
    refused_file 413 "$BATS_TEST_TMPDIR/20k" &&
        refused_file 413 "$BATS_TEST_TMPDIR/10m" &&
        refused_file 413 "$BATS_TEST_TMPDIR/10m" -H 'Transfer-Encoding: chunked'
}

@test "a body that is too large is 413, chunked or not" {
    head -c 20000 /dev/zero | tr '\0' ' ' >"$BATS_TEST_TMPDIR/20k"
    head -c 10000000 /dev/zero | tr '\0' ' ' >"$BATS_TEST_TMPDIR/10m"
    each body too_large
}

chunked() {
    printf '%s' "${good%\}},\"unknown\":1}" >"$BATS_TEST_TMPDIR/body"
    refused_file 422 "$BATS_TEST_TMPDIR/body" -H 'Transfer-Encoding: chunked' &&
        expect_field /unknown
}

@test "a chunked body is read as any other" {
    each body chunked
}

other_types() {
    local type
    for type in text/plain application/x-www-form-urlencoded text/json \
        multipart/form-data application/jsonp application/json-patch+json \
        'text/plain; application/json' json ';' '*/*'; do
        api "$method" "$path" '' "$bearer" -H "Content-Type: $type" -d "$good"
        expect_problem 415 || return
    done
    api "$method" "$path" '' "$bearer" -H 'Content-Type:' -d "$good"
    expect_problem 415
}

@test "another content type, or none, is 415" {
    each body other_types
}

other_methods() {
    local other
    for other in GET POST PUT PATCH DELETE OPTIONS LINK BREW; do
        api $other "$path" '' "$bearer"
        [ "$status" = 405 ] || continue
        expect_problem 405 || return
        [[ ", $(header Allow), " == *", $method, "* ]] || return
        [[ ", $(header Allow), " != *", $other, "* ]] || return
    done
    api LINK "$path" '{}' "$bearer"
    expect_problem 405
}

@test "another method is 405, and Allow has the right ones" {
    each all other_methods
}

bad_tokens() {
    local bad
    api "$method" "$path" "$good"
    expect_problem 401 || return
    [ "$(header WWW-Authenticate)" = 'Bearer realm="till"' ] || return
    while IFS= read -r bad; do
        api "$method" "$path" "$good" '' -H "Authorization: $bad"
        expect_problem 401 || return
        [[ $(header WWW-Authenticate) == *error=\"invalid_token\"* ]] || return
    done <"$BATS_FILE_TMPDIR/bad-tokens"
}

# One Authorization header a line; each would be right but for one thing.
list_bad_tokens() {
    local secret services now
    secret=$(secret_of JWT_SECRET)
    services=$(secret_of SERVICE_SECRET)
    now=$(date +%s)
    {
        echo 'Basic dXNlcjpwYXNz'
        echo 'Bearer'
        echo 'Bearer x'
        echo 'Bearer ..'
        echo 'Bearer a.b.c'
        echo "Bearer $token.x"
        echo "Bearer ${token}x"
        echo "Bearer ${token%????}"
        echo "$token"
        echo "Bearer $(make_token "$secret" "{\"exp\":$((now - 60))}")"
        echo "Bearer $(make_token "$secret" '{"exp":null}')"
        echo "Bearer $(make_token "$secret" "{\"exp\":\"$((now + 60))\"}")"
        echo "Bearer $(make_token "$secret" "{\"exp\":$((now + 900000))}")"
        echo "Bearer $(make_token "$secret" "{\"nbf\":$((now + 600))}")"
        echo "Bearer $(make_token "$secret" '{}' none)"
        echo "Bearer $(make_token "$secret" '{}' none)AAAA"
        echo "Bearer $(make_token "$secret" '{}' HS384)"
        echo "Bearer $(make_token "$secret" '{}' HS512)"
        echo "Bearer $(make_token "" '{}')"
        echo "Bearer $(make_token another-secret-another-secret-another '{}')"
        echo "Bearer $(make_token "$services" '{}')"
        echo "Bearer $(make_token "$secret" '{"aud":"another"}')"
        echo "Bearer $(make_token "$secret" '{"aud":null}')"
        echo "Bearer $(make_token "$secret" '{"aud":"till-services","role":"service"}')"
        echo "Bearer $(make_token "$services" '{"aud":"till-services"}')"
        echo "Bearer $(make_token "$secret" '{"iss":"another"}')"
        echo "Bearer $(make_token "$secret" '{"role":"root"}')"
        echo "Bearer $(make_token "$secret" '{"role":["admin"]}')"
        echo "Bearer $(make_token "$secret" '{"sub":"x"}')"
        echo "Bearer $(make_token "$secret" '{"sub":7}')"
        echo "Bearer $(head -c 5000 /dev/zero | tr '\0' a).b.c"
    } >"$BATS_FILE_TMPDIR/bad-tokens"
}

@test "without a good token everything that needs one is 401" {
    list_bad_tokens
    each token bad_tokens
}

doubled() {
    api "$method" "$path" "$good" "$bearer" -H "Authorization: Bearer x"
    expect_problem 400
}

@test "two Authorization headers are 400" {
    each token doubled
}

huge_token() {
    api "$method" "$path" "$good" '' -H @"$BATS_TEST_TMPDIR/header"
    expect_problem 431
}

@test "a token that is too large is 431" {
    {
        printf 'Authorization: Bearer '
        head -c 50000 /dev/zero | tr '\0' a
        echo
    } >"$BATS_TEST_TMPDIR/header"
    each token huge_token
}

bad_ids() {
    local stem=${path%/*} id
    for id in x 1 "${path##*/}0" "$(printf '%s' "${path##*/}" | tr a-f A-F)A" \
        "${path##*/}%20" '%27%20OR%201=1' "$(printf '%.0s-' {1..36})" '%ff' \
        '%C3%A9' '%0d%0aSet-Cookie:a=b' '%7B%7D' '..%2f..%2fetc%2fpasswd' \
        '$ne' '%24where' '%7B%22$gt%22:%22%22%7D' a.b '%F0%9F%92%B8' \
        "$(head -c 2000 /dev/zero | tr '\0' a)"; do
        api "$method" "$stem/$id" "$good" "$bearer" --path-as-is
        # nginx decodes %2f, and then it is another address
        [ "$status" = 404 ] && [[ $id == *%2f* ]] || expect_problem 400 || return
        [ -z "$(header Set-Cookie)" ] || return
    done
    api "$method" "$stem/%00" "$good" "$bearer"
    expect_problem 400 || return
    api "$method" "$path%00" "$good" "$bearer"
    expect_problem 400
}

@test "an id that is none is 400" {
    each id bad_ids
}

not_ones_own() {
    api "$method" "$path" "$good" "$stranger"
    expect_problem 404 || return
    # an id that is well-formed, and nobody's
    api "$method" "${path%????????????}000000000000" "$good" "$bearer"
    expect_problem 404
}

@test "what is somebody else's, or isn't there, is 404" {
    each id not_ones_own
}

@test "a webhook that isn't Stripe's is 400, whatever it is" {
    for signature in '' x 't=1,v1=00' 't=,v1=' "t=$(date +%s)" \
        "t=$(date +%s),v1=$(head -c 64 /dev/zero | tr '\0' 0)" \
        't=99999999999999999999,v1=00' "t=$(date +%s),v0=00" ',,,,' '===='; do
        for json in '{}' '{' '' '[]' 'null' '{"id":7}'; do
            api POST /api/stripe/webhook "$json" '' \
                -H 'Content-Type: application/json' \
                ${signature:+-H "Stripe-Signature: $signature"}
            expect_problem 400
        done
    done
    head -c 10000000 /dev/zero >"$BATS_TEST_TMPDIR/10m"
    api POST /api/stripe/webhook '' '' -H 'Content-Type: application/json' \
        --data-binary @"$BATS_TEST_TMPDIR/10m"
    expect_problem 413
    api POST /api/stripe/webhook '{}' '' -H 'Stripe-Signature: a' \
        -H 'Stripe-Signature: b'
    expect_problem 400
}

alive() {
    api "$method" "$path" "$good" "$bearer"
    [ "$status" -lt 500 ]
}

@test "after all of it every program is the process it was, and has no complaint" {
    each all alive
    cd "$TILL_HOME"
    # those that take requests: a worker may ask before nginx is there
    for log in $(routes | cut -d"|" -f1); do
        run ! grep -E '^till: |AddressSanitizer|runtime error|"level":"error"' \
            "log/$log.log"
    done
    run ! grep -E 'died|exited|Child' log/*.log
}
