# What a MongoDB URI says holds: the database, TLS with the authority and the
# certificate that it names, the replica set, the account; and its password is
# seen by nobody but the server.
# shellcheck disable=SC2154,SC2030,SC2031 # what lib.bash leaves

bats_require_minimum_version 1.5.0 # run !
load ../lib.bash

setup() {
    [ -z "${MONGO_TEST_URI:-}" ] || skip "MONGO_TEST_URI has options of its own"
    till_home
    server=${mongo_uri%/*}
}

teardown() {
    [ -z "${relay:-}" ] || kill "$relay" || :
    till_stop
}

collections_of() { # URI
    "$tools/mongo" "$1" '{"listCollections": 1}' |
        jq -r '.cursor.firstBatch[].name' | sort | paste -sd' '
}

@test "without a database in it the users are in till, and nobody else is" {
    MONGO_URI=$server till migrate
    [ "$(collections_of "$server/till")" = \
        'user_emails user_login_failures users' ]
    [ "$(cd "$TILL_HOME/data" && echo ./*.db)" = \
        './notification.db ./order.db ./payment.db' ]
}

@test "each service's own setting comes before MONGO_URI" {
    MONGO_URI=$server/no USER_DB=sqlite:data/user.db ORDER_DB=$server/orders \
        NOTIFICATION_DB=$server/mails till migrate
    [ "$(cd "$TILL_HOME/data" && echo ./*.db)" = './payment.db ./user.db' ]
    [ "$(collections_of "$server/no")" = '' ]
    [ "$(collections_of "$server/orders")" = 'order_idempotency_keys orders' ]
    [ "$(collections_of "$server/mails")" = \
        'mailboxes notification_idempotency_keys notifications' ]
}

# certificate NAME: NAME.pem, key and all, by an authority of its own: NAME.ca
certificate() (
    cd "$BATS_TEST_TMPDIR" || return
    openssl req -x509 -newkey rsa:2048 -nodes -keyout "$1.key" -out "$1.crt" \
        -days 2 -subj /CN=localhost -addext subjectAltName=DNS:localhost
    cat "$1.key" "$1.crt" >"$1.pem"
) 2>/dev/null

# with_tls: $port is the server behind TLS, for clients with a certificate
with_tls() {
    command -v socat >/dev/null || skip "there is no socat"
    certificate server
    certificate client
    certificate other
    port=$(free_port)
    cd "$BATS_TEST_TMPDIR" || return
    socat "OPENSSL-LISTEN:$port,bind=127.0.0.1,fork,reuseaddr,cert=server.pem,cafile=client.crt,verify=1" \
        "TCP:${server#mongodb://}" 2>/dev/null 3>&- &
    relay=$!
    is_open() { (: <"/dev/tcp/127.0.0.1/$port") 2>/dev/null; }
    wait_for 10 is_open
}

@test "TLS is as the URI has it: whom to trust, and who we are" {
    local uri wrong trust=tlsCAFile=$BATS_TEST_TMPDIR/server.crt
    local self=tlsCertificateKeyFile=$BATS_TEST_TMPDIR/client.pem
    with_tls
    uri="mongodb://localhost:$port/tls?tls=true"
    export MONGO_URI="$uri&$trust&$self"
    till start
    register_and_login
    [ "$(collections_of "$server/tls")" = \
        'user_emails user_login_failures users' ]
    for wrong in "$uri&$self&${trust/server/other}" "$uri&$trust" \
        "$uri&$trust&${self/client/other}" "mongodb://localhost:$port/tls" \
        "${MONGO_URI/localhost/127.0.0.1}"; do
        MONGO_URI=$wrong run till migrate
        [ "$status" = 69 ]
    done
}

@test "a replica set of another name isn't taken for the one that is wanted" {
    MONGO_URI="$server/till?replicaSet=wanted" run till migrate
    [ "$status" = 69 ]
    [[ $output == *user:*'MongoDB: '* ]]
}

# log_in URI: the program itself, as CGI: what it says goes to stderr
log_in() {
    (
        cd "$TILL_HOME" || return
        export MONGO_URI=$1 GATEWAY_INTERFACE=CGI/1.1 REQUEST_METHOD=POST \
            CONTENT_TYPE=application/json DOCUMENT_URI=/api/login
        credentials='{"email":"a@shop.example","password":"correct horse"}'
        printf %s "$credentials" | CONTENT_LENGTH=${#credentials} \
            "${tools%/tests/tools}/cgi-bin/user-login"
    ) 2>&1
}

@test "a password in it is in no log, and in nothing that a command prints" {
    local account=ada:hunter2hunter2 with
    till start
    for with in "mongodb://$account@${server#mongodb://}/till" \
        "mongodb://$account@127.0.0.1:9/till" \
        "mongodb://$account@127.0.0.1:9/till?authMechanism=PLAIN&tls=true" \
        "mongodb://$account@[::1/till" "mongodb://$account@/?w=0"; do
        run log_in "$with"
        [[ $output != *hunter2* ]]
        [[ $output == *MongoDB* ]]
        for command in migrate doctor start restart status; do
            MONGO_URI=$with run till $command
            [[ $output != *hunter2* ]]
        done
        MONGO_URI=$with run till admin show-user a@shop.example
        [[ $output != *hunter2* ]]
    done
    run ! grep -rF hunter2 "$TILL_HOME/log"
    run ! grep '[h]unter2' <(ps -eww -o args=)
}
