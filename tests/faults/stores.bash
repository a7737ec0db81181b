# What a Till has kept, as JSON: the only place of the fault tests that knows
# where its stores are. After lib.bash; $TILL_HOME says whose.
#
# A store that isn't SQLite has to be taught here, and nowhere else.
# shellcheck disable=SC1091,SC2154  # $root is lib.bash's

# stored SERVICE QUERY: the rows, one array
stored() {
    local name=${1^^}_DB url file
    url=$(
        . "$root/scripts/settings.sh"
        locate
        setting "$name"
    )
    case ${url:=sqlite:$TILL_HOME/data/$1.db} in
    sqlite:/*) file=${url#sqlite:} ;;
    sqlite:*) file=$TILL_HOME/${url#sqlite:} ;;
    *)
        echo "$name: only SQLite's stores can be read by now" >&2
        return 1
        ;;
    esac
    sqlite3 -readonly -json -cmd '.timeout 5000' "$file" "$2" |
        jq -cs 'add // []'
}

stored_orders() {
    stored order "SELECT id, user_id, product_name, quantity, total, currency,
        status, payment_id FROM orders"
}

stored_payments() {
    stored payment "SELECT order_id, id, amount, currency, state, intent_id,
        intent_number, due_at, updated_at,
        (SELECT json_group_array(number || ' ' || payment_method || ' '
            || state || coalesce(' ' || code, '')) FROM attempts
            WHERE attempts.order_id = payments.order_id) AS attempts,
        (SELECT json_group_object(kind, state) FROM effects
            WHERE effects.order_id = payments.order_id) AS effects
        FROM payments"
}

stored_refunds() {
    stored payment "SELECT order_id, number, amount, state, stripe_id, message,
        mark, notify FROM refunds"
}

stored_reviews() {
    stored payment "SELECT order_id, kind, subject, text, closed_at
        FROM reviews"
}

stored_notifications() {
    stored notification "SELECT id, order_id, status, attempts, due_at,
        last_error FROM notifications"
}

# What somebody still has to do, one line each; nothing: all is quiet. What
# only the customer can go on with, at the bank or in the browser, is no work;
# unless it waits for the bank though the order is over.
open_work() {
    local waiting
    stored payment "SELECT 'payment ' || order_id || ' ' || state || ' due in '
            || (due_at - unixepoch() * 1000) || ' ms' AS work FROM payments
            WHERE due_at > 0 AND (lease_owner IS NOT NULL OR state NOT IN
                ('Created', 'RequiresAction', 'Rejected', 'Failed'))
        UNION ALL SELECT 'event ' || id || ' ' || type || ' tries ' || tries
            || ' order ' || coalesce(order_id, '-') FROM events
            WHERE due_at > 0" | jq -r '.[].work'
    stored notification "SELECT 'notification ' || id || ' ' || status
            || ' due in ' || (due_at - unixepoch() * 1000) || ' ms: '
            || coalesce(last_error, '') AS work
        FROM notifications WHERE due_at > 0" | jq -r '.[].work'
    waiting=$(stored payment "SELECT quote(order_id) AS id FROM payments
        WHERE state = 'RequiresAction'" | jq -r 'map(.id) | join(",")')
    stored order "SELECT 'payment ' || id || ' waits for the bank, though '
            || status AS work FROM orders
        WHERE id IN ($waiting) AND status <> 'Pending'" | jq -r '.[].work'
}
