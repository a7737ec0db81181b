# That tests/faults/invariant also reads what is in MongoDB: a shop where all is
# well, then one thing in each store is spoilt and put right again. What it
# finds at all is tried in invariant.bats.
# shellcheck disable=SC2154  # variables of lib.bash

load ../lib.bash

setup_file() {
    till_start
    no_webhooks # they would have Till at work again after all is at rest
    register_and_login
    order_something
    pay
    expect 200
    export order_id
    wait_for 20 holds
}

teardown_file() { till_stop; }

holds() {
    "$root/tests/faults/invariant" "$TILL_HOME" >"$TILL_HOME/report"
}

# spoilt TEXT SERVICE TABLE COLUMN VALUE RIGHT: found, saying so
spoilt() {
    local status=0
    set_kept "$2" "$3" "$4" "$5"
    holds || status=$?
    set_kept "$2" "$3" "$4" "$6"
    if [ $status != 1 ] || ! grep -F "    $1" "$TILL_HOME/report"; then
        echo "status $status, not found: $1" >&2
        cat "$TILL_HOME/report" >&2
        return 1
    fi
    holds
}

@test "what is wrong in MongoDB is found as it is in SQLite" {
    [ "$(ls -A "$TILL_HOME/data")" = '' ]
    [ "$(cat "$TILL_HOME/report")" = \
        '1 orders, 1 charges, 0 refunds, 1 mails: 0 violations' ]
    spoilt 'Pending, but charged 100000 and refunded 0' \
        order orders status Pending Paid
    spoilt 'the payment is Failed, but the charges are 100000' \
        payment payments state Failed Succeeded
    spoilt "receipt_$order_id is Unknown" \
        notification notifications status Unknown Sent
}
