# `make install` and the Debian package: what is where, that it runs from there,
# and that an upgrade keeps what there is. A live systemd is none of it: its own
# tools look at the units, and stand-ins at what it is asked for.
# shellcheck disable=SC2154,SC2030,SC2031,SC2034 # what lib.bash and servers.bash leave

bats_require_minimum_version 1.5.0 # run --separate-stderr
load ../lib.bash
load ../servers.bash

setup_file() {
    export build=${tools%/tests/tools}
    till_home
    export tree=$TILL_HOME/tree
    cd "$root" || return
    DESTDIR=$tree PREFIX=/usr scripts/install-tree "$build"
    give_to_user "$TILL_HOME"
}

teardown_file() {
    till_forget
}

setup() {
    # a TILL_HOME of its own, where the sandbox stands in for the vendors
    TILL_HOME=$(mktemp -d "${TMPDIR:-/tmp}/till-test.XXXXXX")
    TILL_ENV=$TILL_HOME/etc/till.env
    export TILL_HOME TILL_ENV
    mkdir "$TILL_HOME/etc"
    give_to_user "$TILL_HOME"
}

teardown() {
    [ ! -d "$TILL_HOME/nginx" ] || till stop
    [ ! -e "$TILL_HOME/sandbox.pid" ] || kill "$(cat "$TILL_HOME/sandbox.pid")"
    rm -rf "$TILL_HOME"
}

till() {
    "$tree/usr/bin/till" "$@"
}

start_sandbox() {
    local state=$TILL_HOME/sandbox
    mkdir -p "$state"
    "$build/tests/till-sandbox" --state "$state" \
        --webhook-secret whsec_sandbox >/dev/null 2>&1 3>&- &
    echo $! >"$TILL_HOME/sandbox.pid"
    wait_for 10 test -s "$state/port"
    sandbox_settings >>"$TILL_ENV"
    give_to_user "$state"
}

@test "the man pages are right, and tell of every command and every setting" {
    local man=$tree/usr/share/man
    run mandoc -Tlint -W warning "$man"/man*/*
    [ "$status$output" = 0 ]
    while read -r name; do
        grep -qF ".It Li $name=" "$man/man5/till.env.5"
    done < <(sed -n 's/^#\([A-Z_]*\)=.*/\1/p' "$root/.env.example")
    while read -r name; do
        grep -qxF ".Ss till ${name//-/\\-}" "$man/man1/till.1"
    done < <(till --help | sed -n 's/^  \([a-z][a-z-]*\) .*/\1/p' |
        grep -vxE 'run|test|setup|build')
    [[ $(till --help) != *scripts/till* ]]
}

@test "there are units for every program, which systemd takes, and shut in" {
    local units=$tree/usr/lib/systemd/system program
    for program in "$build"/cgi-bin/*; do
        program=${program##*/}
        grep -q "^Wants=.* till-$program.service" "$units/till.target"
        [[ $program == *-worker ]] || [ -e "$units/till-$program.socket" ]
    done
    # what stands around them in a whole system
    mkdir -p "$tree/usr/sbin" "$tree/bin" "$tree/usr/bin"
    for program in /usr/sbin/nginx /bin/kill; do
        cp "$(readlink -f "$program")" "$tree$program"
    done
    for program in sysinit basic shutdown sockets timers network network-online \
        multi-user; do
        printf '[Unit]\nDescription=%s\n' $program >"$units/$program.target"
    done
    MANPATH=$tree/usr/share/man run systemd-analyze --root="$tree" verify \
        till.target till-backup.timer till-payment-worker-once.timer \
        till-notification-worker-once.timer
    [ "$status$output" = 0 ]
    run systemd-analyze security --offline=true --threshold=20 --no-pager \
        "$units"/till-*.service
    [ "$status" = 0 ]
    [ "$(grep -c 'Overall exposure level' <<<"$output")" = \
        "$(find "$units" -name 'till-*.service' | wc -l)" ]
}

@test "an installed Till runs, without a build tool, and as its owner" {
    till configure
    [ "$(stat -c %a "$TILL_ENV")" = 640 ]
    grep -qE '^JWT_SECRET=[0-9a-f]{64}$' "$TILL_ENV"
    grep -q '^#RATE_LIMIT=60$' "$TILL_ENV"
    cp "$TILL_ENV" "$TILL_HOME/first"
    till configure
    cmp "$TILL_ENV" "$TILL_HOME/first"
    run till start
    [ "$status" = 69 ]
    [[ $output == *"no credentials for Stripe or Gmail in $TILL_ENV"* ]]
    start_sandbox
    for _ in 1 2 3 4 5; do
        run till start
        [[ $output == *"set TILL_PORT"* ]] || break
        till_port
    done
    [ "$status" = 0 ]
    till doctor
    run till smoke --payment-method pm_card_visa "$TILL_URL"
    [ "$status" = 0 ]
    [ -z "$(find "$TILL_HOME/data" ! -user "$(stat -c %U "$TILL_HOME")")" ]
    for command in run test setup build; do
        run till $command
        [ "$status" = 64 ]
    done
    till configure # and what runs goes on
    till status
}

@test "an upgrade that changes the databases says so, and makes a backup first" {
    till configure
    rm "$TILL_HOME"/data/order.db*
    cat "$root/sql/order/001_orders.sql" - <<'SQL' |
INSERT INTO orders (id, user_id, product_name, quantity, price, currency, total,
    status, version, created_at, updated_at)
VALUES ('01890a5d-ac96-774b-bcce-b302099a8057', 'u', 'kept', 1, 1, 'usd', 1,
    'Pending', 1, 1, 1);
PRAGMA user_version = 1;
SQL
        as_user sqlite3 "$TILL_HOME/data/order.db"
    run till configure
    [ "$status" = 0 ]
    [[ $output == *'This version of Till changes its databases:'*'order: '*' migrations'* ]]
    before=$(echo "$TILL_HOME"/backups/*/order.db)
    [ "$(sqlite3 "$before" 'PRAGMA user_version')" = 1 ]
    [ "$(sqlite3 "$before" 'SELECT product_name FROM orders')" = kept ]
    [ "$(sqlite3 "$TILL_HOME/data/order.db" \
        'SELECT product_name FROM orders')" = kept ]
    [ -z "$(till migrate --pending)" ]
}

@test "where systemd runs it, the commands ask systemd" {
    cp -r "$tree/usr" "$BATS_TEST_TMPDIR"
    sed -i -e "s|^installed_home=.*|installed_home=$TILL_HOME|" \
        -e "s|^systemd=.*|systemd=$BATS_TEST_TMPDIR|" \
        -e "s|^systemctl=.*|systemctl=$BATS_TEST_TMPDIR/record|" \
        -e "s|^journalctl=.*|journalctl=$BATS_TEST_TMPDIR/record|" \
        "$BATS_TEST_TMPDIR/usr/lib/till/installed"
    printf '#!/bin/sh\necho "$*" >>"%s/asked"\ncat "%s/journal"\n' \
        "$BATS_TEST_TMPDIR" "$BATS_TEST_TMPDIR" >"$BATS_TEST_TMPDIR/record"
    jq -nc '{_SYSTEMD_UNIT: "till-order-show.service", MESSAGE: ({time:
        "2026-11-24T10:00:00.000Z", program: "order-show", request_id:
        "request-1", method: "GET", path: "/api/order/1", status: 404,
        micros: 1500} | tojson)}' >"$BATS_TEST_TMPDIR/journal"
    chmod +x "$BATS_TEST_TMPDIR/record"
    mkdir -p "$TILL_HOME/run"
    for command in start 'restart order-show' 'read-only on' 'read-only off' \
        'status --json' stop; do
        # shellcheck disable=SC2086  # words
        "$BATS_TEST_TMPDIR/usr/bin/till" $command
    done
    run "$BATS_TEST_TMPDIR/usr/bin/till" logs -f order-show
    [ "$output" = '10:00:00.000  order-show  GET /api/order/1  404  1.5ms  request-1' ]
    run "$BATS_TEST_TMPDIR/usr/bin/till" logs --json --request-id request-1
    [ "$(jq -r .status <<<"$output")" = 404 ]
    run "$BATS_TEST_TMPDIR/usr/bin/till" logs --request-id request-2
    [ -z "$output" ]
    diff - "$BATS_TEST_TMPDIR/asked" <<'EOF_ASKED'
start till.target
reload till-order-show.service
stop till-*-worker.service
reload till-nginx.service
reload till-nginx.service
start till.target
list-units --all --output=json till*
stop till.target
--quiet --no-pager -o json -f -n 20 -u till-order-show.service
--quiet --no-pager -o json -u till-*
--quiet --no-pager -o json -u till-*
EOF_ASKED
    : >"$TILL_ENV"
    "$BATS_TEST_TMPDIR/usr/bin/till" configure nginx
    [ "$(grep -c 'syslog:server=unix:/dev/log' "$TILL_HOME/nginx/nginx.conf")" = 2 ]
    (cd "$TILL_HOME" && nginx -t -q -p ./ -c nginx/nginx.conf -e /dev/null)
}

@test "several processes of a program start anew when systemd asks" {
    local pid children
    echo PROCESSES=2 >"$TILL_ENV"
    (
        cd "$TILL_HOME" || exit
        SERVICE_SECRET=services-services-services-12345 \
            JWT_SECRET=users-users-users-users-users-12 \
            spawn-fcgi -n -s live.sock -- "$tree/usr/lib/till/scripts/serve" \
            ops-health >log 2>&1 3>&- &
        echo $! >serve.pid
    )
    pid=$(cat "$TILL_HOME/serve.pid")
    has_two() {
        [ "$(pgrep -c -P "$pid" ops-health)" = 2 ]
    }
    wait_for 10 has_two
    children=$(pgrep -P "$pid")
    "$tree/usr/lib/till/scripts/serve" --reload "$pid"
    has_two
    [ "$(pgrep -P "$pid")" = "$children" ]
    kill "$pid"
    gone() { ! kill -0 "$pid" 2>/dev/null; }
    wait_for 10 gone
}

@test "the Debian package is built, has no fault that lintian knows, and what it needs" {
    [ "${SANITIZE:-0}" = 0 ] || skip "sanitized programs are for no package"
    local deb=$BATS_TEST_TMPDIR/deb
    (cd "$root" && make -s deb BUILD="${build#"$root"/}" DEB="$deb") >"$deb.log" 2>&1 || {
        tail -n 30 "$deb.log" >&2
        return 1
    }
    run --separate-stderr lintian --fail-on error "$deb"/till_*.deb
    [ "$status" = 0 ]
    dpkg-deb -x "$deb"/till_*.deb "$deb/root"
    dpkg-deb -f "$deb"/till_*.deb Depends | grep -q 'libsqlite3-0.*systemd'
    (cd "$tree/usr/lib/till" && find . -type f | sort) >"$deb/tree"
    (cd "$deb/root/usr/lib/till" && find . -type f | sort) | diff "$deb/tree" -
    [ -e "$deb/root/lib/systemd/system/till.target" ]
    [ "$(readlink "$deb/root/usr/bin/till")" = ../lib/till/scripts/till ]
    # nothing of this machine's folders
    ! grep -rl -e "$deb" "$deb/root/usr/lib/till/scripts" "$deb/root/lib"
}
