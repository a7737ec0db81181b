#!/usr/bin/env bats
# The matrix of paying: from the customer's call to the receipt in the mail.
# bats file_tags=matrix

load matrix.bash

setup_file() { matrix_start; }
teardown_file() { till_stop; }

prepare() {
    register_and_login && order_something &&
        # so that the mail needs a new access token each time
        curl -sSf -X DELETE "$(sandbox_url)/sandbox/tokens" >/dev/null
}

# with a key, whose rows are durable writes, too
act() {
    pay '' -H "Idempotency-Key: pay-$order_id" || true
}

settled() { is_at_rest; }
holds() { is_paid_or_not; }
finish() { pay_in_the_end; }

@test "whatever fails while an order is paid: one charge, Paid, one receipt" {
    run_matrix
}
