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

# pay [CURL OPTION ...]
pay() {
    api POST /api/pay-order "{\"order_id\":\"$order_id\"}" "$token" "$@"
}

# with a key, whose rows are durable writes, too
act() {
    pay -H "Idempotency-Key: pay-$order_id" || true
}

settled() {
    is_at_rest
}

# Paid if and only if charged, and then one receipt.
holds() {
    local charges
    charges=$(in_ledger '.charges | length')
    case $(order_status) in
    Paid) [ "$charges" = 1 ] && [ "$(in_ledger '.mails | length')" = 1 ] ;;
    Pending) [ "$charges" = 0 ] && [ "$(in_ledger '.mails | length')" = 0 ] ;;
    *) false ;;
    esac
}

finish() {
    paid() { pay && [ "$status" = 200 ]; }
    wait_for 10 paid && wait_for 20 settled || return
    [ "$(in_ledger '[.charges[].amount] == [100000]')" = true ] &&
        [ "$(in_ledger '.mails | length')" = 1 ] && order_is Paid
}

@test "whatever fails while an order is paid: one charge, Paid, one receipt" {
    run_matrix
}

@test "every durable write of paying and of mailing is a point of this matrix" {
    for work in "payment insert_work" "payment save_work" \
        "payment claim_key" "payment keep_answer" \
        "notification insert_work" "notification claim_work" \
        "notification update_work" "notification put_mailbox_work"; do
        grep -qx "$work" "$BATS_FILE_TMPDIR/points" || {
            echo "$work is not among: $(cat "$BATS_FILE_TMPDIR/points")" >&2
            return 1
        }
    done
}
