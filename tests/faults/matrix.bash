# The matrix: every fault point that a flow passes, at every pass, with every
# fault that can happen there; then nothing but the passing of time, then the
# customer's next call. A flow is a bats file that defines:
#
#     prepare   makes an order, and what the flow stands on
#     act       what the customer (or Stripe) does; any answer will do
#     settled   whether all has come to rest
#     completed the same where nothing has gone wrong, if that says more
#     holds     the invariant, whatever has happened to act
#     finish    what the customer does next, and what must be true then
#
# and, where the invariant of all orders would say what is meant here, in the
# array `expected` the patterns of that (tests/faults/invariant --but).
#
# The file `points` lists what each flow passes: a flow that doesn't come to one
# of its points any more fails, and so does one that comes to a point that is on
# no list. matrix_points.bats holds the list against the source.
#
# The build has fault points (lib/io/fault.h); leases are short, since a killed
# program's work is taken up when its lease has run out.

load ../lib.bash
load stores.bash

expected=() # by a flow, after this file is loaded

# Two test files may build at once. Under the sanitizers, with them.
matrix_build() {
    case ${SANITIZE:-} in
    1) export TILL_BUILD=build/faults-sanitize ;;
    *) export TILL_BUILD=build/faults ;;
    esac
    (
        cd "$root" && mkdir -p "$TILL_BUILD" && exec 9<"$TILL_BUILD" &&
            flock 9 && make -s -j2 FAULTS=1 SANITIZE="${SANITIZE:-}" \
            BUILD="$TILL_BUILD" all "$TILL_BUILD/tests/tools/mongo"
    ) >/dev/null
}

# matrix_start [NAME=VALUE ...]
matrix_start() {
    matrix_build || return
    till_start TILL_FAULTS=fault TILL_FAULTS_SEEN=seen PAYMENT_LEASE=1 \
        WORKER_LEASE=1 "$@" || return
    # what nobody asked for would pass points of its own
    no_webhooks
}

order_status() {
    api GET "/api/order/$order_id" '' "$token" && member .status
}

in_ledger() {
    ledger "$order_id" | jq "$1"
}

has_mails() { [ "$(in_ledger '.mails | length')" = "$1" ]; }

# intents_are STATUS ...: those of this order, the oldest first
intents_are() {
    [ "$(in_ledger '[.intents[].status] | join(" ")' | jq -r .)" = "$*" ]
}

# The order is paid once, whatever has happened before.
pay_in_the_end() {
    paid() { pay && [ "$status" = 200 ]; }
    wait_for 10 paid && wait_for 20 settled || return
    [ "$(in_ledger '[.charges[].amount] == [100000]')" = true ] &&
        has_mails 1 && order_is Paid
}

# Paid if and only if charged, and then one receipt.
is_paid_or_not() {
    case $(order_status) in
    Paid) [ "$(in_ledger '.charges | length')" = 1 ] && has_mails 1 ;;
    Pending) [ "$(in_ledger '.charges | length')" = 0 ] && has_mails 0 ;;
    *) false ;;
    esac
}

# deliver [TYPE OBJECT]: Stripe tells of the intent's success, or of this, as it
# does until it gets its 200.
deliver() {
    local event now type=${1:-payment_intent.succeeded}
    now=$(date +%s)
    event=$(jq -nc --arg id "evt_$intent$type" --arg type "$type" \
        --argjson now "$now" --argjson object "${2:-$(jq -nc \
            --arg intent "$intent" --arg order "$order_id" '{id: $intent,
            object: "payment_intent", metadata: {order_id: $order}}')}" \
        '{id: $id, object: "event", created: $now, livemode: false,
          type: $type, data: {object: $object}}')
    api POST /api/stripe/webhook "$event" '' -H "Stripe-Signature: t=$now,v1=$(
        printf '%s' "$now.$event" |
            openssl dgst -sha256 -hmac whsec_sandbox -r | cut -d ' ' -f 1
    )"
    [ "$status" = 200 ]
}

# sql SERVICE QUERY: a row a line
sql() {
    local file
    file=$(file_of "$1") || return
    sqlite3 -readonly -cmd '.timeout 5000' "$file" "$2"
}

# stripe PATH [CURL OPTION ...]: as somebody else asks it
stripe() {
    local path=$1
    shift
    curl -sSf -u sk_test_sandbox: "$(sandbox_url)/v1/$path" "$@"
}

# pay_beside: an intent of this order, made and paid by somebody else
pay_beside() {
    stripe payment_intents -d amount=100000 -d currency=usd \
        -d confirm=true -d payment_method=pm_card_visa \
        -d 'payment_method_types[]=card' \
        -d "metadata[order_id]=$order_id" | jq -r .id
}

# reviews [AND ...]: how many flags of this order there are
reviews() {
    sql payment "SELECT count(*) FROM reviews WHERE order_id = '$order_id' ${1:-}"
}

# Nobody works on this order, and nothing of it is due.
is_at_rest() {
    [ "$(sql payment "SELECT (SELECT count(*) FROM payments
        WHERE order_id = '$order_id' AND $payment_is_open) +
        (SELECT count(*) FROM events WHERE due_at > 0)")" = 0 ] &&
        [ "$(sql notification "SELECT count(*) FROM notifications
            WHERE order_id = '$order_id' AND due_at > 0")" = 0 ]
}

completed() { settled; }

# Not what only the other services keep, nor what comes round by the clock; a
# flow that is about the clock says otherwise.
elsewhere=' (user|order) | mongo_[a-z_]* (user|turns)|_turn_work|sweep_events_work|delete_all events|/v1/events|GET /api/order$'

# The points that the flow passes when nothing goes wrong, one line a pass.
passes() {
    prepare
    : >"$TILL_HOME/seen"
    act
    wait_for 20 completed
    grep -vE "$elsewhere" "$TILL_HOME/seen" | sort >"$BATS_FILE_TMPDIR/passes"
    finish
    cut -d ' ' -f 2- "$BATS_FILE_TMPDIR/passes" | sort -u \
        >"$BATS_FILE_TMPDIR/points"
}

# listed_points [FLOW]: of this flow, or of all
listed_points() {
    sed -n "s/^${1:-[a-z]*} //p" "$root/tests/faults/points" | sort -u
}

# What a service has in MongoDB
collections() {
    case $1 in
    order) echo 'orders|order_idempotency_keys' ;;
    payment) echo 'payments|events|turns|payment_idempotency_keys' ;;
    notification) echo 'notifications|mailboxes|notification_idempotency_keys' ;;
    esac
}

# Of the points those that this Till can pass, each service's store being where
# it is.
that_are_here() {
    local service others=
    for service in order payment notification; do
        if is_in_mongo $service; then
            others+="|^$service "
        else
            others+="|^mongo_[a-z_]* ($(collections $service))\$"
        fi
    done
    grep -vE "${others#|}" || true
}

# The flow whose matrix this is
flow() {
    local flow
    flow=$(basename "$BATS_TEST_FILENAME" .bats)
    flow=${flow#matrix_}
    echo "${flow%%_*}"
}

check_points() {
    local unlisted missed passed=$BATS_FILE_TMPDIR/points
    unlisted=$(comm -13 <(listed_points) "$passed")
    missed=$(comm -23 <(listed_points "$(flow)" | that_are_here) "$passed")
    [ -z "$unlisted$missed" ] && return
    printf 'on no list: %s\nnot passed: %s\n' "$unlisted" "$missed" >&2
    return 1
}

# A link called *_mongo.bats leaves to the flow itself, which `till test --mongo`
# runs on MongoDB, all but what is of MongoDB alone: no answer to a write.
is_link() {
    case $BATS_TEST_FILENAME in *_mongo.bats) ;; *) false ;; esac
}

# actions POINT: what can happen there. A write that fails after all the work
# has run, as one that fails before: to try it where the money moves is enough.
actions() {
    local stopped='kill full' killed=kill
    ! is_link || stopped='' killed=
    case $1 in
    "commit payment "* | "commit notification "*)
        case $(flow) in pay | refund) echo full ;; esac
        ;;
    "before payment "* | "before notification "*) echo kill full ;;
    "after payment "* | "after notification "*) echo kill ;;
    "before mongo_"*) echo $stopped gone ;;
    "after mongo_"*) echo $killed lost gone ;;
    before*) echo kill lost ;;
    "after SMTP "*) echo kill lost ;;
    after*) echo kill lost cut ;;
    esac
}

# one_case ACTION COUNT POINT
one_case() {
    local rule="$*" came=
    prepare || return
    echo "$rule" >"$TILL_HOME/fault"
    act
    is_struck() { [ ! -s "$TILL_HOME/fault" ]; }
    wait_for 15 is_struck && came=yes
    rm -f "$TILL_HOME/fault"
    if [ -z "$came" ]; then
        echo "never came to it: $rule" >&2
        return 1
    fi
    wait_for 40 settled && holds && finish && return
    echo "after: $rule (order $order_id)" >&2
    return 1
}

# What each case has asked about its own order, and more, about all of them.
all_hold() {
    local pattern options=()
    is_quiet() { [ -z "$(open_work)" ]; }
    wait_for 60 is_quiet || return
    for pattern in "${expected[@]}"; do
        options+=(--but "$pattern")
    done
    "$root/tests/faults/invariant" "${options[@]}" "$TILL_HOME" >&2
}

# Runs all cases of the flow; fails at the first that doesn't hold.
run_matrix() {
    local points=$BATS_TEST_TMPDIR/covered cases=0 point count action pass
    : >"$points"
    passes
    check_points || return
    ! is_link || sed -i '/ mongo_/!d' "$BATS_FILE_TMPDIR/passes"
    while read -r count point; do
        [ -z "$(actions "$point")" ] || echo "$point" >>"$points"
        for action in $(actions "$point"); do
            for pass in $(seq "$count"); do
                one_case "$action" "$pass" "$point" || return
                cases=$((cases + 1))
            done
        done
    done < <(uniq -c "$BATS_FILE_TMPDIR/passes")
    all_hold || return
    echo "# $(wc -l <"$points") fault points, $cases cases: the invariant holds" >&3
    # for the sum of scripts/run-tests
    [ -z "${results:-}" ] || cp "$points" \
        "$results/$(basename "$BATS_TEST_FILENAME").$BATS_TEST_NUMBER.points"
}
