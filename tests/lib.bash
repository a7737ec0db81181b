# For every bats file: a Till of its own, and how to talk to it.
#
#     load ../lib.bash
#     setup_file() { till_start; }        # or till_start RATE_LIMIT=3 ...
#     teardown_file() { till_stop; }
#
# A helper that fails says why; a test needs nothing but the helper's name.
# shellcheck disable=SC2034  # what the helpers leave is for the tests

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)
PATH=$PATH:/usr/sbin:/sbin # where Debian keeps nginx; not in everyone's PATH
case ${TILL_BUILD:=build} in
/*) tools=$TILL_BUILD/tests/tools ;;
*) tools=$root/$TILL_BUILD/tests/tools ;;
esac

# The same language; it starts in a tenth of jq's time, which would else be two
# fifths of what the matrices take of the processors.
jq() {
    gojq "$@"
}

# shellcheck source=tests/mongod/mongo.bash
. "$root/tests/mongod/mongo.bash"

till() {
    "$root/scripts/till" "$@"
}

# Takes every setting of Till's out of the environment: a test must not depend
# on them, and never reach a real account.
forget_settings() {
    local name
    while read -r name; do
        unset "$name" "${name}_FILE"
    done < <(sed -n 's/^#\([A-Z_]*\)=.*/\1/p' "$root/.env.example")
}

# A port that nobody has, below those that the kernel gives to clients.
free_port() {
    local port
    while port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000)); do
        (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
    done
    echo "$port"
}

# till_home [NAME=VALUE ...]: a new TILL_HOME with these settings, not started.
# TILL_TEST_SETTINGS, words of the same form, go before them.
till_home() {
    local setting
    forget_settings
    TILL_HOME=$(mktemp -d "${TMPDIR:-/tmp}/till-test.XXXXXX")
    TILL_ENV=$TILL_HOME/till.env
    export TILL_HOME TILL_ENV RATE_LIMIT=0
    [ -z "${TILL_TEST_MONGO:-}" ] || mongo_start || return
    for setting in ${TILL_TEST_MONGO:-}; do
        export "$setting=$mongo_uri"
    done
    for setting in ${TILL_TEST_SETTINGS:-} "$@"; do
        export "${setting?}"
    done
    till_port
}

till_port() {
    TILL_PORT=$(free_port)
    export TILL_PORT TILL_URL=http://127.0.0.1:$TILL_PORT
}

# till_start [NAME=VALUE ...]: a new Till, running.
till_start() {
    till_home "$@" || return
    till_up && return
    till_forget
    return 1
}

# The Till of this home is started. Another program may take the port between
# our look and nginx's: then another port.
till_up() {
    local said _
    for _ in 1 2 3 4 5; do
        said=$(till start 2>&1) && return
        case $said in *"set TILL_PORT"*) till_port ;; *) break ;; esac
    done
    printf '%s\n' "$said" >&2
    return 1
}

till_stop() {
    local status=0
    till stop || status=$?
    [ -n "${TILL_TEST_KEEP:-}" ] || till_forget
    return $status
}

till_forget() {
    [ -z "${TILL_TEST_MONGO:-}" ] || mongo_stop
    rm -rf "$TILL_HOME"
}

# wait_for SECONDS COMMAND ...: until it holds. It is asked less often as time
# passes: what asks takes the processors from what it waits for.
wait_for() {
    local end=$((SECONDS + $1 + 1)) pauses=(0.02 0.03 0.05 0.07 0.1 0.15 0.2)
    shift
    until "$@"; do
        if [ $SECONDS -ge $end ]; then
            echo "in vain waited for: $*" >&2
            return 1
        fi
        sleep "${pauses[0]}"
        [ ${#pauses[@]} = 1 ] || pauses=("${pauses[@]:1}")
    done
}

# api METHOD PATH [JSON [TOKEN [CURL OPTION ...]]]: one request. Leaves its
# answer in $status and $body, its header in the file $headers.
api() {
    local method=$1 url=$TILL_URL$2 json=${3:-} token=${4:-} answer
    shift $(($# < 4 ? $# : 4))
    headers=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}/headers
    if [ "$method" = HEAD ]; then
        set -- --head "$@"
    else
        set -- -X "$method" "$@"
    fi
    [ -z "$json" ] ||
        set -- -H 'Content-Type: application/json' --data-binary @- "$@"
    [ -z "$token" ] || set -- -H "Authorization: Bearer $token" "$@"
    answer=$(printf '%s' "$json" | curl -sS -m 60 -D "$headers" -o - \
        -w '\n%{http_code}' "$@" "$url") || return
    status=${answer##*$'\n'}
    body=${answer%$'\n'*}
    [ "$method" != HEAD ] || body=
    [ -z "${TILL_ANSWERS:-}" ] || keep_answer "$method" "${url#"$TILL_URL"}" "$json"
}

# Leaves the last answer in the folder TILL_ANSWERS, where it is held against
# docs/openapi.yaml (tests/openapi/answers.js). Each process has a file of its
# own, since a test may ask for several things at once.
keep_answer() {
    local head
    IFS= read -r -d '' head <"$headers" || :
    printf '%s\x1f%s\x1f%s\x1f%s\x1f%s\x1f%s\x1e' "$1" "$2" "$3" "$status" "$head" \
        "$body" >>"$TILL_ANSWERS/$BASHPID"
}

# header NAME: that header's values in the last answer, one a line
header() {
    tr -d '\r' <"$headers" | sed -n "s/^$1: //Ip"
}

# member PATH: of the last answer, as jq writes it
member() {
    printf '%s' "$body" | jq -er "$1"
}

# expect STATUS [PATH VALUE]: what the last answer must be
expect() {
    if [ "$status" != "$1" ]; then
        echo "the status is $status, not $1: $body" >&2
        return 1
    fi
    if [ $# -gt 1 ] && [ "$(member "$2")" != "$3" ]; then
        echo "$2 is not $3: $body" >&2
        return 1
    fi
}

# expect_problem STATUS [POINTER]: problem+json, whole, naming the field
expect_problem() {
    expect "$1" || return
    if [ "$(header Content-Type)" != application/problem+json ] ||
        ! printf '%s' "$body" | jq -e --argjson status "$1" \
            --arg request "$(header X-Request-Id)" '
            (.type | type) == "string" and (.title | length) > 0 and
            .status == $status and (.detail | length) > 0 and
            .request_id == $request' >/dev/null; then
        echo "not a problem: $(cat "$headers") $body" >&2
        return 1
    fi
    [ $# -lt 2 ] || expect_field "$2"
}

# expect_field POINTER: the problem names this field
expect_field() {
    printf '%s' "$body" | jq -e --arg pointer "$1" \
        'any(.errors[]; .pointer == $pointer)' >/dev/null || {
        echo "$1 is not named: $body" >&2
        return 1
    }
}

# A user whom no other test knows, logged in: $email, $password, $user_id,
# $token.
register_and_login() {
    email=user-$RANDOM-$RANDOM-$(date +%s%N)@shop.example
    password='correct horse battery'
    api POST /api/user "$(jq -nc --arg email "$email" \
        --arg password "$password" \
        '{username: "Ada", email: $email, password: $password}')"
    expect 201 || return
    user_id=$(member .id)
    api POST /api/login "$(jq -nc --arg email "$email" \
        --arg password "$password" '{email: $email, password: $password}')"
    expect 200 || return
    token=$(member .token)
}

# An order of the user who is logged in: $order_id.
order_something() {
    api POST /api/order \
        '{"product_name":"A book","quantity":1,"price":1000}' "$token"
    expect 201 || return
    order_id=$(member .id)
}

# pay [METHOD [CURL OPTION ...]]: that order
pay() {
    local method=${1:-}
    shift $(($# > 0))
    api POST /api/pay-order \
        "{\"order_id\":\"$order_id\"${method:+,\"payment_method\":\"$method\"}}" \
        "$token" "$@"
}

cancel() {
    api PATCH "/api/order/$order_id" '{"status":"Cancelled"}' "$token"
}

# order_is STATUS
order_is() {
    api GET "/api/order/$order_id" '' "$token"
    expect 200 .status "$1"
}

# age_attempt ORDER HOURS: its only attempt to pay was made so long ago
age_attempt() {
    local then=$((($(date +%s) - $2 * 3600) * 1000))
    if is_in_mongo payment; then
        set_kept payment payments attempts.0.submitted_at $then order_id "$1"
    else
        set_kept payment attempts submitted_at $then order_id "$1"
    fi
}

sandbox_url() {
    echo "http://127.0.0.1:$(cat "$TILL_HOME/sandbox/port")"
}

# ledger [ORDER]: what the sandbox has charged and mailed
ledger() {
    curl -sS -m 10 "$(sandbox_url)/sandbox/ledger${1:+?order_id=$1}"
}

# How often money was taken for that order.
charges() {
    ledger "$order_id" |
        jq '[.charges[] | select(.status == "succeeded")] | length'
}

# faults JSON: how the sandbox shall misbehave; without JSON: no more
faults() {
    if [ $# -gt 0 ]; then
        curl -sSf -m 10 -d "$1" "$(sandbox_url)/sandbox/faults"
    else
        curl -sSf -m 10 -X DELETE "$(sandbox_url)/sandbox/faults"
    fi
}

# The sandbox tells nothing of its own accord any more.
no_webhooks() {
    curl -sSf -m 10 -X DELETE "$(sandbox_url)/sandbox/webhook"
}

# process_of PROGRAM: its processes, without the watcher
process_of() {
    pgrep -P "$(cat "$TILL_HOME/run/$1.pid")"
}

# halt PROGRAM, go_on PROGRAM: it stands still, and no longer
halt() {
    local processes
    mapfile -t processes < <(process_of "$1")
    kill -STOP "$(cat "$TILL_HOME/run/$1.pid")" "${processes[@]}"
}

go_on() {
    local processes
    mapfile -t processes < <(process_of "$1")
    kill -CONT "$(cat "$TILL_HOME/run/$1.pid")" "${processes[@]}"
}

# without PROGRAM COMMAND ...: with that program standing still
without() {
    local program=$1
    halt "$program"
    shift
    "$@"
    go_on "$program"
}
