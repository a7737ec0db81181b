#!/usr/bin/env bats
# The matrix of an order that nobody pays, since its customer has left the bank
# alone: it expires, and can't be charged afterwards.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

# another turn that comes round by the clock is not this flow's
elsewhere=' (user|order) | mongo_[a-z_]* user|sweep_events_work|delete_all events|/v1/events'

# other_id SERVICE TABLE COLUMN: from $made_at_sandbox to $order_id
other_id() {
    if ! is_in_mongo "$1"; then
        set_kept "$1" "$2" "$3" "$order_id" "$3" "$made_at_sandbox"
    elif [ "$2" = orders ] || [ "$2" = payments ]; then
        mongo_rename "$2" "$made_at_sandbox" "$order_id"
    fi
}

prepare() {
    local made_at_sandbox older
    register_and_login && order_something || return
    pay pm_card_authenticationRequired
    expect 202 || return
    made_at_sandbox=$order_id
    # ids hold their time: this one is 8 days old
    older=$(printf '%012x' $((($(date +%s) - 8 * 86400) * 1000)))
    order_id=${older:0:8}-${older:8:4}${order_id:13}
    for table in payments attempts effects; do
        other_id payment $table order_id || return
    done
    other_id order orders id
    age_attempt "$order_id" 2
    intents_of=$made_at_sandbox
}

time_comes() {
    set_kept payment turns next_at 1 name expiry
}

act() {
    time_comes
}

# a turn that was cut off begins anew when its time comes again
settled() {
    is_at_rest && [ "$(sql payment "SELECT next_at > 1 FROM turns
        WHERE name = 'expiry'")" = 1 ]
}

completed() { settled && order_is Expired; }

holds() {
    [ "$(ledger "$intents_of" | jq '.charges | length')" = 0 ] || return
    case $(order_status) in
    Expired) [ "$(ledger "$intents_of" | jq -r '.intents[0].status')" = canceled ] ;;
    Pending) true ;;
    *) false ;;
    esac
}

finish() {
    expired() { order_is Expired 2>/dev/null || { time_comes && false; }; }
    wait_for 20 expired && holds && pay
    [ "$status" = 409 ]
}

@test "whatever fails while an order expires: nothing is charged afterwards" {
    run_matrix
}
