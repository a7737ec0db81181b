# Till on two hosts that see nothing of each other but a nginx with TLS:
# everything on both, behind nginx/several-hosts.conf, and the services divided
# between them. Whom to trust a host knows by its ca-certificates.crt, which
# here is one of its own (a mount namespace).
# shellcheck disable=SC2154,SC2030,SC2031,SC2034,SC2016 # what lib.bash leaves

bats_require_minimum_version 1.5.0 # run !
load ../lib.bash
load ../tools.bash
load ../two_tills.bash

setup() {
    servers=()
    trusting=(unshare -m sh -c
        'mount --bind "$0" /etc/ssl/certs/ca-certificates.crt && exec "$@"'
        "$BATS_TEST_TMPDIR/ca.pem")
    make_certificates
    "${trusting[@]}" true 2>/dev/null ||
        skip "mount namespaces can't be made here (root, util-linux)"
    make_homes
    tls_1=$(free_port) tls_2=$(free_port) front=$(free_port)
}

teardown() {
    [ ${#servers[@]} = 0 ] || kill "${servers[@]}" || :
    stop_both
    forget_both
}

# An authority of our own, and its word for both hosts
make_certificates() (
    cd "$BATS_TEST_TMPDIR" &&
        openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem \
            -days 2 -subj '/CN=Till tests' &&
        openssl req -newkey rsa:2048 -nodes -keyout host.key -out host.csr \
            -subj '/CN=till.internal.example' &&
        openssl x509 -req -in host.csr -CA ca.pem -CAkey ca.key -days 2 \
            -CAcreateserial -out host.pem -extfile <(
                echo 'subjectAltName=DNS:till.internal.example,DNS:localhost'
            )
) 2>/dev/null

# serve FILE: a nginx with this configuration; its process goes to $server
serve() {
    local user=
    [ "$(id -u)" != 0 ] || user='user root;'
    {
        echo "$user pid $1.pid; daemon off; worker_processes 1; events {}"
        echo "error_log $1.log; http {"
        cat "$1"
        echo "}"
    } >"$1.conf"
    (cd "$BATS_TEST_TMPDIR" && exec nginx -p "$2/" -c "$1.conf" -e "$1.log") \
        3>&- &
    server=$!
    servers+=("$server")
}

certificate() {
    echo "ssl_certificate $BATS_TEST_TMPDIR/host.pem;"
    echo "ssl_certificate_key $BATS_TEST_TMPDIR/host.key;"
}

is_open() { # PORT
    (: <"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# serve_till PORT: the host's own nginx, as README says of one's own
serve_till() {
    local file=$TILL_HOME/nginx/tls
    {
        sed "s|unix:run/|unix:$TILL_HOME/run/|" "$TILL_HOME/nginx/till-http.conf"
        echo "access_log $TILL_HOME/log/tls.log till;"
        echo "server { listen 127.0.0.1:$1 ssl; $(certificate)"
        echo "include till.conf; include till-answers.conf; }"
    } >"$file"
    serve "$file" "$TILL_HOME"
    wait_for 10 is_open "$1"
}

# serve_front: nginx/several-hosts.conf with these hosts and our authority
serve_front() {
    local file=$BATS_TEST_TMPDIR/front
    sed -e "s|10.0.0.11:443|127.0.0.1:$tls_1|;s|10.0.0.12:443|127.0.0.1:$tls_2|" \
        -e "s|listen .*|listen 127.0.0.1:$front ssl; $(certificate | paste -sd' ')|" \
        -e "s|/etc/ssl/certs/ca-certificates.crt|$BATS_TEST_TMPDIR/ca.pem|" \
        "$root/nginx/several-hosts.conf" >"$file"
    serve "$file" "$BATS_TEST_TMPDIR"
    wait_for 10 is_open "$front"
}

is_sent() {
    at_first
    ledger "$order_id" | jq -e '(.mails | length) == 1' >/dev/null
}

# Between the services nothing went by the way inside a host.
expect_tls_alone() { # HOME
    [ -s "$1/log/tls.log" ]
    run ! grep -E '"client":"unix:".*"[A-Z]+ /api/' "$1/log/nginx-access.log"
}

@test "behind nginx/several-hosts.conf two hosts are one shop, and one may go" {
    local service
    for service in USER ORDER PAYMENT NOTIFICATION; do
        export "${service}_SERVICE_URL=https://localhost:$front"
    done
    first=("${trusting[@]}") second=("${trusting[@]}")
    start_first
    serve_till "$tls_1"
    gone=$server
    start_second
    serve_till "$tls_2"
    serve_front
    TILL_URL=https://localhost:$front
    register_and_login
    for _ in 1 2 3 4; do
        order_something
        pay
        expect 200 .status Paid
        wait_for 30 is_sent
        TILL_URL=https://localhost:$front
    done
    kill "$gone"
    is_closed() { ! is_open "$tls_1"; }
    wait_for 10 is_closed
    for _ in 1 2 3 4; do
        order_something
        pay
        expect 200 .status Paid
        order_is Paid
    done
    expect_tls_alone "$home_1"
    expect_tls_alone "$home_2"
}

# only FOLDER PROGRAM ...: what a host runs is what its build has
only() {
    local program
    mkdir -p "$1/cgi-bin"
    ln -s "${tools%/tests/tools}"/{bin,tests} "$1/"
    for program in "${@:2}"; do
        ln -s "${tools%/tests/tools}/cgi-bin/$program"* "$1/cgi-bin/"
    done
}

@test "services on hosts of their own trust whom the host trusts, and nobody else" {
    local service
    for service in USER ORDER PAYMENT NOTIFICATION; do
        export "${service}_DB="
    done
    only "$BATS_TEST_TMPDIR/money" payment notification ops
    only "$BATS_TEST_TMPDIR/shop" user order ops
    second=("${trusting[@]}" env "TILL_BUILD=$BATS_TEST_TMPDIR/shop"
        "PAYMENT_SERVICE_URL=https://localhost:$tls_1"
        "NOTIFICATION_SERVICE_URL=https://localhost:$tls_1")
    elsewhere=("TILL_BUILD=$BATS_TEST_TMPDIR/money"
        "USER_SERVICE_URL=https://localhost:$tls_2"
        "ORDER_SERVICE_URL=https://localhost:$tls_2")
    first=(env "${elsewhere[@]}") # which doesn't know our authority
    start_first
    serve_till "$tls_1"
    start_second
    serve_till "$tls_2"
    register_and_login
    order_something
    at_first
    pay
    expect_problem 503
    [ "$(charges)" = 0 ]
    grep -q 'SSL peer certificate' "$TILL_HOME/log/payment-pay.log"

    till stop
    first=("${trusting[@]}" env "${elsewhere[@]}")
    at_first
    till start
    pay
    expect 200 .status Paid
    wait_for 30 is_sent
    at_second
    order_is Paid
    pay
    expect_problem 502 # what isn't on this host
    # the other way round: a cancellation asks the payments first
    order_something
    at_first
    api POST /api/pay-order "{\"order_id\":\"$order_id\",\"confirm\":false}" \
        "$token"
    expect 201
    at_second
    cancel
    expect 200 .status Cancelled
    at_first
    pay
    expect_problem 409
    grep -q 'POST /api/cancel-payment' "$home_1/log/tls.log"
    grep -q "PATCH /api/order/" "$home_2/log/tls.log"
    grep -q "GET /api/user/" "$home_2/log/tls.log"
}
