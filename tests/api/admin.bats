# scripts/till admin: what whoever runs the shop finds, sees and changes by hand.
# What needs a person is in reviews.bats.

bats_require_minimum_version 1.5.0 # run !
load ../lib.bash

setup_file() { till_start PAYMENT_LEASE=1 WORKER_LEASE=1; }
teardown_file() { till_stop; }

setup() {
    register_and_login
    order_something
}

teardown() {
    faults
}

# log_in PASSWORD
log_in() {
    api POST /api/login "$(jq -nc --arg email "$email" --arg password "$1" \
        '{email: $email, password: $password}')"
}

@test "accounts are found by a part of their address, as text and as JSON" {
    [ "$(till admin users "${email%@*}" --json | jq -r '.[].id')" = "$user_id" ]
    run till admin users "${email^^}"
    [ "$status" = 0 ]
    [[ $output == "$user_id  Ada  $email  customer  2"* ]]
    [ "$(till admin users --limit 1 --json | jq length)" = 1 ]
    [ "$(till admin users 'no such account' --json)" = '[]' ]
    [ "$(till admin users 'no such account')" = '' ]
    [ "$(till admin show-user "$email" --json | jq -r .id)" = "$user_id" ]
    [ "$(till admin show-user "$user_id" --json | jq -r .email)" = "$email" ]
    run ! grep -q argon2 <<<"$(till admin users --json)$(till admin show-user "$email")"
}

@test "a password is reset, with what standard input says" {
    run till admin reset-password "$email" <<<'another long password'
    [ "$status" = 0 ]
    [[ $output == *"email: $email"* ]]
    [[ $output != *'another long'* ]]
    log_in "$password"
    expect 401
    log_in 'another long password'
    expect 200
    run till admin reset-password "$email" <<<'short'
    [ "$status" = 65 ]
    [[ $output == *'8 to 128 characters'* ]]
    run till admin reset-password "$email" <<<"$email"
    [ "$status" = 65 ]
    run till admin reset-password "$email" </dev/null
    [ "$status" = 65 ]
    log_in 'another long password'
    expect 200
    run till admin reset-password nobody@shop.example <<<'a long password'
    [ "$status" = 67 ]
}

@test "typed on a terminal, a password is asked for twice and not shown" {
    run script -qec "'$root/scripts/till' admin reset-password '$email'" /dev/null \
        < <(sleep 2; printf 'typed unseen\ntyped unseen\n'; sleep 2)
    [ "$status" = 0 ]
    [[ $output == *'The new password: '*'Once more: '* ]]
    [[ $output != *'typed unseen'* ]]
    log_in 'typed unseen'
    expect 200
}

@test "orders are found by account and by status" {
    first=$order_id
    order_something
    pay
    expect 200
    [ "$(till admin orders "$email" --json | jq -r '[.[].id] | join(" ")')" = \
        "$order_id $first" ]
    [ "$(till admin orders "$user_id" --status Paid --json | jq -r '.[].id')" = \
        "$order_id" ]
    [ "$(till admin orders --status Paid --limit 1 --json | jq -r '.[].id')" = \
        "$order_id" ]
    [ "$(till admin orders --limit 2 --json | jq length)" = 2 ]
    run till admin orders "$email"
    [[ ${lines[0]} == "$order_id  Paid  1000.00 usd  1  A book  $user_id  pay_$order_id  2"* ]]
    run till admin orders --status paid
    [ "$status" = 64 ]
    [[ $output == *'an order can'\''t be "paid"'* ]]
    run till admin orders nobody@shop.example
    [ "$status" = 67 ]
}

@test "an order is shown with its payment, its attempts, refunds and mails" {
    pay pm_card_visa_chargeDeclined
    expect 402
    pay
    expect 200
    is_sent() {
        [ "$(till admin show "$order_id" --json |
            jq -r '.mails[] | select(.id | startswith("receipt_")) | .status')" = Sent ]
    }
    wait_for 15 is_sent
    till admin show "$order_id" --json | jq -e --arg order "$order_id" '
        .id == $order and .status == "Paid" and .total == 1000 and
        .currency == "usd" and (.payment | length) == 1 and
        .payment[0].state == "Succeeded" and .payment[0].amount == 1000 and
        ([.attempts[].state] == ["Failed", "Succeeded"]) and
        .attempts[0].code == "generic_decline" and .refunds == [] and .flags == []'
    run till admin show "$order_id"
    [ "$status" = 0 ]
    [[ $output == *"status: Paid"*"payment:"*"    $order_id  Succeeded  1000.00 usd  pi_"* ]]
    [[ $output == *"mails:"*"    receipt_$order_id  Sent  1  "* ]]
    order_something
    [ "$(till admin show "$order_id" --json | jq -c .payment)" = '[]' ]
    run till admin show 01890a5d-ac96-774b-bcce-b302099a8057
    [ "$status" = 66 ]
    run till admin show 1
    [ "$status" = 66 ]
}

@test "payments and mails are found by their state" {
    pay
    expect 200
    till admin payments --status Succeeded --limit 5 --json |
        jq -e --arg order "$order_id" 'any(.[]; .order_id == $order)'
    is_listed() {
        till admin notifications --status Sent --json |
            jq -e --arg id "receipt_$order_id" 'any(.[]; .id == $id)' >/dev/null
    }
    wait_for 15 is_listed
    [ "$(till admin payments --status Failed --json | jq -c \
        --arg order "$order_id" 'map(select(.order_id == $order))')" = '[]' ]
    for wrong in 'payments' 'payments --status Paid' 'notifications --status sent'; do
        # shellcheck disable=SC2086  # words
        run till admin $wrong
        [ "$status" = 64 ]
        [[ $output == *"can't be"* ]]
    done
}

@test "retry sends a mail that was given up, and looks at a payment now" {
    faults '[{"path":"/gmail/v1/users/me/drafts","method":"POST","status":400,"times":20}]'
    pay
    expect 200
    is_given_up() {
        till admin notifications --status Abandoned --json |
            jq -e --arg id "receipt_$order_id" 'any(.[]; .id == $id)' >/dev/null
    }
    wait_for 30 is_given_up
    faults
    run till admin retry "$order_id"
    [ "$status" = 0 ]
    [[ $output == *'1 mail is tried now'* ]]
    is_sent() {
        [ "$(till admin show "$order_id" --json | jq -r '.mails[0].status')" = Sent ]
    }
    wait_for 15 is_sent
    [ "$(ledger "$order_id" | jq '.mails | length')" = 1 ]
    [ "$(till admin reviews --json | jq -c --arg order "$order_id" \
        '.mails | map(select(.order_id == $order))')" = '[]' ]
    run till admin retry "$order_id"
    [ "$status" = 66 ]
    [[ $output == *'nothing of this order is open'* ]]
    # one that waits for its customer's bank: not looked at before long
    order_something
    pay pm_card_authenticationRequired
    expect 202
    due() {
        till admin show "$order_id" --json | jq -r '.payment[0].due_at'
    }
    before=$(due)
    run till admin retry "$order_id"
    [ "$status" = 0 ]
    [ "$output" = 'its payment is looked at now' ]
    is_another() { [ "$(due)" != "$before" ]; }
    wait_for 10 is_another
    order_is Pending
}

@test "wrong words are explained, with every command" {
    while read -r wrong; do
        # shellcheck disable=SC2086  # words
        run till admin $wrong
        [ "$status" = 64 ]
        [[ $output == 'usage: scripts/till admin COMMAND'*reset-password*resolve* ]]
    done <<'EOF'

nonsense
users a b
users --limit 0
users --limit 101
users --limit
users --note x
show
show a b
reset-password
retry --twice
payments more
EOF
}
