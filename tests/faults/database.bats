#!/usr/bin/env bats
# The orders' database, locked by somebody, and on a real file system that is
# full. The answer is 503 with Retry-After; when it can be written again,
# everything goes on by itself, and nothing that was acknowledged is gone. Every
# program and every kind of bad disk: disk.bats.

load ../lib.bash

setup_file() { till_start; }
teardown_file() {
    till_stop
    umount "$BATS_FILE_TMPDIR/small" 2>/dev/null || true
}

setup() { register_and_login; }

order() {
    api POST /api/order '{"product_name":"Tea","quantity":1,"price":10}' "$token"
}

is_unavailable() {
    expect_problem 503 && [ "$(header Retry-After)" -ge 1 ]
}

orders() {
    sqlite3 "$TILL_HOME/data/order.db" \
        "SELECT count(*) FROM orders WHERE user_id = '$user_id'"
}

@test "while somebody holds the lock: 503 in seconds, reads go on, then it heals" {
    order
    expect 201
    id=$(member .id)
    mkfifo "$BATS_TEST_TMPDIR/release"
    flock "$TILL_HOME/data/order.db.lock" \
        sh -c 'echo held >"$1.held"; read -r line <"$1"' sh "$BATS_TEST_TMPDIR/release" &
    wait_for 5 test -e "$BATS_TEST_TMPDIR/release.held"
    order
    is_unavailable
    api GET "/api/order/$id" '' "$token"
    expect 200
    echo go >"$BATS_TEST_TMPDIR/release"
    wait
    order
    expect 201
    [ "$(orders)" = 2 ]
}

@test "another program's long transaction: 503, then it heals" {
    mkfifo "$BATS_TEST_TMPDIR/sql"
    sqlite3 "$TILL_HOME/data/order.db" <"$BATS_TEST_TMPDIR/sql" >"$BATS_TEST_TMPDIR/said" &
    exec 8>"$BATS_TEST_TMPDIR/sql"
    echo "BEGIN IMMEDIATE; SELECT 'held';" >&8
    wait_for 5 grep -q held "$BATS_TEST_TMPDIR/said"
    order
    is_unavailable
    echo 'ROLLBACK;' >&8
    exec 8>&-
    wait $!
    order
    expect 201
    [ "$(orders)" = 1 ]
}

@test "a full database: 503, no 201 is taken back, and it goes on when there is room" {
    small=$BATS_FILE_TMPDIR/small
    mkdir "$small"
    mount -t tmpfs -o size=400k tmpfs "$small" 2>/dev/null ||
        skip "a small file system can't be mounted here"
    till stop >/dev/null
    ORDER_DB=sqlite:$small/order.db till start >/dev/null
    kept=0 full=0
    for i in $(seq 3000); do
        order
        case $status in
        201) kept=$((kept + 1)) ;;
        503) full=$((full + 1)) && is_unavailable ;;
        *) false ;;
        esac
        [ $full -lt 3 ] || break
    done
    [ $full = 3 ]
    kept_there() {
        sqlite3 "$small/order.db" \
            "SELECT count(*) FROM orders WHERE user_id = '$user_id'"
    }
    [ "$(kept_there)" = $kept ]
    mount -o remount,size=8m "$small"
    order
    expect 201
    [ "$(kept_there)" = $((kept + 1)) ]
}
