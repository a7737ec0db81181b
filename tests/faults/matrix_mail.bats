#!/usr/bin/env bats
# The matrix of mail that Gmail refuses, and of drafts that were lost: they are
# thrown away, and nobody gets what others were to get.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

# paying has a matrix of its own
elsewhere=' (user|order|payment) | mongo_[a-z_]* (user|order|payment|turns)| /(api|v1)/'

# a person has told the customer
expected=('0 mails receipt_%' '% is Abandoned')

refuse() {
    faults "[{\"method\":\"POST\",\"path\":\"/gmail/v1/users/me/drafts$1\",$2}]" \
        >/dev/null
}

age_drafts() {
    sqlite3 -cmd '.timeout 2000' "$TILL_HOME/sandbox/sandbox.db" \
        'UPDATE draft SET created = created - 7200'
}

sweep() {
    set_kept notification mailboxes swept_at 0
}

no_drafts() { [ "$(ledger | jq .drafts)" = 0 ]; }

# An order with its receipt, and an old draft of it that nobody knows of; then
# another order.
prepare() {
    faults >/dev/null
    register_and_login && order_something || return
    refuse '' '"drop":"after"'
    pay
    expect 200 && wait_for 20 has_mails 1 && wait_for 20 is_at_rest || return
    age_drafts
    mailed=$order_id
    order_something
}

act() {
    refuse /send '"status":400'
    pay || true
    wait_for 20 is_at_rest
    till admin resolve "$order_id" --note 'told by telephone' || true
    sweep
}

settled() {
    is_at_rest
}

completed() { settled && no_drafts; }

# Abandoned, or, where the refusal was used up by a lost answer, mailed.
holds() {
    [ "$(ledger "$mailed" | jq '.mails | length')" = 1 ] || return
    case $(sql notification "SELECT status FROM notifications
        WHERE order_id = '$order_id'") in
    Abandoned | '') has_mails 0 ;;
    Sent) has_mails 1 ;;
    *) false ;;
    esac
}

# hours later
finish() {
    faults >/dev/null
    age_drafts
    swept() { no_drafts || { sweep && false; }; }
    wait_for 20 swept && holds
}

@test "whatever fails while mail is refused and drafts are thrown away: no mail too much" {
    run_matrix
}
