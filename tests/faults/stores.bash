# What a Till has kept, as JSON: the only place of the fault tests that knows
# where its stores are. After lib.bash; $TILL_HOME says whose. Any mix will do:
# what is in MongoDB is copied into a file of SQLite's by the product's own
# `till copy`, of which each call brings what has changed, and read from there.
# shellcheck disable=SC1091,SC2154,SC2016,SC2031  # $root is lib.bash's; MongoDB's words

# url_of SERVICE: as the Till finds it
url_of() {
    local url
    url=$(
        . "$root/scripts/settings.sh"
        locate
        setting "${1^^}_DB"
    )
    case ${url:=sqlite:data/$1.db} in
    sqlite:/* | mongodb*) echo "$url" ;;
    *) echo "sqlite:$TILL_HOME/${url#sqlite:}" ;;
    esac
}

# file_of SERVICE: a file with all that it keeps
file_of() {
    local url file=${BATS_TEST_TMPDIR:-$work}/copy-$1.db said
    url=$(url_of "$1")
    case $url in
    sqlite:*) echo "${url#sqlite:}" && return ;;
    esac
    # what it writes is nobody's fault point
    said=$(env -u TILL_FAULTS -u TILL_FAULTS_SEEN \
        "${tools%/tests/tools}/bin/till-copy" "$1" --from "$url" \
        --to "sqlite:$file" --first 2>&1) || {
        printf '%s\n' "$said" >&2
        return 1
    }
    echo "$file"
}

# stored SERVICE QUERY: the rows, one array
stored() {
    local file
    file=$(file_of "$1") || return
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

# still_due SERVICE TABLE: how many of these somebody has to look at yet, without
# a copy of them all
still_due() {
    if is_in_mongo "$1"; then
        mongo_count "$2" '{"due_at": {"$gt": {"$date": 0}}}'
    else
        stored "$1" "SELECT count(*) AS n FROM $2 WHERE due_at > 0" |
            jq '.[].n'
    fi
}

# Of a payment, as SQL: that somebody still has to work on it. What only the
# customer can go on with, at the bank or in the browser, is at rest.
payment_is_open="due_at > 0 AND (lease_owner IS NOT NULL OR state NOT IN
    ('Created', 'RequiresAction', 'Rejected', 'Failed'))"

# What somebody still has to do, one line each; nothing: all is quiet. What
# waits for the bank though its order is over is no rest, either.
open_work() {
    local waiting
    stored payment "SELECT 'payment ' || order_id || ' ' || state || ' due in '
            || (due_at - unixepoch() * 1000) || ' ms' AS work FROM payments
            WHERE $payment_is_open
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
