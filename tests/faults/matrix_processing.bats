#!/usr/bin/env bats
# The matrix of a payment method whose bank takes its time: it is Processing
# first; then one bank has paid, of which Stripe tells until it gets its 200,
# and another hasn't, which is seen by whoever looks.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

# what follows from success, and mailing, have matrices of their own
elsewhere+='| PATCH | POST /api/notify$| notification | mongo_[a-z_]* (notification|mailbox)|/gmail/|/token$|/api/user/'

processing=pm_usBankAccount_processing

# state_of ORDER: of its payment, and whether somebody is at it
state_of() {
    sql payment "SELECT state || CASE WHEN lease_owner IS NULL THEN ''
        ELSE ', leased' END FROM payments WHERE order_id = '$1'"
}

# bank VERB ORDER: what becomes of its intent, if one is under way
bank() {
    intent=$(ledger "$2" |
        jq -r '.intents[] | select(.status == "processing").id')
    [ -z "$intent" ] || curl -sSf -X POST \
        "$(sandbox_url)/sandbox/intents/$intent/$1" >/dev/null
}

# an order whose bank is at it, and is about to refuse; and one to be paid
prepare() {
    register_and_login && order_something || return
    pay "$processing"
    expect 202 .status Processing || return
    refused=$order_id
    bank fail "$refused"
    order_something
}

# Until nobody works on it: the bank's turn, or the customer's again.
is_handed_over() {
    is_at_rest || [ "$(state_of "$order_id")" = Processing ]
}

act() {
    pay "$processing" || true
    wait_for 20 is_handed_over
    bank complete "$order_id"
    [ -z "$intent" ] || wait_for 10 deliver
    api GET "/api/payment/$refused" '' "$token" || true
}

# Who waits long enough is told by a worker.
is_told() {
    case $(state_of "$refused") in
    Processing) set_kept payment payments due_at 1 order_id "$refused" && false ;;
    *', leased') false ;;
    esac
}

settled() { is_at_rest && is_told; }

completed() { is_at_rest && order_is Paid; }

holds() {
    is_paid_or_not && order_id=$refused is_paid_or_not &&
        [ "$(ledger "$refused" | jq '.charges | length')" = 0 ]
}

finish() {
    pay_in_the_end || return
    order_id=$refused
    pay
    expect 200 .status Paid && [ "$(in_ledger '[.charges[].amount] == [100000]')" = true ]
}

@test "whatever fails while a bank takes its time: Paid with one charge if it pays, payable if not" {
    run_matrix
}
