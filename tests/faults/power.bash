# A shop whose disk is watched (tests/disk): its power can be cut at any moment,
# and what a disk may have kept by then is known. After lib.bash and tools.bash.
#
# Customers order, pay, ask for receipts, cancel, and get their money back; what
# they were told is marked in the disk's own journal, one line each:
#
#     KIND ID KEY        user, order, cancelled, paid, notified, refunded;
#                        without a key: -
#
# $asked/KEY has what was asked with this Idempotency-Key, and its answer.
# shellcheck disable=SC1091,SC2154,SC2031,SC2317  # lib.bash, tools.bash

. "$root/tests/faults/stores.bash"

disk_tool=${tools%/tools}/till-disk
disk_recorder=${tools%/tools}/disk-recorder.so
till_migrate=${tools%/tests/tools}/bin/till-migrate

# shop_home: where a shop will be, not started yet
shop_home() {
    till_home PAYMENT_LEASE=1 WORKER_LEASE=1
    mkdir "$TILL_HOME/data"
    asked=$BATS_FILE_TMPDIR/asked
    mkdir -p "$asked"
    export asked
}

# shop_start JOURNAL: what its programs do to the disk goes there
shop_start() {
    # a sanitizer wants to be the first library
    LD_PRELOAD=$disk_recorder ASAN_OPTIONS=verify_asan_link_order=0 \
        TILL_DISK_FOLDER=$TILL_HOME/data TILL_DISK_JOURNAL=$1 till start
}

mark() {
    "$disk_tool" mark "$journal" "$*"
}

# ask KIND PATH JSON TOKEN [ID]: with a key of its own; what is answered with
# 2xx is marked. Without ID the answer has it.
ask() {
    local kind=$1 key=$1-$BASHPID-$RANDOM$RANDOM
    api POST "$2" "$3" "$4" -H "Idempotency-Key: $key" || return
    case $status in 2*) ;; *) return 1 ;; esac
    printf '%s\n' "$2" "$3" "$4" "$status" "$body" >"$asked/$key"
    mark "$kind" "${5:-$(member .id)}" "$key"
}

cancel_one() {
    ask order /api/order '{"product_name":"Ink","quantity":1,"price":3}' \
        "$token" || return
    local id
    id=$(member .id)
    api PATCH "/api/order/$id" '{"status":"Cancelled"}' "$token" || return
    [ "$status" != 200 ] || mark cancelled "$id" -
}

buy_one() {
    ask order /api/order '{"product_name":"A book","quantity":2,"price":500}' \
        "$token" || return
    local id
    id=$(member .id)
    ask paid /api/pay-order "{\"order_id\":\"$id\"}" "$token" "$id" || return
    ask notified /api/notify \
        "{\"user_id\":\"$user_id\",\"order_id\":\"$id\"}" "$token" || return
    [ $((RANDOM % 3)) = 0 ] || return 0
    ask refunded /api/refund "{\"order_id\":\"$id\",\"amount\":10}" "$admin" \
        "$id"
}

# One customer, until the power goes; what fails is tried again.
customer() {
    BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR/customer-$BASHPID
    mkdir -p "$BATS_TEST_TMPDIR"
    until [ -e "$BATS_FILE_TMPDIR/dark" ]; do
        register_and_login && mark user "$user_id" - && break
    done
    until [ -e "$BATS_FILE_TMPDIR/dark" ]; do
        buy_one
        [ $((RANDOM % 4)) != 0 ] || cancel_one
    done
} >/dev/null 2>&1

# begin_trade: customers, and many orders of one who is in a hurry
begin_trade() {
    local hurried _
    hurried=$(user_token)
    admin=$(user_token 01890a5d-ac96-774b-bcce-b302099a8058 admin)
    crowd=
    for _ in 1 2 3; do
        customer 3>&- &
        crowd="$crowd $!"
    done
    load_on POST /api/order "$hurried" \
        '{"product_name":"Tea","quantity":1,"price":1}' -s 120 -t 4 \
        2>/dev/null 3>&- | sed -un 's/^201 \([^ ]*\).*/order \1 -/p' 3>&- |
        "$disk_tool" mark "$journal" 3>&- &
    crowd="$crowd $!"
}

# has_asked N: so many keys have been used
has_asked() {
    [ "$(find "$asked" -type f | wc -l)" -ge "$1" ]
}

# The power goes: from this moment on nothing reaches the disk. Then everything
# is swept up but the sandbox, which is the world outside.
cut_power() {
    local path victims=
    : >"$BATS_FILE_TMPDIR/dark"
    "$disk_tool" cut "$journal"
    for path in "$TILL_HOME"/run/*.pid; do
        [ "${path##*/}" != sandbox.pid ] || continue
        victims="$victims $(cat "$path") $(pgrep -P "$(cat "$path")")"
    done
    # shellcheck disable=SC2086  # numbers
    kill -KILL $victims
    # shellcheck disable=SC2086
    wait $crowd || :
    rm "$BATS_FILE_TMPDIR/dark"
}

# expect_image SEED [OPTION ...]: an image of the present journal can be brought
# to this version, is whole, and has what was acknowledged before its cut
expect_image() {
    local home=$BATS_TEST_TMPDIR/image seed=$1 missing
    shift
    rm -rf "$home"
    mkdir -p "$home/data"
    "$disk_tool" image -s "$seed" "$@" "$journal" "$home/data" \
        >"$home/marks" 2>"$home/said" &&
        # what was told before the base of this journal
        cat "$BATS_FILE_TMPDIR/earlier" >>"$home/marks" &&
        (cd "$home" && TILL_HOME=$home "$till_migrate" >/dev/null) &&
        missing=$(cd "$home/data" &&
            sqlite3 :memory: <"$root/tests/faults/power.sql" 2>&1) &&
        [ -z "$missing" ] && [ "$(cat "$home/broken")" = ok ] && return
    printf '%s\n' "in the image of $journal: $(cat "$home/said")" \
        "$missing" "$(cat "$home/broken")" >&2
    return 1
}

# Each answer with a key that was given comes again.
expect_replays() {
    local kind id key path json who was said
    while read -r kind id key; do
        [ "$key" != - ] || continue
        { read -r path && read -r json && read -r who && read -r was &&
            read -r said; } <"$asked/$key"
        api POST "$path" "$json" "$who" -H "Idempotency-Key: $key" || return
        [ "$status" = "$was" ] && [ "$body" = "$said" ] &&
            [ "$(header Idempotency-Replayed)" = true ] && continue
        echo "$kind of $id: answered $was $said, and now $status $body" >&2
        return 1
    done <"$1"
}

# Whatever had been begun comes to its end, and the invariant holds.
expect_end() {
    is_quiet() { [ -z "$(open_work)" ]; }
    wait_for 60 is_quiet && "$root/tests/faults/invariant" "$TILL_HOME" >&2
}
