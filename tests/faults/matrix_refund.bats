#!/usr/bin/env bats
# The matrix of refunding: from the admin's call to the customer's mail.

load matrix.bash

setup_file() {
    matrix_start
    register_and_login
    till admin make-admin "$email" >/dev/null
    api POST /api/login "$(jq -nc --arg email "$email" \
        --arg password "$password" '{email: $email, password: $password}')"
    admin=$(member .token)
    export admin
}
teardown_file() { till_stop; }

prepare() {
    register_and_login && order_something || return
    pay
    expect 200 && wait_for 20 has_mails 1 && wait_for 20 is_at_rest
}

refund() {
    api POST /api/refund "{\"order_id\":\"$order_id\"}" "$admin" "$@"
}

act() {
    refund -H "Idempotency-Key: refund-$order_id" || true
}

settled() {
    is_at_rest
}

# Given back once or not at all; the order and the mails say the same.
holds() {
    local refunds
    refunds=$(in_ledger '[.refunds[].amount]' | jq -c .)
    case $(order_status) in
    Refunded) [ "$refunds" = '[100000]' ] && has_mails 2 ;;
    Paid) [ "$refunds" = '[]' ] && has_mails 1 ;;
    *) false ;;
    esac
}

finish() {
    # 409: all of it is refunded already
    done_now() { refund && { [ "$status" = 200 ] || [ "$status" = 409 ]; }; }
    wait_for 10 done_now && wait_for 20 settled || return
    [ "$(in_ledger '[.refunds[].amount]' | jq -c .)" = '[100000]' ] &&
        has_mails 2 && order_is Refunded
}

@test "whatever fails while an order is refunded: given back once, Refunded, one mail" {
    run_matrix
}
