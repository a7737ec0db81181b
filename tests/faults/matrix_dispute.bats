#!/usr/bin/env bats
# The matrix of a dispute: the shop is told that it needs a person, until one
# has closed it, and no money moves.

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

prepare() {
    register_and_login && order_something || return
    pay
    expect 200 && wait_for 20 has_mails 1 && wait_for 20 is_at_rest || return
    intent=$(in_ledger '.intents[0].id' | jq -r .)
    dispute=$(curl -sSf -d "{\"payment_intent\":\"$intent\"}" \
        "$(sandbox_url)/sandbox/disputes" | jq -r .id)
}

resolve() {
    till admin resolve "$order_id" --note 'evidence was sent'
}

act() {
    wait_for 10 deliver charge.dispute.created "$(jq -nc --arg id "$dispute" \
        --arg intent "$intent" '{id: $id, object: "dispute",
            payment_intent: $intent, metadata: {}}')"
    wait_for 20 is_at_rest
    resolve || true
}

settled() {
    is_at_rest && [ "$(reviews)" = 1 ]
}

holds() {
    order_is Paid && has_mails 1 &&
        [ "$(in_ledger '[.charges[].amount] == [100000]')" = true ] &&
        [ "$(in_ledger '.refunds | length')" = 0 ]
}

finish() {
    [ "$(reviews 'AND closed_at > 0')" = 1 ] || resolve || return
    [ "$(reviews 'AND closed_at > 0')" = 1 ] && holds && pay_in_the_end
}

@test "whatever fails while a dispute is noted and closed: it is kept, no money moves" {
    run_matrix
}
