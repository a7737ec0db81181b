#!/usr/bin/env bats
# The matrix of catching up: a refund that was made in Stripe's dashboard, and
# of which no webhook told.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

# mailing has matrices of its own
elsewhere=' (user|order|notification) | mongo_[a-z_]* (user|order|notification|mailbox)|GET /api/order$|/gmail/|/token$|/api/user/'

prepare() {
    register_and_login && order_something || return
    pay
    expect 200 && wait_for 20 has_mails 1 && wait_for 20 is_at_rest || return
    intent=$(in_ledger '.intents[0].id' | jq -r .)
    # one that is old enough to be forgotten
    deliver && wait_for 20 is_at_rest || return
    set_kept payment events received_at 1 id "evt_${intent}payment_intent.succeeded"
    curl -sSf -d payment_intent="$intent" -d amount=40000 -u sk_test_sandbox: \
        "$(sandbox_url)/v1/refunds" >/dev/null
}

# only what is new is listed, not what the cases before have left
time_comes() {
    local minute_ago=$((($(date +%s) - 60) * 1000))
    set_kept payment turns known $minute_ago name events
    set_kept payment turns next_at 1 name events
}

act() {
    time_comes
}

settled() {
    is_at_rest && [ "$(sql payment "SELECT next_at > 1 FROM turns
        WHERE name = 'events'")" = 1 ]
}

completed() { settled && order_is PartiallyRefunded && has_mails 2; }

# The turn may be at work all the time: a refund that shows has its mail later.
holds() {
    [ "$(in_ledger '[.charges[].amount] == [100000]')" = true ] &&
        [ "$(in_ledger '.mails | length <= 2')" = true ] &&
        case $(order_status) in PartiallyRefunded | Paid) ;; *) false ;; esac
}

finish() {
    caught_up() {
        order_is PartiallyRefunded 2>/dev/null || { time_comes && false; }
    }
    wait_for 20 caught_up && wait_for 20 has_mails 2 &&
        wait_for 20 is_at_rest && has_mails 2 && order_is PartiallyRefunded
}

@test "whatever fails while events are caught up with: the refund shows, with one mail" {
    run_matrix
}
