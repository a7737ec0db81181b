# For the matrices of mail over SMTP, to a real server: at most once, or at least
# once with one Message-ID, as SMTP_DELIVERY says, which each file sets.
# shellcheck disable=SC2034,SC2154,SC2317  # what is for matrix.bash, and what it leaves

load matrix.bash

# the sandbox knows of no mail; at most once may be not at all
expected=('0 mails receipt_%' '% is Unknown')

# A server that keeps what it takes in a Maildir.
smtp_start() {
    local port
    port=$(free_port)
    PYTHONUNBUFFERED=1 aiosmtpd -n -l "127.0.0.1:$port" \
        -c aiosmtpd.handlers.Mailbox "$BATS_TEST_TMPDIR/mail" 3>&- &
    smtp_pid=$!
    SMTP_URL=smtp://127.0.0.1:$port
    listens() { (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
    wait_for 20 listens
}

setup() {
    smtp_start || return
    matrix_start SMTP_URL="$SMTP_URL" SMTP_DELIVERY="$SMTP_DELIVERY" \
        EMAIL_USER=shop@shop.example EMAIL_PASS=secret
}

teardown() {
    till_stop
    kill "$smtp_pid"
}

prepare() {
    register_and_login && order_something
}

act() {
    pay || true
}

settled() { is_at_rest; }

mails() {
    grep -rlF "$order_id" "$BATS_TEST_TMPDIR/mail/new" || true
}

message_ids() {
    mails | xargs -r grep -hi '^Message-ID:' | sort -u
}

notification_status() {
    sql notification "SELECT status FROM notifications
        WHERE order_id = '$order_id'"
}

holds() {
    local count status
    count=$(mails | wc -l) status=$(notification_status)
    if [ "$(order_status)" = Pending ]; then
        [ "$count" = 0 ]
        return
    fi
    [ "$count" = 0 ] || [ "$(message_ids | wc -l)" = 1 ] || return
    case $SMTP_DELIVERY:$status in
    at-most-once:Sent) [ "$count" = 1 ] ;;
    at-most-once:Unknown) [ "$count" -le 1 ] ;;
    at-least-once:Sent) [ "$count" -ge 1 ] ;;
    *) false ;;
    esac
}

finish() {
    paid() { pay && [ "$status" = 200 ]; }
    wait_for 10 paid && wait_for 20 settled && order_is Paid && holds
}
