# For tests of the sandbox: one of its own for every test, in $BATS_TEST_TMPDIR.
# shellcheck disable=SC2034,SC2119,SC2120  # what the helpers leave is for tests

setup() {
    cd "$BATS_TEST_DIRNAME/../.." || return 1
    SANDBOX="$(cd "${TILL_BUILD:-build}" && pwd)/tests/till-sandbox"
    WORK="$BATS_TEST_TMPDIR"
    STATE="$WORK/state"
    PID=
    start
}

teardown() {
    [ -z "$PID" ] || stop TERM
}

# start [ARGUMENT]...: starts the sandbox and waits for its port.
start() {
    rm -f "$STATE/told"
    "$SANDBOX" --state "$STATE" "$@" >"$WORK/out" 2>"$WORK/err" 3>&- &
    PID=$!
    wait_for grep -q 'THIS IS A SANDBOX' "$WORK/out"
    URL="http://127.0.0.1:$(cat "$STATE/port")"
}

# stop SIGNAL: ends the sandbox; its exit status is what is returned.
stop() {
    local pid=$PID
    PID=
    kill -s "$1" "$pid"
    wait "$pid"
}

# wait_for COMMAND...: until it holds, ten seconds at most.
wait_for() {
    local i
    for i in $(seq 500); do
        "$@" 2>/dev/null && return
        sleep 0.02
    done
    echo "never came true: $*"
    return 1
}

# call CURL-ARGUMENT...: leaves status, body and headers.
call() {
    status=$(curl -sS --max-time 20 -o "$WORK/body" -D "$WORK/headers" \
        -w '%{http_code}' "$@") || return
    body=$(cat "$WORK/body")
}

# stripe PATH [CURL-ARGUMENT]...
stripe() {
    local path=$1
    shift
    call -u sk_test_sandbox: "$URL$path" "$@"
}

# create [CURL-ARGUMENT]...: an intent over 10 dollars; leaves its id.
create() {
    stripe /v1/payment_intents -d amount=1000 -d currency=usd \
        -d 'automatic_payment_methods[enabled]=true' \
        -d 'automatic_payment_methods[allow_redirects]=never' "$@"
    id=$(field .id)
}

# confirm METHOD [CURL-ARGUMENT]...: confirms the intent that was created.
confirm() {
    local method=$1
    shift
    stripe "/v1/payment_intents/$id/confirm" -d "payment_method=$method" "$@"
}

# gmail PATH [CURL-ARGUMENT]...: with a good token.
gmail() {
    local path=$1
    shift
    [ -n "${TOKEN:-}" ] || token
    call -H "Authorization: Bearer $TOKEN" \
        -H 'Content-Type: application/json' "$URL$path" "$@"
}

token() {
    refresh && TOKEN=$(field .access_token)
}

# refresh [NAME=VALUE]...: the later value of a name counts.
refresh() {
    local pair
    set -- grant_type=refresh_token client_id=sandbox client_secret=sandbox \
        refresh_token=sandbox-refresh "$@"
    for pair; do
        shift
        set -- "$@" -d "$pair"
    done
    call "$URL/token" "$@"
}

# mail [HEADER]...: a message in base64url, with these instead of a To.
mail() {
    [ $# -gt 0 ] || set -- 'To: buyer@shop.example'
    { printf '%s\r\n' 'From: receipts@shop.example' 'Subject: Your receipt' \
        'X-Till-Order: o1' "$@"; printf '\r\nThank you.\r\n'; } |
        basenc --base64url -w0
}

# draft [RAW]: makes a draft; leaves its id.
draft() {
    gmail /gmail/v1/users/me/drafts -d "{\"message\":{\"raw\":\"${1-$(mail)}\"}}"
    draft=$(field .id)
}

send() {
    gmail /gmail/v1/users/me/drafts/send -d "{\"id\":\"$draft\"}"
}

# at_once N: the requests of the curl configuration $WORK/all, each of which
# ends with `next`, N at a time.
at_once() {
    sed '$d' "$WORK/all" |
        curl -sS --parallel --parallel-immediate --parallel-max "$1" -K - 3>&-
}

# lost COMMAND...: it must get no whole answer.
lost() {
    if "$@" 2>"$WORK/curl"; then
        echo "was answered: $*"
        return 1
    fi
}

fault() {
    curl -sS -f -o /dev/null "$URL/sandbox/faults" -d "[$1]"
}

field() {
    jq -r "$1" <<<"$body"
}

header() {
    tr -d '\r' <"$WORK/headers" | sed -n "s/^$1: //Ip"
}

# ledger FILTER: jq's answer about the ledger.
ledger() {
    curl -sS -f "$URL/sandbox/ledger" | jq -r "$1"
}

# is WANTED FOUND
is() {
    [ "$1" = "$2" ] || {
        printf 'wanted: %s\nfound:  %s\nbody:   %s\n' "$1" "$2" "${body-}"
        return 1
    }
}

# refused STATUS CODE PARAM: as Stripe's error object has them.
refused() {
    is "$1 $2 $3" "$status $(field '"\(.error.code) \(.error.param)"')"
    is invalid_request_error "$(field .error.type)"
}

# webhook JSON: settings of the webhook; /flush and /replay go before it.
webhook() {
    local path=
    case $1 in /*) path=$1; shift ;; esac
    call "$URL/sandbox/webhook$path" -d "${1:-{\}}"
    is 200 "$status"
}

# inbox FILTER: jq's answer about what the webhook got: {signature, event}.
inbox() {
    curl -sS -f "$URL/sandbox/inbox" |
        jq -r "map({signature, body, event: (.body | fromjson)}) | $1"
}

# events [QUERY]: the types of the last events, oldest first.
events() {
    stripe "/v1/events?limit=100${1:+&$1}" -g
    field '[.data[].type] | reverse | join(" ")'
}

# pay METHOD: an intent over 10 dollars, paid; leaves its id and the charge.
pay() {
    create -d 'metadata[order_id]=o1'
    confirm "$1"
    charge=$(field .latest_charge)
}
