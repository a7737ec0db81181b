# What scripts/till promises to whoever looks after a Till.

bats_require_minimum_version 1.5.0 # run !
load ../lib.bash

setup() {
    till_home
}

teardown() {
    till_stop
}

state_of() {
    till status --json | jq -r --arg name "$1" \
        '.programs[] | select(.name == $name) | .state'
}

all_run() {
    till status >/dev/null
}

# Processes that stay when all is ended.
processes_in_home() {
    find /proc/[0-9]*/cwd -maxdepth 0 -lname "$TILL_HOME" 2>/dev/null
}

@test "the shell scripts please shellcheck, and each part is plain sh" {
    cd "$root"
    shellcheck -x scripts/till scripts/*.sh scripts/run-tests \
        scripts/install-packages scripts/install-tree scripts/write-units \
        scripts/write-man scripts/write-pages scripts/serve \
        scripts/embed-migrations scripts/check-* .ci/run \
        nginx/other-servers/till.cgi
    shellcheck -x -s bash tests/lib.bash
    # in the tests themselves what is wrong, such as a ! that proves nothing
    shellcheck -x -S error tests/*.bash tests/*/*.bash tests/*/*.bats \
        tests/mongod/mongod.sh tests/node/node.sh tests/faults/storm \
        tests/faults/invariant tests/bench/run tests/install/chroot
    for script in scripts/till scripts/serve scripts/*.sh \
        nginx/other-servers/till.cgi; do
        dash -n "$script"
    done
}

@test "whoever includes what another room keeps to itself is found" {
    mkdir -p "$BATS_TEST_TMPDIR/scripts"
    cp "$root/scripts/check-rooms" "$BATS_TEST_TMPDIR/scripts"
    cd "$BATS_TEST_TMPDIR"
    mkdir -p lib/base lib/io lib/web lib/peer lib/order/deep lib/other \
        cgi-bin/order
    judged() { # judged FILE INCLUDED: what check-rooms says of it
        echo "#include $2" >"$1"
        run scripts/check-rooms
        rm "$1"
    }
    while read -r file included; do
        judged "$file" "$included"
        [ "$status" = 1 ]
        [[ $output == "$file"* ]]
    done <<'EOF'
lib/base/a.c "io/db.h"
lib/base/a.c <sys/socket.h>
lib/io/a.c "web/app.h"
lib/io/a.c "peer/peer.h"
lib/web/a.c "order/order.h"
lib/peer/a.c "order/order.h"
lib/order/a.h "web/app.h"
lib/order/a.c "user/user.h"
lib/order/a.c "../user/user.h"
lib/order/a.c <user/user.h>
lib/order/a.c <fcgiapp.h>
lib/order/a.c <openssl/evp.h>
lib/io/a.c <sqlite3.h>
lib/other/a.c "order/order.h"
lib/order/deep/a.c "order/order.h"
cgi-bin/order/a.c "user/user.h"
cgi-bin/order/a.c "io/db.h"
cgi-bin/order/a.c "order/order_store_sqlite.h"
scripts/a.c <sodium.h>
EOF
    while read -r file included; do
        judged "$file" "$included"
        [ "$status$output" = 0 ]
    done <<'EOF'
lib/order/a.c "peer/user_client.h"
lib/io/a.c <sys/socket.h>
lib/io/secret.c <sodium.h>
lib/web/a.h "io/db.h"
cgi-bin/order/a.c "order_json.h"
cgi-bin/order/a.c "web/app.h"
scripts/a.c "order/order_store_sqlite.h"
EOF
}

@test "every command explains itself; wrong use exits with 64 and says how" {
    for command in run test setup build start stop restart status logs smoke \
        migrate copy read-only backup restore once doctor admin \
        configure; do
        run till $command --help
        [ "$status" = 0 ]
        [[ $output == "usage: scripts/till $command"* ]]
        till --help | grep -q "^  $command "
    done
    for wrong in '' 'nonsense' 'start now' 'status --xml' 'smoke' \
        'smoke --payment-method' 'test --fast' 'setup --all' 'stop it' \
        'restart a b' 'logs no-such-program' 'read-only' \
        'read-only maybe' 'copy' 'copy order --from sqlite:a --to sqlite:b' \
        'copy shop --from sqlite:a --to mongodb://b' \
        'copy order --from sqlite:a --to postgres://b'; do
        mkdir -p "$TILL_HOME/log"
        # shellcheck disable=SC2086  # words
        run till $wrong
        [ "$status" = 64 ]
        [[ $output == "usage: "* ]]
    done
}

@test "each setting is explained in .env.example, and no other" {
    sed -n 's/^#\([A-Z_]*\)=.*/\1/p' "$root/.env.example" |
        sort >"$BATS_TEST_TMPDIR/explained"
    sed -n 's/^    X(\([A-Z_]*\),.*/\1/p' "$root/lib/base/config.h" |
        sort | diff - "$BATS_TEST_TMPDIR/explained"
}

@test "doctor prints each setting, and every wrong one at once by its name" {
    run till doctor
    while read -r name; do
        [[ $output == *"$name "*" ("* ]]
    done < <(sed -n 's/^#\([A-Z_]*\)=.*/\1/p' "$root/.env.example")
    wrong='RATE_LIMIT=100000 THREADS=0 PROCESSES=two HASHES_AT_ONCE=257
        WORKER_LEASE=0 PAYMENT_LEASE=601 ORDER_EXPIRY=8785 LOG_LEVEL=loud
        SMTP_DELIVERY=never CURRENCY=none STRIPE_API_BASE=http://x.example
        STRIPE_PUBLISHABLE_KEY=sk_test_1 JWT_SECRET=short'
    # shellcheck disable=SC2086  # words
    run env $wrong "$root/scripts/till" doctor
    [ "$status" = 78 ]
    for setting in $wrong; do
        [[ $output == *"problem: ${setting%%=*} "* ]]
    done
}

@test "the first start writes fresh secrets for nobody else to read" {
    till start
    [ "$(stat -c %a "$TILL_HOME/till.env")" = 600 ]
    cp "$TILL_HOME/till.env" "$BATS_TEST_TMPDIR/first"
    till stop
    till start
    cmp "$TILL_HOME/till.env" "$BATS_TEST_TMPDIR/first"
    grep -qE '^JWT_SECRET=[0-9a-f]{64}$' "$TILL_HOME/till.env"
    grep -qE '^SERVICE_SECRET=[0-9a-f]{64}$' "$TILL_HOME/till.env"
    [ "$(sort "$TILL_HOME/till.env" | uniq -d)" = '' ]
}

@test "a settings file of one's own is read, and lacks no secret" {
    unset RATE_LIMIT
    TILL_ENV=$BATS_TEST_TMPDIR/own.env
    run till start
    [ "$status" = 78 ]
    [[ $output == *"$TILL_ENV"* ]]
    printf '2\n' >"$BATS_TEST_TMPDIR/limit"
    printf '%s\n' '# mine' 'export SHOP_NAME="A # shop" # quoted' \
        "RATE_LIMIT_FILE = '$BATS_TEST_TMPDIR/limit'" >"$TILL_ENV"
    till start
    grep -q 'rate=2r/m' "$TILL_HOME/nginx/till-http.conf"
    register_and_login
}

@test "started twice it says so, and goes on" {
    till start
    pids=$(cat "$TILL_HOME"/run/*.pid)
    run till start
    [ "$status" = 0 ]
    [[ $output == *"already running at $TILL_URL"* ]]
    [ "$(cat "$TILL_HOME"/run/*.pid)" = "$pids" ]
}

@test "stop leaves no process, socket, lock or pid file, and may be repeated" {
    till start
    all_run
    till stop
    [ -z "$(processes_in_home)" ]
    [ -z "$(ls -A "$TILL_HOME/run")" ]
    run all_run
    [ "$status" != 0 ]
    run till stop
    [ "$status" = 0 ]
    [[ $output == *"not running"* ]]
    TILL_HOME=$BATS_TEST_TMPDIR/nowhere run till stop
    [ "$status" = 0 ]
    [ ! -e "$BATS_TEST_TMPDIR/nowhere" ]
}

@test "a stale pid file leads to no other program's end" {
    timeout 60 tail -f /dev/null 3>&- &
    innocent=$!
    mkdir -p "$TILL_HOME/run"
    for name in nginx order-show sandbox; do
        echo $innocent >"$TILL_HOME/run/$name.pid"
    done
    till stop
    kill -0 $innocent
    till start
    till stop
    kill $innocent
}

@test "start and stop put right what a kill of everything left behind" {
    till start
    # the supervisors first: their programs stay, and hold the sockets
    for pid in $(cat "$TILL_HOME"/run/*.pid); do
        kill -9 "$pid"
    done
    run all_run
    [ "$status" != 0 ]
    till start
    all_run
    register_and_login
    for pid in $(cat "$TILL_HOME"/run/*.pid); do
        kill -9 "$pid"
    done
    till stop
    [ -z "$(processes_in_home)" ]
    [ -z "$(ls -A "$TILL_HOME/run")" ]
}

@test "a program that is killed comes back, again and again" {
    till start
    for name in $(till status --json |
        jq -r '.programs[].name | select(. != "nginx" and . != "sandbox")'); do
        for _ in 1 2 3 4 5; do
            wait_for 5 process_of "$name" >/dev/null
            kill -9 "$(process_of "$name")"
        done
        wait_for 5 process_of "$name"
        kill -0 "$(cat "$TILL_HOME/run/$name.pid")"
    done
    wait_for 5 all_run
    register_and_login
    order_something
}

@test "status shows what is down, and exits non-zero; start brings only that back" {
    till start
    before=$(cat "$TILL_HOME/run/user-login.pid")
    kill "$(cat "$TILL_HOME/run/order-show.pid")"
    is_down() {
        [ "$(state_of order-show)" = down ]
    }
    wait_for 5 is_down
    run till status
    [ "$status" != 0 ]
    [[ $output == *order-show*down* ]]
    till start
    all_run
    [ "$(cat "$TILL_HOME/run/user-login.pid")" = "$before" ]
}

@test "status gives each program's memory and the sum, as text and as JSON" {
    till start
    run till status
    [ "$status" = 0 ]
    [[ $output == *'sum without sandbox'*KB$'\n'* ]]
    [[ $output == *'payments unfinished    0'$'\n'* ]]
    [[ ${lines[-1]} == 'needs a person         nothing' ]]
    [[ $output != *$'\033'* ]] # colours are for terminals
    till status --json | jq -e --arg url "$TILL_URL" '
        .url == $url and (.programs | length) >= 13 and
        all(.programs[]; .state == "running" and .pid > 0 and .pss_kb > 0) and
        .waiting.needs_person == 0 and .waiting.events.count == 0 and
        .pss_kb == ([.programs[] | select(.name != "sandbox") | .pss_kb] | add)'
}

# start_time: microseconds from nothing running to the first answered request
start_time() {
    local from
    till stop >/dev/null
    from=${EPOCHREALTIME/./}
    till start >/dev/null
    curl -sSf -m 10 -o /dev/null "$TILL_URL/api/health/ready"
    echo $((${EPOCHREALTIME/./} - from))
}

# Other work on the machine makes a start slower, never faster: one that is
# quick shows what it takes, and only an idle machine shows that none is.
@test "from nothing running to the first answered request it takes less than 1 s" {
    local taken
    [ "${SANITIZE:-0}" = 0 ] || skip "the sanitizers make every start slower"
    till start # makes the settings and the databases
    for _ in $(seq 10); do
        taken=$(start_time)
        [ "$taken" -ge 1000000 ] || return 0
    done
    awk -v processors="$(nproc)" '{ exit $1 > processors }' /proc/loadavg ||
        skip "the machine is busy: $taken us"
    echo "none of ten starts took less than 1 s, the last $taken us" >&2
    return 1
}

@test "all programs together idle in 60 MB, and none has loaded MongoDB's driver" {
    [ "${SANITIZE:-0}" = 0 ] || skip "the sanitizers' own memory is counted, too"
    [ -z "${TILL_TEST_MONGO:-}" ] || skip "here the driver has to be loaded"
    till start
    [ "$(till status --json | jq .pss_kb)" -le $((60 * 1024)) ]
    for program in $(till status --json |
        jq -r '.programs[].name | select(test("-"))'); do
        run -1 grep -q libmongoc "/proc/$(process_of "$program")/maps"
    done
}

@test "a folder with an awkward name is no matter" {
    TILL_HOME="$TILL_HOME/a [b]* 'c' \"d\""
    TILL_ENV=$TILL_HOME/till.env
    till start
    all_run
    register_and_login
    till restart nginx
    till stop
    [ -z "$(ls -A "$TILL_HOME/run")" ]
    TILL_HOME=$(dirname "$TILL_HOME")
}

@test "two copies run side by side" {
    till start
    register_and_login
    first_home=$TILL_HOME first_port=$TILL_PORT first_token=$token
    till_start
    # each has its own users and secrets
    api GET /api/order '' "$first_token"
    expect 401
    register_and_login
    till_stop
    TILL_HOME=$first_home TILL_PORT=$first_port TILL_ENV=$first_home/till.env
    TILL_URL=http://127.0.0.1:$first_port
    api GET /api/order '' "$first_token"
    expect 200
}

@test "a port that is taken stops the start, which leaves nothing running" {
    till start
    taken=$TILL_HOME/till.env
    other=$(mktemp -d "$BATS_TEST_TMPDIR/other.XXXXXX")
    TILL_HOME=$other TILL_ENV=$other/till.env run till start
    [ "$status" = 69 ]
    [[ $output == *"set TILL_PORT"* ]]
    [ -z "$(TILL_HOME=$other processes_in_home)" ]
    [ -z "$(ls -A "$other/run")" ]
    all_run
}

@test "a wrong setting stops the start, names itself, and leaves nothing running" {
    JWT_SECRET=short run till start
    [ "$status" != 0 ]
    [[ $output == *JWT_SECRET* ]]
    [ -z "$(processes_in_home)" ]
    LOG_LEVEL=loud run till start
    [ "$status" != 0 ]
    [[ $output == *'LOG_LEVEL is "loud": it must be info or error'* ]]
    [ -z "$(processes_in_home)" ]
    for wrong in RATE_LIMIT=many RATE_LIMIT=100000 TILL_PORT=0 \
        TILL_PORT=99999 TILL_PORT=08080 PROCESSES=0 PROCESSES=two; do
        run env "$wrong" "$root/scripts/till" start
        [ "$status" = 78 ]
        [[ $output == *"${wrong%=*} is \"${wrong#*=}\""* ]]
        [ -z "$(processes_in_home)" ]
    done
}

@test "restart loses no request, keeps the processes, and may name one program" {
    till start
    register_and_login
    order_something
    pids=$(cat "$TILL_HOME"/run/*.pid && process_of order-show)
    clients=
    for client in 1 2 3 4; do
        stdbuf -oL curl -s -H "Authorization: Bearer $token" -o /dev/null \
            -w '%{http_code}\n' "$TILL_URL/api/order/$order_id?[1-1000000]" \
            >"$BATS_TEST_TMPDIR/statuses.$client" 3>&- &
        clients="$clients $!"
    done
    till restart
    till restart
    till restart order-show
    run till restart order-nothing
    [ "$status" = 64 ]
    # shellcheck disable=SC2086  # numbers
    kill $clients
    cat "$BATS_TEST_TMPDIR"/statuses.* >"$BATS_TEST_TMPDIR/all"
    [ "$(wc -l <"$BATS_TEST_TMPDIR/all")" -gt 100 ]
    [ "$(sort -u "$BATS_TEST_TMPDIR/all")" = 200 ]
    [ "$(cat "$TILL_HOME"/run/*.pid && process_of order-show)" = "$pids" ]
}

@test "restart keeps the port where none is named, and takes another where one is" {
    till start
    port=$TILL_PORT
    (unset TILL_PORT && till restart)
    api GET /api/health/live
    expect 200
    till_port
    till restart
    is_there() {
        api GET /api/health/live
    }
    wait_for 5 is_there
    [ "$TILL_PORT" != "$port" ]
}

@test "logs shows the logs, all or those named" {
    till start
    register_and_login
    run till logs user-login
    [ "$status" = 0 ]
    [[ $output == *'  user-login  POST /api/login  200  '*ms* ]]
    [[ $output != *'user-register'* ]]
    [[ $output != *$'\033'* ]] # colours are for terminals
    till logs --json user-login | jq -es 'all(.[]; .program == "user-login")'
    # all logs, in the order in which things happened
    till logs >"$BATS_TEST_TMPDIR/all"
    first=$(grep -n 'user-register  POST' "$BATS_TEST_TMPDIR/all" | cut -d: -f1)
    then=$(grep -n 'user-login  POST' "$BATS_TEST_TMPDIR/all" | cut -d: -f1)
    [ "$first" -lt "$then" ]
    run till logs -n 1 user-register
    [ "${#lines[@]}" = 1 ]
}

@test "logs finds all of one request, in the logs of all who had to do with it" {
    till start
    register_and_login
    order_something
    pay '' -H 'X-Request-Id: who-paid-this-order'
    expect 200
    found() {
        till logs --request-id who-paid-this-order >"$BATS_TEST_TMPDIR/found"
        for name in nginx-access order-show order-update payment-pay \
            notification-notify; do
            grep -q "  $name  " "$BATS_TEST_TMPDIR/found" || return
        done
    }
    wait_for 5 found
    run ! grep -v who-paid-this-order "$BATS_TEST_TMPDIR/found"
    run ! grep order-create "$BATS_TEST_TMPDIR/found"
    till logs --json --request-id who-paid-this-order | jq -es 'length >= 5'
}

@test "logs follows what is added" {
    till start
    timeout 30 "$root/scripts/till" logs --follow order-create \
        >"$BATS_TEST_TMPDIR/followed" 3>&- &
    following=$!
    register_and_login
    is_followed() {
        order_something && grep -q 'order-create  POST /api/order  201' \
            "$BATS_TEST_TMPDIR/followed"
    }
    wait_for 20 is_followed
    kill $following
    wait $following || :
}

@test "smoke walks an order through the workflow, and fails where it can't" {
    till start
    run till smoke "$TILL_URL"
    [ "$status" = 0 ]
    [[ $output == *"curl -X POST $TILL_URL/api/pay-order"* ]]
    [[ ${lines[-1]} == *'is Paid, its receipt is Sent.' ]]
    run till smoke --payment-method pm_card_visa_chargeDeclined "$TILL_URL/"
    [ "$status" = 69 ]
    [[ $output == *'the status is 402, not 200'* ]]
    till stop
    run till smoke "$TILL_URL"
    [ "$status" = 69 ]
}

@test "run walks one order, shows the sandbox's books, and may be repeated" {
    for _ in first again; do
        run till run
        [ "$status" = 0 ]
        [[ $output == *"Till runs at $TILL_URL"* ]]
        [[ $output == *"The shop page is at $TILL_URL/"* ]]
        [[ $output == *'charged  100000 usd succeeded'* ]]
        [[ $output == *'mailed   to smoke-'* ]]
    done
    all_run
}

# What setup would install if these were not there.
setup_without() {
    local stubs=$BATS_TEST_TMPDIR/stubs
    mkdir -p "$stubs"
    awk '/^[^#]/ { print $1, "installed" }' "$root/scripts/packages" |
        grep -vw -e "$1" >"$stubs/installed"
    printf '#!/bin/sh\ncat "%s/installed"\n' "$stubs" >"$stubs/dpkg-query"
    printf '#!/bin/sh\necho "apt-get $*"\n' >"$stubs/apt-get"
    printf '#!/bin/sh\n[ "$1" != -n ] || shift\nexec "$@"\n' >"$stubs/sudo"
    chmod +x "$stubs"/*
    PATH=$stubs:$PATH till setup "${@:2}" </dev/null
}

@test "setup installs only what is missing, and the tests' packages when asked" {
    run setup_without nothing
    [ "$status" = 0 ]
    [ -z "$output" ]
    run setup_without jq
    [ "$status" = 0 ]
    [[ ${lines[-1]} == 'apt-get install '*' jq' ]]
    run setup_without bats
    [ -z "$output" ]
    run setup_without bats --test
    [[ ${lines[-1]} == 'apt-get install '*' bats' ]]
    run env MONGO_TEST_URI=mongodb://x bash -c "$(declare -f till setup_without)
        root='$root' BATS_TEST_TMPDIR='$BATS_TEST_TMPDIR'
        setup_without maven --test"
    [ -z "$output" ]
}

@test "node and npm are installed for the tests only where there are none" {
    local tool few=$BATS_TEST_TMPDIR/few
    mkdir "$few"
    for tool in awk cat dirname grep id readlink realpath sed sh; do
        ln -s "$(command -v $tool)" "$few"
    done
    run setup_without 'nodejs\|npm' --test
    ! command -v npm >/dev/null || [ -z "$output" ]
    PATH=$BATS_TEST_TMPDIR/stubs:$few run "$root/scripts/till" setup --test
    [[ ${lines[-1]} == 'apt-get install '*' nodejs npm' ]]
}

@test "a package that is needed and isn't listed, or only for the tests, is named" {
    mkdir "$BATS_TEST_TMPDIR/tree"
    cd "$BATS_TEST_TMPDIR/tree"
    cp -r "$root"/{.ci,Makefile,scripts,cgi-bin,docs,lib,sql,tests} .
    sed -i -e '/^libsodium-dev$/d' -e '/^multiwatch$/d' -e '/^sqlite3 /d' \
        -e '/^libcmocka-dev /d' -e 's/^curl$/curl test/' scripts/packages
    # shellcheck disable=SC2154  # lib.bash's
    TILL_BUILD=${tools%/tests/tools} run scripts/check-packages
    [ "$status" != 77 ] || skip "$output"
    [ "$status" = 1 ]
    printf '%s\n' "$output" | sed -n 's/.* is of \([^ ,]*\),.*/\1/p' | sort -u |
        diff - <(printf '%s\n' curl libcmocka-dev libcmocka0 libsodium-dev \
            libsodium23 multiwatch sqlite3)
}

@test "what can't be checked here is a test skipped, with its reason" {
    mkdir "$BATS_TEST_TMPDIR/tools"
    ln -s "$(command -v dirname)" "$BATS_TEST_TMPDIR/tools"
    PATH=$BATS_TEST_TMPDIR/tools run "$root/scripts/run-tests" \
        --plain scripts/check-packages
    [ "$output" = 'ok - scripts/check-packages # skip there is no dpkg-query' ]
}

@test "without a MongoDB to be had its tests are skipped, but not in CI" {
    mkdir "$BATS_TEST_TMPDIR/tools"
    ln -s "$(command -v dirname)" "$(command -v mkdir)" "$BATS_TEST_TMPDIR/tools"
    cp -r "$root/tests/mongod" "$BATS_TEST_TMPDIR" # where nothing is built
    set -- env -u MONGO_TEST_URI PATH="$BATS_TEST_TMPDIR/tools" \
        "$BATS_TEST_TMPDIR/mongod/mongod.sh" start "$BATS_TEST_TMPDIR/server"
    CI='' run "$@"
    [ "$status" = 77 ]
    [[ $output == *'no Maven'* ]]
    CI=true run "$@"
    [ "$status" = 1 ]
}

# A file of tests for run-tests: the second runs a program that leaks, and after
# the last one another writes beyond what it has. What they print is lost.
make_faulty_tests() {
    cat >leak.c <<'SOURCE'
#include <stdlib.h>
int main(void) { return malloc(7) ? 0 : 1; }
SOURCE
    cat >overflow.c <<'SOURCE'
#include <stdlib.h>
int main(int n, char **words) { ((char *)malloc(7))[n + 6] = **words; }
SOURCE
    gcc -fsanitize=address,undefined -o leak leak.c
    gcc -fsanitize=address,undefined -o overflow overflow.c
    cat >faulty_test <<'SCRIPT'
#!/bin/sh
cd "$results"
is_counted() {
    for _ in $(seq 500); do
        ! grep -q "^ok $1" "$tap" || return 0
        sleep 0.02
    done
}
echo "ok 1 - nothing"
is_counted 1
./leak 2>/dev/null
echo "ok 2 - leak"
echo "ok 3 - nothing"
is_counted 3
./overflow 2>/dev/null || :
SCRIPT
    chmod +x faulty_test
}

@test "without npm the tests that need its packages are skipped, but not in CI" {
    mkdir -p "$BATS_TEST_TMPDIR/tools"
    ln -s "$(command -v dirname)" "$BATS_TEST_TMPDIR/tools"
    cp -r "$root/tests/node" "$BATS_TEST_TMPDIR" # where nothing is installed
    set -- env PATH="$BATS_TEST_TMPDIR/tools" "$BATS_TEST_TMPDIR/node/node.sh" find
    CI='' run "$@"
    [ "$status" = 77 ]
    [[ $output == *'no npm'* ]]
    CI=true run "$@"
    [ "$status" = 1 ]
}

@test "what a sanitizer reports of any program fails the test that ran it" {
    cd "$BATS_TEST_TMPDIR"
    make_faulty_tests
    export results=$PWD tap=$PWD/1.tap
    run "$root/scripts/run-tests" --one "$PWD/faulty_test" 1
    [[ ${lines[1]} == 'ok 1 - nothing' ]]
    [[ ${lines[2]} == 'not ok 2 - leak' ]]
    [[ ${lines[3]} == 'ok 3 - nothing' ]]
    [[ ${lines[4]} == "not ok - $PWD/faulty_test: a sanitizer "* ]]
    [[ $output == *'# '*'LeakSanitizer'* ]]
    [[ $output == *'# '*'heap-buffer-overflow'* ]]
    [ "$(grep -c '^not ok' 1.tap)" = 2 ]
}

@test "the run's last lines say what the matrices have covered, and how many passed" {
    cd "$BATS_TEST_TMPDIR"
    export results=$PWD
    printf '%s\n' '# tests/a.bats' '1..2' 'ok 1 a' 'ok 2 b # skip no c' >1.tap
    run "$root/scripts/run-tests" --sum
    [ "$status" = 0 ]
    [ "$output" = '1 passed, 0 failed, 1 skipped' ]
    # two flows, one point of which is in both
    printf '%s\n' '# tests/b.bats' '1..1' \
        '# 2 fault points, 30 cases: the invariant holds' 'ok 1 b' >2.tap
    printf '%s\n' 'before a' 'after a' >b.points
    printf '%s\n' '# tests/c.bats' '1..1' \
        '# 2 fault points, 12 cases: the invariant holds' 'ok 1 c' >3.tap
    printf '%s\n' 'before a' 'before b' >c.points
    run "$root/scripts/run-tests" --sum
    [ "$status" = 0 ]
    [ "${lines[0]}" = 'the matrix covered 3 fault points in 42 cases' ]
    [ "${lines[1]}" = '3 passed, 0 failed, 1 skipped' ]
    echo 'not ok 2 d' >>3.tap
    run "$root/scripts/run-tests" --sum
    [ "$status" = 1 ]
    [[ $output == *'tests/c.bats: not ok 2 d'*$'\n''the matrix covered 3'* ]]
    [ "${lines[-1]}" = '3 passed, 1 failed, 1 skipped' ]
}

@test "a crash after tests that passed or were skipped is a failure" {
    cd "$BATS_TEST_TMPDIR"
    printf '%s\n' '#!/bin/sh' 'echo "ok 1 - a"' 'echo "not ok 2 - b # SKIP"' \
        'kill -9 $$' >crash_test
    chmod +x crash_test
    export results=$PWD
    run "$root/scripts/run-tests" --one "$PWD/crash_test" 1
    [[ ${lines[-2]} == "not ok - $PWD/crash_test ended with 137" ]]
    [[ ${lines[-1]} == "# $PWD/crash_test took "*" s" ]]
}
